#include "sync/documents/removed_tags.h"

#include "sync/dispatch/ask.h"
#include "sync/documents/current.h"
#include "sync/documents/merge.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "db/state/kept_tag.h"
#include "db/state/remote_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a list of the bucket says. */
enum list_state {
	LIST_IS_OURS, /* the root's own, or no list: it speaks for no removal */
	LIST_IS_OPEN, /* not read yet */
	LIST_IS_ABSENT,
	LIST_IS_READ, /* `names` is what it names, sorted */
};

struct list {
	enum list_state state;
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

/* A key that is not in the plan is in the bucket as it is in the root. */
static int look_at(struct sync_run *run, const char *key, struct list *list, struct err *err)
{
	struct plan_item item;
	int got = plan_find(&run->plan, key, &item, err);

	name_list_release(&list->names);
	*list = (struct list){LIST_IS_OURS, {.max_bytes = CURRENT_DOCUMENT_MAX_BYTES}};
	if (got > 0)
		list->state = item.there_etag[0] ? LIST_IS_OPEN : LIST_IS_ABSENT;
	return got < 0 ? -1 : 0;
}

/* Once. */
static int read_list(struct sync_run *run, const char *key, merge_fn *merge, struct list *list,
                     struct err *err)
{
	AUTO_STR struct str body = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	struct ask_head head;
	int got;

	if (list->state != LIST_IS_OPEN)
		return 0;
	got = ask_get(&run->dispatch, key, &head, &body, err);
	if (got < 0)
		return -1;
	list->state = got == 0 ? LIST_IS_ABSENT : LIST_IS_OURS;
	if (got == 0)
		return 0;
	if (merge(&list->names, str_text(&body), body.len, err) < 0)
		return err->code == ERR_MEMORY ? -1 : 0;
	if (list->names.count > 0)
		qsort(list->names.list, list->names.count, sizeof(*list->names.list), compare);
	list->state = LIST_IS_READ;
	return 0;
}

static int ask_tags(struct looking *l, const char *repo, struct err *err)
{
	char key[KEY_MAX];

	(void)layout_tags_list(key, repo);
	if (strcmp(l->repo, repo) != 0) {
		l->repo[0] = '\0';
		if (look_at(l->run, key, &l->tags, err) < 0)
			return -1;
		(void)snprintf(l->repo, sizeof(l->repo), "%s", repo);
	}
	return read_list(l->run, key, merge_tags, &l->tags, err);
}

static int ask_catalog(struct looking *l, struct err *err)
{
	char key[KEY_MAX];

	(void)layout_catalog(key);
	if (!l->catalog_known && look_at(l->run, key, &l->catalog, err) < 0)
		return -1;
	l->catalog_known = true;
	return read_list(l->run, key, merge_catalog, &l->catalog, err);
}

/* What the lists of the bucket say of a tag that it lacks. */
enum said {
	SAID_NOTHING, /* none that can tell */
	SAID_NAMED,
	SAID_LACKING,
	SAID_EMPTY, /* there are no lists: the bucket was emptied */
};

/* Where the repository's list has gone as well, the catalogue tells of the repository. */
static int ask_lists(struct looking *l, const struct key_parts *parts, enum said *said,
                     struct err *err)
{
	const struct list *list = &l->tags;
	const char *name = parts->tag;

	if (ask_tags(l, parts->repo, err) < 0)
		return -1;
	if (list->state == LIST_IS_ABSENT) {
		if (ask_catalog(l, err) < 0)
			return -1;
		list = &l->catalog;
		name = parts->repo;
	}
	*said = list->state == LIST_IS_ABSENT ? SAID_EMPTY
	        : list->state != LIST_IS_READ ? SAID_NOTHING
	        : names(list, name)           ? SAID_NAMED
	                                      : SAID_LACKING;
	return 0;
}

/* What was found to be removed once stays so. 1, 0, -1. */
static int stays_removed(struct looking *l, const char *tag_key, const struct key_parts *parts,
                         struct err *err)
{
	int known = kept_tag_has(l->run->db, l->run->remote.id, tag_key, "", err);
	enum said said;

	if (known < 0 || ask_lists(l, parts, &said, err) < 0)
		return -1;
	return said == SAID_LACKING || (known && said != SAID_EMPTY);
}

static int decide(struct looking *l, struct plan_item *item, struct err *err)
{
	struct key_parts parts;
	int removed =
		layout_parse(&parts, item->key) ? stays_removed(l, item->key, &parts, err) : 0;

	/*
	 * What got lost is sent as if it had never been: until that has worked, the lists that this
	 * run writes do not name it, and the next run must not take it for removed by them.
	 */
	if (removed < 0 || (!removed && journal_forget(&l->run->journal, item->key, err) < 0))
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

/*
 * Nothing is planned of what is left out. But the lists that this run makes anew do not name it: if
 * those of before do, it got lost, and its record goes now. A list that cannot be read is no list
 * that this run could make anew.
 */
static int forget_left_out(struct looking *l, struct err *err)
{
	const char *key = text_set_first(&l->run->gone_left_out);

	for (; key; key = text_set_next(&l->run->gone_left_out, key)) {
		struct err why = ERR_INIT;
		struct key_parts parts;
		enum said said = SAID_NOTHING;

		if (layout_parse(&parts, key) && ask_lists(l, &parts, &said, &why) < 0 &&
		    sync_run_ends_with(l->run, &why)) {
			*err = why;
			return -1;
		}
		if (said == SAID_NAMED && journal_forget(&l->run->journal, key, err) < 0)
			return -1;
	}
	return 0;
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
	if (result == 0)
		result = forget_left_out(&l, err);
	name_list_release(&l.tags.names);
	name_list_release(&l.catalog.names);
	return result < 0 ? -1 : journal_flush(&run->journal, err);
}

int removed_tags_has(struct sync_run *run, const char *key, struct err *err)
{
	struct plan_item item;
	int got = run->tags_stay_removed ? plan_find(&run->plan, key, &item, err) : 0;

	return got <= 0 ? got : item.verb == ACTION_KEPT && item.there_etag[0] == '\0';
}
