/*
 * object: one object of the plan on its way into the bucket (or out of it), from the first request
 * to its record in the journal.
 *
 *     s = object_transfer_start(engine, &item, err)
 *     … object_transfer_part(s, err) whenever there is bandwidth for one more part …
 *     … until object_transfer_is_over(s): s->end says how; then object_transfer_free(s)
 *
 * Small objects are one PUT, large ones an mpu; copies are one COPY, or an mpu whose parts are
 * copied, and fall back to sending; repairs are one COPY of an object onto itself.
 */
#ifndef DRYDOCK_SYNC_TRANSFER_OBJECT_H
#define DRYDOCK_SYNC_TRANSFER_OBJECT_H

#include "sync/multipart/upload.h"
#include "sync/run/object_headers.h"
#include "sync/run/run.h"

enum object_transfer_end {
	OBJECT_TRANSFER_DONE,
	OBJECT_TRANSFER_FAILED,   /* s->why says why; already counted and told */
	OBJECT_TRANSFER_CONFLICT, /* a list that somebody else has written meanwhile: merge again */
	OBJECT_TRANSFER_HELD, /* a tag that somebody else has moved meanwhile: theirs stays (W1) */
};

struct part_send;
struct current_document;

struct object_transfer {
	struct sync_run *run;
	struct object_transfer *next; /* in the pump's list */
	bool ended;
	enum object_transfer_end end;

	struct plan_item item;
	char source_key[KEY_MAX];
	int fd;     /* owned; -1 for documents */
	char *body; /* owned; documents */
	size_t body_len;
	char etag[PLAN_ETAG_MAX]; /* when OBJECT_TRANSFER_DONE: what the bucket has now */
	uint8_t sha256[SHA256_BYTES];
	struct object_headers attributes;
	struct task task;             /* everything but parts */
	struct multipart_upload *mpu; /* owned; NULL for single PUTs */
	struct multipart_upload *old; /* owned; of an earlier run, of no use: aborted before */
	struct part_send *parts;      /* owned list: parts that are flying */
	bool copying;                 /* its parts come from item.source on the server */
	bool upload_gone;             /* a part learned so: begin anew when the others are back */

	bool renamed;    /* repairs: ours to find again under an ETag that nobody can foretell */
	bool copied;     /* repairs: a copy was sent; HEAD tells of its effect */
	unsigned traits; /* a copy or a PUT was sent with these: enum provider_trait */
	bool refused;    /* …and a condition of it was refused */
	bool taken;      /* …or it was taken, and only its ETag is not known */

	unsigned answered;   /* failures that the server answered, of all its parts */
	unsigned mismatches; /* answers with an unexpected ETag */
	uint64_t sent_bytes; /* body bytes, retries included */
	uint64_t arrived_bytes;
	int64_t started_ms;
	struct err why;
	struct current_document
		*gather; /* owned; transfer's: of a list that ended, what the bucket has now */
};

/* `ahead`: its first request waits for a place (dispatch.h). */
struct object_transfer *object_transfer_start(struct sync_run *run, const struct plan_item *item,
                                              bool ahead, struct err *err) MUST_CHECK;
/* Whether a removal asks first whether the key still holds what the plan was made from. */
bool object_transfer_looks_first(const struct plan_item *item);
/* Sends one more part, or ends with it. 1, 0 nothing to send now, -1. */
int object_transfer_part(struct object_transfer *s, struct err *err) MUST_CHECK;
/* Whether parts wait to be sent. */
bool object_transfer_has_parts(const struct object_transfer *s);
/* It ended, and no request of it is under way any more. */
bool object_transfer_is_over(const struct object_transfer *s);
void object_transfer_free(struct object_transfer *s);

#endif
