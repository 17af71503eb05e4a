/*
 * object: one object of the plan on its way into the bucket (or out of it), from the first request
 * to its record in the journal.
 *
 *     t = object_transfer_start(run, &item, ahead, err)
 *     … object_transfer_part(t, err) whenever there is bandwidth for one more part …
 *     … until object_transfer_is_over(t): t->state says how; then object_transfer_free(t)
 *
 * Small objects are one PUT, large ones a multipart upload; a copy is one COPY, or a multipart
 * upload whose parts are copied; a repair is one COPY of an object onto itself; a removal is one
 * DELETE. Which of them it is at the moment is its kind (object_internal.h):
 *
 *     COPY ──► refused, or not what it must be ──► PUT, PARTS
 *      │                                            │    │
 *      ▼                                            ▼    ▼
 *     one of the ends of enum object_transfer_state ◄── REMOVE, REPAIR
 */
#ifndef DRYDOCK_SYNC_TRANSFER_OBJECT_H
#define DRYDOCK_SYNC_TRANSFER_OBJECT_H

#include "sync/multipart/upload.h"
#include "sync/run/object_headers.h"
#include "sync/run/run.h"

enum object_transfer_state {
	OBJECT_TRANSFER_UNDER_WAY = 0,
	/* The ends: the first that is reached stays. */
	OBJECT_TRANSFER_DONE,
	OBJECT_TRANSFER_FAILED,   /* t->why says why */
	OBJECT_TRANSFER_CONFLICT, /* a list that another root has written meanwhile: merge again */
	OBJECT_TRANSFER_HELD,     /* a tag that another root has moved meanwhile: it stays (W1) */
};

struct object_kind;
struct part_send;
struct current_document;

/* A PUT: what is known of the one whose effect is looked at. */
struct put_state {
	unsigned traits; /* it was sent with these: enum provider_trait */
	bool refused;    /* a condition of it was refused */
	bool taken;      /* it was taken, and only its ETag is not known */
	bool unknown; /* the server said of the same with a condition that it has no such thing */
};

/* A multipart upload. */
struct parts_state {
	struct multipart_upload *upload; /* owned; NULL while `old` is aborted */
	struct multipart_upload *old;    /* owned; of an earlier run, of no use; NULL: none */
	struct part_send *flying;        /* owned list: parts that are on their way */
	bool copied;                     /* its parts come from item.source on the server */
	bool gone; /* a part learned that the upload is: begin anew when the others are back */
};

/* A repair of headers. */
struct repair_state {
	unsigned traits; /* the copy was sent with these: enum provider_trait */
	bool refused;    /* a condition of it was refused */
	bool copied;     /* a copy was sent: HEAD tells of its effect */
	bool renamed;    /* ours to find again under an ETag that cannot be foretold */
};

struct object_transfer {
	struct sync_run *run;           /* borrowed */
	const struct object_kind *kind; /* what it does at the moment; NULL: it did not begin */
	struct object_transfer *next;   /* in transfer.c's list */
	enum object_transfer_state state;
	struct err why; /* OBJECT_TRANSFER_FAILED */

	struct plan_item item;
	char source_key[KEY_MAX]; /* of the file that has the bytes (run.h) */
	int fd;                   /* owned; the bytes; -1: `body` has them, or none are needed */
	char *body;               /* owned; NULL: no document */
	size_t body_len;
	uint8_t sha256[SHA256_BYTES]; /* of the bytes */
	struct object_headers headers;
	char etag[PLAN_ETAG_MAX]; /* OBJECT_TRANSFER_DONE: what the bucket has now */

	struct task task; /* every request but those of parts and of uploads */
	union {
		struct put_state put;
		struct parts_state parts;
		struct repair_state repair;
	}; /* by kind; COPY and REMOVE have none */

	unsigned mismatches;          /* answers with an unexpected ETag, of all kinds */
	uint64_t sent_bytes;          /* of bodies, retries included */
	uint64_t arrived_bytes;       /* of parts that are there */
	int64_t started_ms;           /* monotonic */
	struct current_document *now; /* owned; of a list that ended: what the bucket has now */
};

/* `ahead`: its first request waits for a place (dispatch.h). */
struct object_transfer *object_transfer_start(struct sync_run *run, const struct plan_item *item,
                                              bool ahead, struct err *err) MUST_CHECK;
/* Whether a removal asks first whether the key still holds what the plan was made from. */
bool object_transfer_looks_first(const struct plan_item *item);
/* Its multipart upload; NULL: it has none. */
const struct multipart_upload *object_transfer_upload(const struct object_transfer *t);
/* Whether its parts are copied on the server. */
bool object_transfer_copies_parts(const struct object_transfer *t);
/* Whether parts wait to be sent. */
bool object_transfer_has_parts(const struct object_transfer *t);
/* Sends one more part, or ends with it. 1, 0 nothing to send now, -1. */
int object_transfer_part(struct object_transfer *t, struct err *err) MUST_CHECK;
/* It ended, and no request of it is under way any more. */
bool object_transfer_is_over(const struct object_transfer *t);
void object_transfer_free(struct object_transfer *t); /* NULL is fine */

#endif
