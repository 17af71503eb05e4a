/* object_internal: the kinds of object.h, and what they share. */
#ifndef DRYDOCK_SYNC_TRANSFER_OBJECT_INTERNAL_H
#define DRYDOCK_SYNC_TRANSFER_OBJECT_INTERNAL_H

#include "sync/transfer/object.h"

/* What is done with an object. A function that is NULL has nothing to do. */
struct object_kind {
	/* Makes and submits the first request. What it needs of the object is set. */
	int (*begin)(struct object_transfer *t, struct err *err);
	/* object_transfer_has_parts and object_transfer_part of it. */
	bool (*has_parts)(const struct object_transfer *t);
	int (*send_part)(struct object_transfer *t, struct err *err);
	/* Whether requests beside t->task are under way. */
	bool (*is_busy)(const struct object_transfer *t);
	void (*release)(struct object_transfer *t);
};

extern const struct object_kind OBJECT_PUT;    /* send_put.c: t->body or t->fd in one request */
extern const struct object_kind OBJECT_PARTS;  /* send_parts.c: the file, or copies of its parts */
extern const struct object_kind OBJECT_COPY;   /* copy.c: from item.source, on the server */
extern const struct object_kind OBJECT_REMOVE; /* remove.c */
extern const struct object_kind OBJECT_REPAIR; /* repair_headers.c */

enum { MISMATCHES_MAX = 3 };

/* Becomes of this kind, with an empty state of it, and begins. */
int object_transfer_become(struct object_transfer *t, const struct object_kind *kind,
                           struct err *err) MUST_CHECK;
/*
 * Readies the bytes of the object and sends them, as a PUT or in parts. `copied`: its parts are
 * copied from item.source; the part size, and so the ETag, is the one that sending would give.
 */
int object_transfer_send(struct object_transfer *t, bool copied, struct err *err) MUST_CHECK;
/* Whether the object could go in several parts, be it below the threshold. */
bool object_transfer_is_divisible(const struct object_transfer *t);
/* The SHA-256 of the bytes that the state records for the item. */
int object_transfer_find_sha256(struct object_transfer *t, struct err *err) MUST_CHECK;

/* The ends. Only the first counts. */
void object_transfer_end(struct object_transfer *t, enum object_transfer_state end);
void object_transfer_fail(struct object_transfer *t, const struct err *why);
void object_transfer_fail_by(struct object_transfer *t, const struct s3_result *result,
                             const struct retry_decision *decision);
/* An error on the way: the object's, which fails, or the run's (err_scope). */
void object_transfer_fail_or_end_run(struct object_transfer *t, const struct err *why);
/* The object is in the bucket: recorded. `part_size_bytes` 0: a single PUT or a copy. */
void object_transfer_done(struct object_transfer *t, const char *etag, uint64_t part_size_bytes);
/* The bucket's stays as it is, which is no failure. */
void object_transfer_leave(struct object_transfer *t, const char *why);

/*
 * A condition that holds was refused, of a request that was sent with `traits`: the server reads it
 * otherwise (session.h). Unless it is read as others that were refused meanwhile have taught.
 */
void object_transfer_doubt_conditions(struct object_transfer *t, unsigned traits);
/* U3: whether the answer's ETag says nothing about the bytes. */
bool object_transfer_is_opaque(const struct object_transfer *t, const struct s3_result *result);
/*
 * The server took the bytes but names them otherwise than their MD5 would. True: the task goes
 * again; else the object has failed, and the task is its owner's to drop.
 */
bool object_transfer_mismatch(struct object_transfer *t, struct task *task, const char *etag,
                              const char *expected);
/*
 * F3: the server got other bytes than were announced. True when the file is as it was staged, so
 * that sending again may help; else the object has failed.
 */
bool object_transfer_still_whole(struct object_transfer *t, uint64_t offset_bytes,
                                 uint64_t length_bytes, enum hash_kind kind,
                                 const uint8_t *expected);

#endif
