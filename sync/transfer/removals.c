#include "sync/transfer/removals.h"

#include "sync/diff/prune.h"
#include "sync/plan/edges.h"
#include "sync/transfer/transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the order */

/* A list that waits to be sent, or to be removed, goes after `child`. 0 or -1. */
static int list_after(struct sync_run *run, const char *key, int64_t child, struct err *err)
{
	struct plan_item list;
	int got = plan_find(&run->plan, key, &list, err);

	if (got <= 0)
		return got;
	if (list.state == PLAN_WAITING) {
		list.state = PLAN_AFTER_REMOVAL;
		if (plan_set_state(&run->plan, list.id, list.state, err) < 0)
			return -1;
	}
	if (list.state != PLAN_AFTER_REMOVAL && list.state != PLAN_REMOVAL)
		return 0;
	return plan_edge_add(&run->plan, child, list.id, PLAN_SOFT, err);
}

/* Lists get their place first: each goes as soon as its own tags are gone. */
static int order_class(struct sync_run *run, enum object_class object_class, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	char key[KEY_MAX];
	int got;

	while ((got = plan_after(&run->plan, object_class, PLAN_REMOVAL, item.id, &item, err)) >
	       0) {
		if (!layout_parse(&parts, item.key))
			return err_set(err, ERR_BUG, "'%.200s' is no key", item.key);
		if (plan_rank(&run->plan, item.id, err) < 0 ||
		    (object_class == CLASS_TAG &&
		     list_after(run, layout_tags_list(key, parts.repo), item.id, err) < 0) ||
		    list_after(run, layout_catalog(key), item.id, err) < 0)
			return -1;
	}
	return got;
}

int removals_order(struct sync_run *run, struct err *err)
{
	return order_class(run, CLASS_TAGS_LIST, err) < 0 ? -1 : order_class(run, CLASS_TAG, err);
}

/* ---- what stays */

/* How many removals are not made, and why. */
static int warn_of_the_rest(struct sync_run *run, struct err *err)
{
	int64_t count = plan_count_removals(&run->plan, err);

	if (count > 0 && run->summary->failed + run->summary->held == 0)
		event_warning(run->sink,
		              "--delete: %" PRId64 " objects stay for now, because somebody has "
		              "written what was to be removed meanwhile",
		              count);
	else if (count > 0)
		event_warning(run->sink,
		              "--delete: %" PRId64 " objects stay for now, because %" PRIu64
		              " failed and %" PRIu64 " were held back",
		              count, run->summary->failed, run->summary->held);
	return count < 0 ? -1 : 0;
}

/* Has a list written once more. What it must name is known when it is (documents_before). */
static int write_again(struct sync_run *run, const char *key, enum object_class object_class,
                       struct err *err)
{
	struct plan_item item;
	int got = plan_find(&run->plan, key, &item, err);

	if (got < 0)
		return -1;
	if (got == 0) {
		memset(&item, 0, sizeof(item));
		(void)snprintf(item.key, sizeof(item.key), "%s", key);
		item.object_class = object_class;
		if (plan_add(&run->plan, &item, err) < 0)
			return -1;
	}
	item.verb = ACTION_UPDATE;
	if (plan_set(&run->plan, &item, err) < 0)
		return -1;
	return plan_reopen(&run->plan, item.id, err);
}

/* The lists must name what could not be removed. 1 there is such, 0, -1. */
static int name_what_stays(struct sync_run *run, enum object_class object_class, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	char key[KEY_MAX];
	int got, any = 0;

	while ((got = plan_after_stays(&run->plan, object_class, item.id, &item, err)) > 0) {
		any = 1;
		if (prune_note_stays(run, item.key, err) < 0 || !layout_parse(&parts, item.key) ||
		    (object_class != CLASS_MANIFEST &&
		     write_again(run, layout_tags_list(key, parts.repo), CLASS_TAGS_LIST, err) < 0))
			return -1;
	}
	return got < 0 ? -1 : any;
}

static int leave_the_rest(struct sync_run *run, struct err *err)
{
	char key[KEY_MAX];
	/* A list that could not be removed: it must lose its tags at least. */
	int lists = name_what_stays(run, CLASS_TAGS_LIST, err);
	int tags = lists < 0 ? -1 : name_what_stays(run, CLASS_TAG, err);
	int manifests = tags < 0 ? -1 : name_what_stays(run, CLASS_MANIFEST, err);

	if (manifests < 0 || warn_of_the_rest(run, err) < 0 ||
	    (tags + manifests > 0 &&
	     write_again(run, layout_catalog(key), CLASS_CATALOG, err) < 0) ||
	    plan_start_lists(&run->plan, err) < 0)
		return -1;
	return transfer_run(run, err);
}

/* ---- */

static bool all_went_well(const struct sync_run *run)
{
	return run->summary->failed + run->summary->held == 0 && !run->contested;
}

int removals_run(struct sync_run *run, struct err *err)
{
	/* What failed may still refer to what would go next. */
	static const enum object_class order[] = {CLASS_TAG, CLASS_FALLBACK_TAG, CLASS_REFERRERS,
	                                          CLASS_MANIFEST, CLASS_BLOB};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order) && all_went_well(run); i++) {
		if (plan_start_removals(&run->plan, order[i], err) < 0)
			return -1;
		if (order[i] == CLASS_TAG &&
		    (plan_start_removals(&run->plan, CLASS_TAGS_LIST, err) < 0 ||
		     plan_start_lists(&run->plan, err) < 0))
			return -1;
		if (transfer_run(run, err) < 0)
			return -1;
	}
	return all_went_well(run) ? 0 : leave_the_rest(run, err);
}
