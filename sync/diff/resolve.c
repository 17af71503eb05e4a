#include "sync/diff/resolve.h"

#include "sync/diff/classify_input.h"
#include "sync/diff/match_etag.h"
#include "sync/diff/selection.h"
#include "sync/dispatch/ask.h"
#include "sync/documents/documents.h"

#include "base/cleanup.h"
#include "base/part_size.h"
#include "db/state/blob.h"
#include "db/state/object.h"

#include <stdio.h>
#include <string.h>

/* --paranoid: what was recorded with the object, or else its bytes. 1 ours, 0 not, -1. */
static int has_our_bytes(struct sync_run *run, const struct plan_item *item,
                         const struct ask_head *head, struct err *err)
{
	uint8_t found[SHA256_BYTES];
	char text[2 * SHA256_BYTES + 1];
	struct blob_row blob;
	int got = blob_get(run->db, &item->digest, &blob, err);

	if (got <= 0)
		return got;
	if (head->sha256[0])
		return strcmp(head->sha256, hex_text(blob.sha256, SHA256_BYTES, text)) == 0;
	got = ask_hash(&run->dispatch, item->key, item->size_bytes, HASH_SHA256, found, err);
	return got <= 0 ? got : memcmp(found, blob.sha256, SHA256_BYTES) == 0;
}

static int look(struct sync_run *run, struct plan_item *item, struct err *err)
{
	struct ask_head head;
	int got = ask_head(&run->dispatch, item->key, &head, err);
	int same = 0;
	bool opaque;

	if (got < 0)
		return -1;
	opaque = head.opaque || classify_input_opacity(run, head.etag) == DIFF_OPAQUE;
	if (got > 0 && opaque && head.size_bytes == item->size_bytes)
		same = run->options->paranoid ? has_our_bytes(run, item, &head, err) : 1;
	else if (got > 0 && !opaque && head.size_bytes == item->size_bytes && !md5_known(item->md5))
		same = match_etag(run, item->key, &item->digest, item->size_bytes, head.etag, err);
	if (same < 0)
		return -1;
	if (same) {
		run->summary->unchanged++;
		return plan_drop(&run->plan, item->id, err);
	}
	(void)snprintf(item->why, sizeof(item->why), "etag differs");
	item->state = PLAN_WAITING;
	return plan_set(&run->plan, item, err);
}

/*
 * Whether the bucket's bytes are ours is not known: it fails, and what needs it is held back when
 * its turn comes.
 */
static int fail(struct sync_run *run, struct plan_item *item, const struct err *why,
                struct err *err)
{
	sync_run_object_failed(run, why);
	item->verb = ACTION_HELD;
	item->state = PLAN_WAITING;
	item->send_bytes = 0;
	(void)snprintf(item->why, sizeof(item->why), "what the bucket has is not known");
	return plan_set(&run->plan, item, err);
}

int opaque_etags_resolve(struct sync_run *run, struct err *err)
{
	static const enum object_class classes[] = {CLASS_BLOB, CLASS_MANIFEST};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		struct plan_item item = {0};
		int got;

		while ((got = plan_after_class(&run->plan, classes[i], PLAN_UNDECIDED, item.id, &item,
		                               err)) > 0) {
			struct err why = ERR_INIT;

			if (look(run, &item, &why) == 0)
				continue;
			if (documents_ends_run(run, &why)) {
				*err = why;
				return -1;
			}
			if (fail(run, &item, &why, err) < 0)
				return -1;
		}
		if (got < 0)
			return -1;
	}
	return 0;
}

/* The bucket has the blob under another key, one that is not planned: 1 with item->source, 0, -1.
 */
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
	return wait_for ? plan_edge(&run->plan, wait_for, item->id, PLAN_SOFT, err) : 0;
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

int copies_resolve(struct sync_run *run, struct err *err)
{
	struct plan_item item = {0};
	int got;

	if (plan_index_blobs(&run->plan, err) < 0)
		return -1;
	while ((got = plan_after_class(&run->plan, CLASS_BLOB, PLAN_WAITING, item.id, &item, err)) >
	       0)
		if (try_each(run, &item, err) < 0)
			return -1;
	return got;
}
