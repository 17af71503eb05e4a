/*
 * write_queue: bytes from anywhere into the temp store, verified, with several blobs under way:
 * while the last hashes and the fsync of one are done, the next are read.
 *
 *     struct write_queue queue = {.pool = …, .store = …, .tmp_dir = …};
 *     write_queue_file(&queue, fd, offset, size, &item, err);     for each
 *     write_queue_settle(&queue, err);        waits; only now all results are known
 *     write_queue_release(&queue);            drops what did not settle
 */
#ifndef DRYDOCK_STAGE_BLOB_WRITE_QUEUE_H
#define DRYDOCK_STAGE_BLOB_WRITE_QUEUE_H

#include "stage/blob/temp_store.h"

enum write_queue_expect {
	EXPECT_NOTHING,
	EXPECT_STORED, /* the digest is that of the bytes as they are stored */
	EXPECT_PLAIN,  /* the digest is that of the bytes before compression: a diff_id */
};

struct write_queue_item {
	struct recipe recipe;
	enum write_queue_expect expect;
	struct digest digest;
	const char *what;      /* names the bytes in errors; copied (cut to a bound) */
	const char *keep_name; /* for begin alone: blob_writer_options.keep_name */
	bool reread;           /* in a dry run: the bytes are read again */
	uint32_t *number; /* the blob's number in the store goes here when it has settled; may be
	                     NULL; borrowed until then */
};

enum {
	WRITE_QUEUE_WHAT_MAX = 400,
	/*
	 * Enough that small blobs between two large ones do not make the reader wait, and that of
	 * very many tiny ones POOL_IO_THREADS are always being fsynced while others are read.
	 */
	WRITE_QUEUE_PENDING_MAX = 64,
};

struct write_queue_pending {
	struct blob_writer *writer; /* owned */
	struct write_queue_item item;
	char what[WRITE_QUEUE_WHAT_MAX];
};

struct write_queue {
	struct pool *pool;        /* borrowed */
	struct temp_store *store; /* borrowed */
	int tmp_dir;              /* borrowed */
	struct scratch *scratch;  /* borrowed: of a dry run, without files; NULL: no dry run */
	uint64_t limit_bytes;     /* per blob, of what goes in; 0: none */
	void (*progress)(void *context, uint64_t bytes); /* so many more of a file; NULL: none */
	void *context;                                   /* borrowed, for `progress` */
	bool encodes;                                    /* something is or was compressed */
	struct write_queue_pending pending[WRITE_QUEUE_PENDING_MAX]; /* the oldest first */
	unsigned pending_count;
};

int write_queue_file(struct write_queue *queue, int fd, uint64_t offset, uint64_t size,
                     const struct write_queue_item *item, struct err *err) MUST_CHECK;
/*
 * As write_queue_file, of the whole file and without a copy, where stage/blob/file_link.h allows
 * it; returns 0 where it does not. 1 when the blob is in the store, -1. EXPECT_STORED and
 * RECIPE_NONE only.
 */
int write_queue_link(struct write_queue *queue, int fd, const struct write_queue_item *item,
                     struct err *err) MUST_CHECK;
int write_queue_bytes(struct write_queue *queue, const void *data, size_t len,
                      const struct write_queue_item *item, struct err *err) MUST_CHECK;
/* What the gzip or zstd file in the store inflates to, as a blob of its own. */
int write_queue_inflated(struct write_queue *queue, int fd, uint64_t size,
                         const struct write_queue_item *item, struct err *err) MUST_CHECK;

/*
 * For callers that have the bytes piece by piece: begin, blob_writer_add…, then commit, which takes
 * the writer in any case, or blob_writer_free.
 */
struct blob_writer *write_queue_begin(struct write_queue *queue,
                                      const struct write_queue_item *item, uint64_t expected_size,
                                      struct err *err) MUST_CHECK;
int write_queue_commit(struct write_queue *queue, struct blob_writer *writer,
                       const struct write_queue_item *item, struct err *err) MUST_CHECK;

int write_queue_settle(struct write_queue *queue, struct err *err) MUST_CHECK;
void write_queue_release(struct write_queue *queue);

#endif
