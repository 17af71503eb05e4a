#include "sync/documents/removed_tags.h"

#include "sync/dispatch/ask.h"
#include "sync/documents/current.h"
#include "sync/documents/merge.h"
#include "sync/s3/etag.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "db/state/kept_tag.h"
#include "db/state/remote_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a list of the bucket says. */
enum list_state {
	LIST_IS_OURS, /* this root wrote it, or cannot read it: it speaks for no removal */
	LIST_IS_ABSENT,
	LIST_IS_READ, /* `names` is what it names, sorted */
};

struct list {
	enum list_state state;
	int64_t written_at; /* LIST_IS_OURS: seconds; tags that were sent later it says nothing of
	                     */
	struct name_list names; /* owned */
};

typedef int merge_fn(struct name_list *names, const char *text, size_t len, struct err *err);

struct looking {
	struct sync_run *run;
	char repo[REPO_MAX + 1]; /* of `tags`; "" none was looked at */
	struct list tags, catalog;
	bool catalog_known;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool names(const struct list *list, const char *name)
{
	return list->names.count > 0 && bsearch(&name, list->names.list, list->names.count,
	                                        sizeof(*list->names.list), compare);
}

/*
 * A key that is not in the plan is in the bucket as it is in the root. What this root put there
 * last tells nothing of others, but of the time when it did: the same bytes may be there again.
 */
static int look_at(struct sync_run *run, const char *key, struct list *list, struct err *err)
{
	struct plan_item item;
	struct remote_object_row row;
	int got = plan_find(&run->plan, key, &item, err);

	name_list_release(&list->names);
	*list = (struct list){LIST_IS_OURS, INT64_MAX, {.max_bytes = CURRENT_DOCUMENT_MAX_BYTES}};
	if (got <= 0)
		return got;
	if (item.there_etag[0] == '\0') {
		list->state = LIST_IS_ABSENT;
		return 0;
	}
	list->written_at = 0;
	got = run->remote.id ? remote_object_get(run->db, run->remote.id, key, &row, err) : 0;
	if (got > 0 && etag_same(row.etag, item.there_etag))
		list->written_at = row.verified_at;
	return got < 0 ? -1 : 0;
}

static int read_list(struct sync_run *run, const char *key, merge_fn *merge, struct list *list,
                     struct err *err)
{
	AUTO_STR struct str body = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	struct ask_head head;
	int got = ask_get(&run->dispatch, key, &head, &body, err);

	list->written_at = INT64_MAX;
	if (got == 0)
		list->state = LIST_IS_ABSENT;
	if (got <= 0)
		return got;
	if (merge(&list->names, str_text(&body), body.len, err) < 0)
		return err->code == ERR_MEMORY ? -1 : 0;
	if (list->names.count > 0)
		qsort(list->names.list, list->names.count, sizeof(*list->names.list), compare);
	list->state = LIST_IS_READ;
	return 0;
}

/* Read only when it can say anything of a tag that was sent then. */
static int ask_list(struct looking *l, const char *key, merge_fn *merge, int64_t sent_at,
                    struct list *list, struct err *err)
{
	if (list->state != LIST_IS_OURS || list->written_at >= sent_at)
		return 0;
	return read_list(l->run, key, merge, list, err);
}

static int ask_tags(struct looking *l, const char *repo, int64_t sent_at, struct err *err)
{
	char key[KEY_MAX];

	(void)layout_tags_list(key, repo);
	if (strcmp(l->repo, repo) != 0) {
		l->repo[0] = '\0';
		if (look_at(l->run, key, &l->tags, err) < 0)
			return -1;
		(void)snprintf(l->repo, sizeof(l->repo), "%s", repo);
	}
	return ask_list(l, key, merge_tags, sent_at, &l->tags, err);
}

static int ask_catalog(struct looking *l, int64_t sent_at, struct err *err)
{
	char key[KEY_MAX];

	(void)layout_catalog(key);
	if (!l->catalog_known && look_at(l->run, key, &l->catalog, err) < 0)
		return -1;
	l->catalog_known = true;
	return ask_list(l, key, merge_catalog, sent_at, &l->catalog, err);
}

/* When this root put the tag there: it has a record, or scan would not have left it open. */
static int find_sent_at(struct sync_run *run, const char *key, int64_t *at, struct err *err)
{
	struct remote_object_row row;
	int got = remote_object_get(run->db, run->remote.id, key, &row, err);

	*at = got > 0 ? row.verified_at : 0;
	return got < 0 ? -1 : 0;
}

/*
 * Where the repository's list has gone as well, the catalogue tells of the repository; where both
 * have, the bucket was emptied. What was found to be removed once stays so: this root's own syncs
 * write the lists that told it. 1, 0, -1.
 */
static int stays_removed(struct looking *l, const char *tag_key, const struct key_parts *parts,
                         struct err *err)
{
	int64_t sent_at;
	int known = kept_tag_has(l->run->db, l->run->remote.id, tag_key, "", err);

	if (known < 0 || find_sent_at(l->run, tag_key, &sent_at, err) < 0 ||
	    ask_tags(l, parts->repo, sent_at, err) < 0)
		return -1;
	if (l->tags.state != LIST_IS_ABSENT)
		return known || (l->tags.state == LIST_IS_READ && !names(&l->tags, parts->tag));
	if (ask_catalog(l, sent_at, err) < 0)
		return -1;
	if (l->catalog.state == LIST_IS_ABSENT)
		return 0;
	return known || (l->catalog.state == LIST_IS_READ && !names(&l->catalog, parts->repo));
}

static int decide(struct looking *l, struct plan_item *item, struct err *err)
{
	struct key_parts parts;
	int removed =
		layout_parse(&parts, item->key) ? stays_removed(l, item->key, &parts, err) : 0;

	if (removed < 0)
		return -1;
	item->state = PLAN_WAITING;
	if (removed) {
		item->verb = ACTION_KEPT;
		item->state = PLAN_REPORT_ONLY;
		item->send_bytes = 0;
		(void)snprintf(item->why, sizeof(item->why), "removed from the bucket, not here");
		l->run->tags_stay_removed = true;
	}
	return plan_set(&l->run->plan, item, err);
}

int removed_tags_plan(struct sync_run *run, struct err *err)
{
	struct looking l = {.run = run};
	struct plan_item item = {0};
	int got, result = 0;

	while (result == 0 && (got = plan_after(&run->plan, CLASS_TAG, PLAN_UNDECIDED, item.id,
	                                        &item, err)) != 0) {
		struct err why = ERR_INIT;

		result = got < 0 ? -1 : 0;
		if (result == 0 && decide(&l, &item, &why) < 0)
			result = sync_run_fail_unknown(run, &item, &why, err);
	}
	name_list_release(&l.tags.names);
	name_list_release(&l.catalog.names);
	return result;
}

int removed_tags_has(struct sync_run *run, const char *key, struct err *err)
{
	struct plan_item item;
	int got = run->tags_stay_removed ? plan_find(&run->plan, key, &item, err) : 0;

	return got <= 0 ? got : item.verb == ACTION_KEPT && item.there_etag[0] == '\0';
}
