#include "sync/diff/kept_tags.h"

#include "sync/diff/selection.h"

#include "db/state/kept_tag.h"

int kept_tags_is_news(struct sync_run *run, const struct plan_item *item, struct err *err)
{
	int told;

	if (item->verb != ACTION_KEPT)
		return 0;
	told = run->remote.id
	               ? kept_tag_has(run->db, run->remote.id, item->key, item->there_etag, err)
	               : 0;
	return told < 0 ? -1 : !told;
}

static int remember_new(struct sync_run *run, struct err *err)
{
	struct plan_item item = {0};
	int got, news;

	while ((got = plan_after(&run->plan, CLASS_TAG, PLAN_REPORT_ONLY, item.id, &item, err)) >
	       0) {
		news = kept_tags_is_news(run, &item, err);
		if (news < 0 || (news > 0 && kept_tag_put(run->db, run->remote.id, item.key,
		                                          item.there_etag, err) < 0))
			return -1;
	}
	return got;
}

/* A tag that this sync is not about stays as it was told. */
static int forget_old(struct sync_run *run, struct err *err)
{
	struct plan_item item;
	char key[KEY_MAX] = "";
	int got, in;

	while ((got = kept_tag_next(run->db, run->remote.id, key, key, sizeof(key), err)) > 0) {
		in = selection_has(run, key, err);
		if (in > 0) {
			in = plan_find(&run->plan, key, &item, err);
			in = in < 0 ? -1 : in == 0 || item.verb != ACTION_KEPT;
		}
		if (in < 0 || (in > 0 && kept_tag_delete(run->db, run->remote.id, key, err) < 0))
			return -1;
	}
	return got;
}

int kept_tags_remember(struct sync_run *run, struct err *err)
{
	return remember_new(run, err) < 0 || forget_old(run, err) < 0 ? -1 : 0;
}
