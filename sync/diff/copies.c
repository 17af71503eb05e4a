#include "sync/diff/copies.h"

#include "sync/diff/selection.h"
#include "sync/plan/edges.h"

#include "base/cleanup.h"
#include "base/part_size.h"

#include <stdio.h>

/* Whether the bucket has the blob under a key that is not planned. 1 with item->source, 0, -1. */
static int find_there(struct sync_run *run, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct plan_item planned;
	int got, is_planned, may_copy;

	if (query_start(&q, run->db,
	                "SELECT key FROM object WHERE digest = ?1 AND class = ?2 ORDER BY key",
	                err) < 0)
		return -1;
	query_bind_digest(&q, 1, &item->digest);
	query_bind_int(&q, 2, CLASS_BLOB);
	while ((got = query_step(&q, err)) > 0) {
		is_planned = plan_find(&run->plan, query_text(&q, 0), &planned, err);
		if (is_planned < 0)
			return -1;
		if (is_planned > 0)
			continue;
		may_copy = selection_may_copy(run, query_text(&q, 0), err);
		if (may_copy < 0)
			return -1;
		if (may_copy == 0)
			continue;
		(void)snprintf(item->source, sizeof(item->source), "%s", query_text(&q, 0));
		return 1;
	}
	return got;
}

/*
 * From where to copy: the bucket is searched for the first item of a digest only; the others follow
 * it, to its source or to itself. So a blob of many repositories costs one look for each. 1 with
 * item->source and *wait_for (0: no need to), 0, -1.
 */
static int find_source(struct sync_run *run, struct plan_item *item, int64_t *wait_for,
                       struct err *err)
{
	struct plan_item first, source;
	int got = plan_first_blob(&run->plan, &item->digest, &first, err);

	*wait_for = 0;
	if (got < 0)
		return -1;
	if (got == 0 || first.id == item->id)
		return find_there(run, item, err);
	if (first.verb == ACTION_COPY) {
		(void)snprintf(item->source, sizeof(item->source), "%s", first.source);
		got = plan_find(&run->plan, first.source, &source, err);
		*wait_for = got > 0 ? source.id : 0;
		return got < 0 ? -1 : 1;
	}
	(void)snprintf(item->source, sizeof(item->source), "%s", first.key);
	*wait_for = first.id;
	return 1;
}

static int try_copy(struct sync_run *run, struct plan_item *item, struct err *err)
{
	int64_t wait_for;
	int got = find_source(run, item, &wait_for, err);

	if (got <= 0)
		return got;
	item->verb = ACTION_COPY;
	item->send_bytes = 0;
	/* Above 5 GiB S3 copies parts only. */
	item->parts_total =
		item->size_bytes > PART_SIZE_LIMIT ? sync_run_part_total(run, item->size_bytes) : 0;
	if (plan_set(&run->plan, item, err) < 0)
		return -1;
	return wait_for ? plan_edge_add(&run->plan, wait_for, item->id, PLAN_SOFT, err) : 0;
}

/* The rest of an upload whose bytes the bucket has by now: its parts are copied, not sent. */
static int try_copy_rest(struct sync_run *run, struct plan_item *item, struct err *err)
{
	int got = find_there(run, item, err);

	if (got <= 0)
		return got;
	item->send_bytes = 0;
	return plan_set(&run->plan, item, err);
}

static int try_each(struct sync_run *run, struct plan_item *item, struct err *err)
{
	bool in_parts = provider_has(sync_run_provider(run), PROVIDER_COPY_PART);

	if (item->verb == ACTION_RESUME)
		return in_parts ? try_copy_rest(run, item, err) : 0;
	if (item->verb != ACTION_UPLOAD || (item->size_bytes > PART_SIZE_LIMIT && !in_parts))
		return 0;
	return try_copy(run, item, err);
}

int copies_plan(struct sync_run *run, struct err *err)
{
	struct plan_item item = {0};
	int got;

	if (plan_index_blobs(&run->plan, err) < 0)
		return -1;
	while ((got = plan_after(&run->plan, CLASS_BLOB, PLAN_WAITING, item.id, &item, err)) > 0)
		if (try_each(run, &item, err) < 0)
			return -1;
	return got;
}
