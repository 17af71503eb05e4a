/* object_internal: what the files sending*.c share; nobody else includes it. */
#ifndef DRYDOCK_SYNC_TRANSFER_OBJECT_INTERNAL_H
#define DRYDOCK_SYNC_TRANSFER_OBJECT_INTERNAL_H

#include "sync/transfer/object.h"

/* One part that is flying. */
struct part_send {
	struct task task;
	struct object_transfer *s; /* borrowed */
	struct part_send *next;    /* in s->parts */
	uint32_t index;
	uint8_t sha256[SHA256_BYTES];
};

enum { MISMATCHES_MAX = 3 };

/* The ends. Only the first counts. */
void object_transfer_end(struct object_transfer *s, enum object_transfer_end end);
void object_transfer_fail(struct object_transfer *s, const struct err *why);
void object_transfer_fail_by(struct object_transfer *s, const struct s3_result *result,
                             const struct retry_decision *decision);
/* The object is in the bucket: recorded. `part_size_bytes` 0: a single PUT or a copy. */
void object_transfer_done(struct object_transfer *s, const char *etag, uint64_t part_size_bytes);

/* The bucket's stays as it is, which is no failure. */
void object_transfer_leave(struct object_transfer *s, const char *why);

/*
 * A condition that holds was refused: the server reads it otherwise (session.h). Unless it is read
 * as others that were refused meanwhile have taught.
 */
void object_transfer_doubt_conditions(struct object_transfer *s);

/* U3: whether the answer's ETag says nothing about the bytes. */
bool object_transfer_is_opaque(const struct object_transfer *s, const struct s3_result *result);
/* The server took the bytes but names them otherwise than their MD5 would: again, or failed. */
void object_transfer_mismatch(struct object_transfer *s, struct task *task, const char *etag,
                              const char *expected);
/*
 * F3: the server got other bytes than were announced. True when the file is as it was staged, so
 * that sending again may help; else the object has failed.
 */
bool object_transfer_still_whole(struct object_transfer *s, uint64_t offset_bytes,
                                 uint64_t length_bytes, enum hash_kind kind,
                                 const uint8_t *expected);

/* One PUT of s->body or s->fd; item.size_bytes, its hashes and the attributes are set. */
void object_transfer_put(struct object_transfer *s);

/*
 * Multipart: begins, or goes on where resume.h left off. With s->copying its parts are copied from
 * s->item.source; the part size, and so the ETag, is the one that sending them would give.
 */
int object_transfer_start_parts(struct object_transfer *s, struct err *err) MUST_CHECK;
void object_transfer_drop_part(struct part_send *p);

/* A DELETE. */
void object_transfer_start_removal(struct object_transfer *s);

/* A copy onto itself, with the right headers. */
int object_transfer_start_repair(struct object_transfer *s, struct err *err) MUST_CHECK;

#endif
