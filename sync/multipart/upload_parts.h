/*
 * upload_parts: the memory of one multipart upload and the account of its parts; no requests. Its
 * functions are called as upload.h tells.
 */
#ifndef DRYDOCK_SYNC_MULTIPART_UPLOAD_PARTS_H
#define DRYDOCK_SYNC_MULTIPART_UPLOAD_PARTS_H

#include "sync/multipart/transition.h"
#include "sync/run/object_headers.h"
#include "sync/run/run.h"
#include "sync/s3/etag.h"

#include "db/state/upload.h"

enum part_state { PART_MISSING, PART_FLYING, PART_THERE };

struct multipart_upload;
typedef int multipart_upload_act_fn(struct multipart_upload *m, enum multipart_action action,
                                    struct err *err);
typedef void multipart_upload_fail_fn(struct multipart_upload *m, const struct err *why);

struct multipart_upload {
	struct sync_run *run;         /* borrowed */
	struct upload_row row;        /* as it is recorded, or will be */
	struct multipart_facts facts; /* what the next transition is decided from */
	bool probing; /* only looks: writes and sends nothing that changes (resume.h) */
	/* Set by the caller: whose upload it is; called at each step; called at a failure. */
	void *owner;
	multipart_upload_act_fn *act;
	multipart_upload_fail_fn *fail;
	const struct object_headers *headers; /* borrowed, for Create; may be NULL when probing */

	uint32_t parts;                /* how many there must be */
	uint8_t (*md5)[MD5_BYTES];     /* owned, [index] */
	uint8_t *state;                /* owned, enum part_state, [index] */
	char **etag;                   /* owned, [index]; NULL: the MD5 */
	uint32_t there, flying, next;  /* next: index from which to look for a missing one */
	char expected[ETAG_TEXT_MAX];  /* the ETag that Complete must answer */
	char final_etag[ETAG_MAX + 1]; /* the ETag that it, or HEAD, did answer */

	struct task task;
	struct s3_complete_part *complete; /* owned; texts follow in the same block */
	uint32_t found;                    /* uploads that may be the lost one */
	bool foreign;                      /* ListParts showed parts that we never sent */
	unsigned rounds;                   /* turns of the state machine, bounded */

	/* The failures so far, which the decision on the next one counts on. */
	bool failing;
	struct retry_decision after; /* the delay before the next request; RETRY_NONE: none */
	unsigned refused;            /* times that Complete was answered with 5xx */
	bool begun;                  /* parts were sent, or are about to be */
	struct err why;              /* of DO_FORGET; code ERR_NONE: the upload was gone */
};

/* `row` is copied; its id is 0 for one that is not recorded yet. */
struct multipart_upload *multipart_upload_new(struct sync_run *run, const struct upload_row *row,
                                              struct err *err) MUST_CHECK;
/* NULL is fine. No request of it may be under way. */
void multipart_upload_free(struct multipart_upload *m);

/* Reads, or computes and records, the MD5s of the parts. `fd` is the open file. */
int multipart_upload_load_parts(struct multipart_upload *m, int fd, struct err *err) MUST_CHECK;

/* The index of a part to send, which is then flying; -1 when there is none. */
int64_t multipart_upload_next_part(struct multipart_upload *m);
void multipart_upload_part_lost(struct multipart_upload *m, uint32_t index);
/* Notes that a part is there already; no journal. */
int multipart_upload_part_there(struct multipart_upload *m, uint32_t index, const char *etag,
                                struct err *err) MUST_CHECK;

uint64_t multipart_upload_part_bytes(const struct multipart_upload *m, uint32_t index);
/* Whether the ETag is the MD5 of our part. */
bool multipart_upload_is_part_md5(const struct multipart_upload *m, uint32_t index,
                                  const char *etag);
/* Nothing is there, nothing flies: for a new upload, or before ListParts. */
void multipart_upload_forget_parts(struct multipart_upload *m);

#endif
