#include "sync/diff/opaque_etags.h"

#include "sync/diff/match_etag.h"
#include "sync/dispatch/ask.h"

#include "db/state/blob.h"

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

static int look_at_headers(struct sync_run *run, struct plan_item *item, struct err *err)
{
	struct ask_head head;
	int got = ask_head(&run->dispatch, item->key, &head, err);
	int same = 0;

	if (got < 0)
		return -1;
	if (got > 0 && head.opaque && head.size_bytes == item->size_bytes)
		same = run->options->paranoid ? has_our_bytes(run, item, &head, err) : 1;
	else if (got > 0 && !head.opaque && head.size_bytes == item->size_bytes &&
	         !md5_known(item->md5))
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

int opaque_etags_plan(struct sync_run *run, struct err *err)
{
	static const enum object_class classes[] = {CLASS_BLOB, CLASS_MANIFEST};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		struct plan_item item = {0};
		int got;

		while ((got = plan_after(&run->plan, classes[i], PLAN_UNDECIDED, item.id, &item,
		                         err)) > 0) {
			struct err why = ERR_INIT;

			if (look_at_headers(run, &item, &why) == 0)
				continue;
			if (sync_run_fail_unknown(run, &item, &why, err) < 0)
				return -1;
		}
		if (got < 0)
			return -1;
	}
	return 0;
}
