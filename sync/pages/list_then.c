#include "sync/pages/pages_internal.h"

#include "sync/dispatch/ask.h"
#include "sync/documents/merge.h"
#include "sync/plan/bodies.h"

#include "base/cleanup.h"

/* What the plan makes of a list: 1 a new one, in `body`; 2 it goes; 0 nothing; -1. */
static int planned(struct sync_run *run, const char *key, struct str *body, struct err *err)
{
	AUTO_FREE char *text = NULL;
	struct plan_item item;
	size_t len = 0;
	int got = plan_find(&run->plan, key, &item, err);

	if (got <= 0)
		return got;
	if (item.verb == ACTION_DELETE)
		return 2;
	got = plan_body_get(&run->plan, item.id, &text, &len, err);
	if (got <= 0)
		return got;
	str_clear(body);
	(void)str_add(body, text, len);
	return str_check(body, key, err) < 0 ? -1 : 1;
}

int pages_list_then(struct sync_run *run, const char *key, struct str *body, struct err *err)
{
	struct ask_head head;
	int got = ask_get(&run->dispatch, key, &head, body, err), plans;

	if (got < 0 || !sync_run_dry(run))
		return got;
	plans = planned(run, key, body, err);
	return plans <= 0 ? (plans < 0 ? -1 : got) : plans == 1;
}

int pages_catalog_then(struct sync_run *run, struct text_set *repos, struct err *err)
{
	AUTO_STR struct str body = STR_INIT(PAGES_BYTES_MAX);
	struct name_list names = {.max_bytes = PAGES_BYTES_MAX};
	char key[KEY_MAX];
	int got = pages_list_then(run, layout_catalog(key), &body, err);

	if (got > 0 && merge_catalog(&names, str_text(&body), body.len, err) < 0)
		got = -1;
	for (size_t i = 0; got > 0 && i < names.count; i++)
		if (text_set_add(repos, names.list[i], err) < 0)
			got = -1;
	name_list_release(&names);
	return got;
}
