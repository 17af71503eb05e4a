#include "sync/resolve.h"

#include "sync/ask.h"

#include "base/part_size.h"
#include "db/object.h"

#include <stdio.h>
#include <string.h>

static int look(struct engine *e, struct plan_item *item, struct err *err)
{
	struct ask_head head;
	int got = ask_head(&e->dispatch, item->key, &head, err);

	if (got < 0)
		return -1;
	if (got > 0 && head.opaque && head.size_bytes == item->size_bytes) {
		e->summary->unchanged++;
		return plan_drop(&e->plan, item->id, err);
	}
	(void)snprintf(item->why, sizeof(item->why), "etag differs");
	item->state = PLAN_WAITING;
	return plan_set(&e->plan, item, err);
}

int resolve_opaque(struct engine *e, struct err *err)
{
	static const enum object_class classes[] = {CLASS_BLOB, CLASS_MANIFEST};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		struct plan_item item = {0};
		int got;

		while ((got = plan_after_class(&e->plan, classes[i], PLAN_OPEN, item.id, &item,
		                               err)) > 0)
			if (look(e, &item, err) < 0)
				return -1;
		if (got < 0)
			return -1;
	}
	return 0;
}

/* The next key after `after` that holds this blob. 1, 0, -1. */
static int next_holder(struct engine *e, const struct digest *d, const char *after,
                       char key[KEY_MAX], struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, e->db,
	                "SELECT key FROM object WHERE digest = ?1 AND class = ?2 AND key > ?3 "
	                "ORDER BY key LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_digest(&q, 1, d);
	query_bind_int(&q, 2, CLASS_BLOB);
	query_bind_text(&q, 3, after);
	got = query_step(&q, err);
	if (got > 0)
		(void)snprintf(key, KEY_MAX, "%s", query_text(&q, 0));
	return got;
}

/*
 * From where to copy: a key that is in the bucket, else the planned key that is sent first. 1 with
 * item->source and *wait_for (0: no need to), 0, -1.
 */
static int find_source(struct engine *e, struct plan_item *item, int64_t *wait_for, struct err *err)
{
	char key[KEY_MAX] = "";
	int got;

	*wait_for = 0;
	while ((got = next_holder(e, &item->digest, key, key, err)) > 0) {
		struct plan_item other;
		int planned;

		if (strcmp(key, item->key) == 0)
			continue;
		planned = plan_find(&e->plan, key, &other, err);
		if (planned < 0)
			return -1;
		if (planned == 0) {
			(void)snprintf(item->source, sizeof(item->source), "%s", key);
			*wait_for = 0;
			return 1;
		}
		if (*wait_for == 0 && other.state == PLAN_WAITING && other.verb != ACTION_COPY) {
			(void)snprintf(item->source, sizeof(item->source), "%s", key);
			*wait_for = other.id;
		}
	}
	return got < 0 ? -1 : *wait_for != 0;
}

static int try_copy(struct engine *e, struct plan_item *item, struct err *err)
{
	int64_t wait_for;
	int got = find_source(e, item, &wait_for, err);

	/* Of several that are missing the first in key order is sent. */
	if (got <= 0 || wait_for > item->id)
		return got < 0 ? -1 : 0;
	item->verb = ACTION_COPY;
	item->send_bytes = 0;
	item->parts_total = 0;
	if (plan_set(&e->plan, item, err) < 0)
		return -1;
	return wait_for ? plan_edge(&e->plan, wait_for, item->id, PLAN_SOFT, err) : 0;
}

int resolve_copies(struct engine *e, struct err *err)
{
	struct plan_item item = {0};
	int got;

	if (plan_begin(&e->plan, err) < 0)
		return -1;
	while ((got = plan_after_class(&e->plan, CLASS_BLOB, PLAN_WAITING, item.id, &item, err)) >
	       0)
		if (item.verb == ACTION_UPLOAD && item.size_bytes <= PART_SIZE_LIMIT &&
		    try_copy(e, &item, err) < 0)
			return -1;
	return got < 0 ? -1 : plan_commit(&e->plan, err);
}
