/* object_internal: what the files sending*.c share; nobody else includes it. */
#ifndef DRYDOCK_SYNC_TRANSFER_OBJECT_INTERNAL_H
#define DRYDOCK_SYNC_TRANSFER_OBJECT_INTERNAL_H

#include "sync/transfer/object.h"

/* One part that is flying. */
struct part_send {
	struct task task;
	struct sending *s;      /* borrowed */
	struct part_send *next; /* in s->parts */
	uint32_t index;
	uint8_t sha256[SHA256_BYTES];
};

enum { MISMATCHES_MAX = 3 };

/* The ends. Only the first counts. */
void sending_end(struct sending *s, enum sending_end end);
void sending_fail(struct sending *s, const struct err *why);
void sending_fail_by(struct sending *s, const struct s3_result *result,
                     const struct retry_decision *decision);
/* The object is in the bucket: recorded. `part_size_bytes` 0: a single PUT or a copy. */
void sending_done(struct sending *s, const char *etag, uint64_t part_size_bytes);

/* The bucket's stays as it is, which is no failure. */
void sending_leave(struct sending *s, const char *why);

/*
 * A condition that holds was refused: the server reads it otherwise (session.h). Unless it is read
 * as others that were refused meanwhile have taught.
 */
void sending_doubt_conditions(struct sending *s);

/* U3: whether the answer's ETag says nothing about the bytes. */
bool sending_is_opaque(const struct sending *s, const struct s3_result *result);
/* The server took the bytes but names them otherwise than their MD5 would: again, or failed. */
void sending_mismatch(struct sending *s, struct task *task, const char *etag, const char *expected);
/*
 * F3: the server got other bytes than were announced. True when the file is as it was staged, so
 * that sending again may help; else the object has failed.
 */
bool sending_still_whole(struct sending *s, uint64_t offset_bytes, uint64_t length_bytes,
                         enum hash_kind kind, const uint8_t *expected);

/* One PUT of s->body or s->fd; item.size_bytes, its hashes and the attributes are set. */
void sending_put(struct sending *s);

/*
 * Multipart: begins, or goes on where resume.h left off. With s->copying its parts are copied from
 * s->item.source; the part size, and so the ETag, is the one that sending them would give.
 */
int sending_start_parts(struct sending *s, struct err *err) MUST_CHECK;
void sending_drop_part(struct part_send *p);

/* A DELETE. */
void sending_start_removal(struct sending *s);

/* A copy onto itself, with the right headers. */
int sending_start_repair(struct sending *s, struct err *err) MUST_CHECK;

#endif
