/*
 * writer: bytes in, a finished file in ROOT/.drydock/tmp and everything about it out.
 *
 * While the caller hands over bytes, the pool's threads hash them, compress them (if the recipe
 * says so), hash what comes out of that, and write it:
 *
 *     add -> chunk -+-> SHA-256, SHA-512 (MD5, if small) ------------------> stored sums
 *      (none)       +-> write (I/O thread) -+-> MD5s of eight parts -------> stored sums
 *                                           +-> … fsync
 *
 *     add -> chunk -> SHA-256 of the plain bytes -> frames in parallel -> in order again -+-> as
 *      (gzip, zstd)                                                                       +-> above
 *
 *     struct blob_writer *w = blob_writer_new(&options, pool, err);
 *     while (…) blob_writer_add(w, data, len, err);        copies; waits while all buffers are full
 *     blob_writer_end(w, err);
 *     blob_writer_wait(w, &result, err);
 *     … compare result.stored with what was expected, then rename result.name …
 *     blob_writer_free(w);                                 always; blob_result_release(&result)
 *
 * Between end and wait a caller that has more to read goes on with the next blob: the end of the
 * hash chains and the fsync then overlap with that. A few writers may be open at a time (each that
 * was added to and has not ended holds one buffer of the pool, and those that compress their
 * encoders, so: at most BLOB_WRITERS_MAX of those).
 *
 * A dry writer (of a dry run) does all but write, and no MD5s are wanted of it.
 *
 * Before the disk is full a writer fails with ERR_STORAGE.
 *
 * A writer belongs to one thread. Errors of the workers (a full disk, say) come out of the next
 * call; after an error only blob_writer_free is useful. Nothing stays in tmp unless wait
 * returned 0: from then on the file is the caller's, to rename or to remove.
 *
 * SHA-256 and SHA-512 are those of the bytes that were handed over; the MD5s of the parts those of
 * the file as it was just written. Which MD5s a blob gets, stage/blob/parallel_sums.h tells.
 */
#ifndef DRYDOCK_STAGE_BLOB_WRITER_H
#define DRYDOCK_STAGE_BLOB_WRITER_H

#include "base/blob_sum.h"
#include "base/err.h"
#include "stage/blob/recipe.h"
#include "stage/blob/scratch.h"
#include "stage/work/pool.h"

#include <stdint.h>

enum {
	BLOB_TEMP_NAME_MAX = 160, /* with the NUL: the name of a partial (db/root/partials.h) */
	BLOB_WRITERS_MAX = 2,
};

/* Zero-initialise, then set `tmp_dir`; the rest has useful defaults. */
struct blob_writer_options {
	int tmp_dir;                  /* borrowed descriptor of the directory for the file, or: */
	bool dry;                     /* there is no file; the bytes are hashed alone, and go to */
	struct scratch_range scratch; /* this range, if it is there; they are not compressed then */
	/*
	 * The file's name, which is then kept when the writer is freed before its end, with all
	 * bytes that were added; what it holds already is gone on with: blob_writer_add_kept. NULL:
	 * a random name. RECIPE_NONE only; copied.
	 */
	const char *keep_name;
	struct recipe recipe;   /* zero: RECIPE_NONE */
	unsigned stored_what;   /* enum sum_kind bits; 0: SUM_DEFAULT */
	unsigned plain_what;    /* SUM_SHA256 | SUM_SHA512 of the plain bytes; 0: SUM_SHA256 */
	uint64_t limit_bytes;   /* more added bytes than this are ERR_REFUSED; 0: no limit */
	uint64_t expected_size; /* of the stored bytes, if known: saves large blobs a second pass */
	void (*progress)(void *context, uint64_t bytes); /* so many more of a file; NULL: none */
	void *context;                                   /* borrowed, for `progress` */
};

/* Zero-initialise; blob_result_release frees the sums (not the file). */
struct blob_result {
	char name[BLOB_TEMP_NAME_MAX]; /* in tmp_dir; mode 0644 */
	struct scratch_range scratch;  /* of a dry writer, whose name is no file's */
	struct blob_sums stored;
	struct blob_sums plain; /* of what was added; what == 0 for RECIPE_NONE */
};

struct blob_writer;

/* `pool` is borrowed and outlives the writer. Creates the file under a random name. */
struct blob_writer *blob_writer_new(const struct blob_writer_options *options, struct pool *pool,
                                    struct err *err) MUST_CHECK;

int blob_writer_add(struct blob_writer *w, const void *data, size_t len,
                    struct err *err) MUST_CHECK;

/*
 * Adds `size` bytes of the regular file `fd` from `offset` without a copy in between; the
 * descriptor's position stays. `what` names the file in errors; one that ends early is
 * ERR_INTEGRITY. If this is the first addition under RECIPE_NONE and the file system can share
 * extents, the file is cloned, and the sums are taken from the clone, so that what
 * becomes of the source meanwhile cannot matter. After a clone nothing can be added.
 */
int blob_writer_add_file(struct blob_writer *w, int fd, uint64_t offset, uint64_t size,
                         const char *what, struct err *err) MUST_CHECK;

/*
 * With keep_name, before anything else is added: adds what the file holds already, read and hashed
 * again, but at most expected_size. *bytes is how many those are.
 */
int blob_writer_add_kept(struct blob_writer *w, uint64_t *bytes, struct err *err) MUST_CHECK;
/* Of a file with keep_name: it is worth nothing, and is removed when the writer is freed. */
void blob_writer_spoil(struct blob_writer *w);

/* No more will be added. Does not wait for the result. */
int blob_writer_end(struct blob_writer *w, struct err *err) MUST_CHECK;
/* After end: waits until everything is hashed, written and on disk. */
int blob_writer_wait(struct blob_writer *w, struct blob_result *result, struct err *err) MUST_CHECK;

/*
 * Frees the writer; NULL is fine. If the result was not taken, work that is under way is cancelled,
 * its end is awaited, and the file is removed. With keep_name what was added is written to its end
 * instead, and the file stays.
 */
void blob_writer_free(struct blob_writer *w);

void blob_result_release(struct blob_result *result);

#endif
