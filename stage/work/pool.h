/*
 * pool: the threads and the memory that all blobs of a run share.
 *
 * One pool lives for a whole command. Its CPU threads (one for each processor) hash and compress;
 * its I/O threads write and fsync, so that a disk that makes a thread wait leaves no processor
 * idle. Its buffers (stage/work/chunk.h) are what bounds the memory of everything that is built on
 * it: a caller that wants a buffer waits until one is free, and so the reader is slowed down to the
 * speed of the slowest step.
 *
 *     struct pool *pool = pool_new(&(struct pool_options){0}, err);
 *     … blob_writer_new(&options, pool, err) …
 *     pool_free(pool);           after the last writer is freed
 *
 * The rest of this header is for modules that build steps (stage/work/strand.h,
 * stage/blob/parallel_encoder.h), not for callers that only write blobs. Tasks never wait for
 * buffers or for other tasks: only the caller's thread does, so that the pool cannot lock itself
 * up.
 */
#ifndef DRYDOCK_STAGE_WORK_POOL_H
#define DRYDOCK_STAGE_WORK_POOL_H

#include "base/err.h"

#include <stddef.h>

enum {
	POOL_THREADS_MAX = 64,
	/*
	 * Threads that write and fsync. They wait most of the time, so processors do not matter: an
	 * fsync of a small file is little work and a long wait for a commit of the file system's
	 * journal, and threads that wait side by side share one. Nor does a large blob's fsync hold
	 * up the writing of the next.
	 */
	POOL_IO_THREADS = 16,
};

/* The default for the buffers. With it, stage as a whole stays below 64 MiB. */
#define POOL_BUFFER_BYTES ((size_t)28 << 20)

struct pool_options {
	unsigned cpu_threads; /* 0: one for each processor; at most POOL_THREADS_MAX */
	size_t buffer_bytes;  /* 0: POOL_BUFFER_BYTES; at least 20 MiB for the zstd recipes */
};

struct pool;

struct pool *pool_new(const struct pool_options *options, struct err *err) MUST_CHECK;
/* Ends the threads and frees the buffers. Every writer must have been freed. NULL is fine. */
void pool_free(struct pool *pool);

unsigned pool_cpu_threads(const struct pool *pool);

enum pool_queue {
	POOL_CPU,   /* steps of chains that others wait for */
	POOL_LATER, /* also for the processors, which take it only when nothing else is to be done
	             */
	POOL_IO,
};

/* Part of the caller's object, which stays valid until `run` was called. */
struct pool_task {
	void (*run)(struct pool_task *task);
	struct pool_task *next; /* the pool's */
};

/* Lets a thread of `queue` call task->run(task), first come first served. Never waits. */
void pool_submit(struct pool *pool, enum pool_queue queue, struct pool_task *task);
/* For a task that has run for a while and lets others go before: the next one of its queue. */
void pool_resume(struct pool *pool, enum pool_queue queue, struct pool_task *task);

struct chunk_set *pool_chunks(struct pool *pool);

#endif
