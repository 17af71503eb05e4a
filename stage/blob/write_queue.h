/*
 * write_queue: bytes from anywhere into the temp store, verified, with several blobs under way:
 * while the last hashes and the fsync of one are done, the next are read.
 *
 *     struct ingest in = {.pool = …, .store = …, .tmp_dir = …};
 *     ingest_file(&in, fd, offset, size, &job, err);     for each
 *     ingest_settle(&in, err);                           waits; only now all results are known
 *     ingest_release(&in);                               drops what did not settle
 */
#ifndef DRYDOCK_STAGE_BLOB_WRITE_QUEUE_H
#define DRYDOCK_STAGE_BLOB_WRITE_QUEUE_H

#include "stage/blob/temp_store.h"

enum ingest_expect {
	EXPECT_NOTHING,
	EXPECT_STORED, /* the digest is that of the bytes as they are stored */
	EXPECT_PLAIN,  /* the digest is that of the bytes before compression: a diff_id */
};

struct ingest_job {
	struct recipe recipe;
	enum ingest_expect expect;
	struct digest digest;
	const char *what; /* names the bytes in errors; copied (cut to a bound) */
	uint32_t *number; /* the blob's number in the store goes here when it has settled; may be
	                     NULL; borrowed until then */
};

enum {
	INGEST_WHAT_MAX = 400,
	/*
	 * Enough that small blobs between two large ones do not make the reader wait, and that of
	 * very many tiny ones POOL_IO_THREADS are always being fsynced while others are read.
	 */
	INGEST_PENDING_MAX = 64,
};

struct ingest_pending {
	struct blob_writer *writer; /* owned */
	struct ingest_job job;
	char what[INGEST_WHAT_MAX];
};

struct ingest {
	struct pool *pool;                                 /* borrowed */
	struct temp_store *store;                          /* borrowed */
	int tmp_dir;                                       /* borrowed */
	uint64_t limit_bytes;                              /* per blob, of what goes in; 0: none */
	void (*progress)(void *context, uint64_t bytes);   /* so many more of a file; NULL: none */
	void *context;                                     /* borrowed, for `progress` */
	struct ingest_pending pending[INGEST_PENDING_MAX]; /* the oldest first */
	unsigned pending_count;
};

int ingest_file(struct ingest *in, int fd, uint64_t offset, uint64_t size,
                const struct ingest_job *job, struct err *err) MUST_CHECK;
/*
 * As ingest_file, of the whole file and without a copy, where stage/blob/file_link.h allows it;
 * returns 0 where it does not. 1 when the blob is in the store, -1. EXPECT_STORED and RECIPE_NONE
 * only.
 */
int ingest_link(struct ingest *in, int fd, const struct ingest_job *job,
                struct err *err) MUST_CHECK;
int ingest_bytes(struct ingest *in, const void *data, size_t len, const struct ingest_job *job,
                 struct err *err) MUST_CHECK;
/* What the gzip or zstd file in the store inflates to, as a blob of its own. */
int ingest_inflated(struct ingest *in, int fd, uint64_t size, const struct ingest_job *job,
                    struct err *err) MUST_CHECK;

/* For those who have the bytes piece by piece: begin, blob_writer_add…, commit (or abandon). */
struct blob_writer *ingest_begin(struct ingest *in, const struct ingest_job *job,
                                 uint64_t expected_size, struct err *err) MUST_CHECK;
int ingest_commit(struct ingest *in, struct blob_writer *writer, const struct ingest_job *job,
                  struct err *err) MUST_CHECK; /* the writer is taken in any case */

int ingest_settle(struct ingest *in, struct err *err) MUST_CHECK;
void ingest_release(struct ingest *in);

#endif
