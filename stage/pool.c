#include "stage/pool.h"

#include "stage/chunk.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two, so that one blob's fsync does not hold up the writing of the next. */
enum { IO_THREADS = 2, QUEUES = 2 };

struct queue {
	struct pool *pool; /* borrowed */
	pthread_cond_t filled;
	struct pool_task *head, *tail;
};

struct pool {
	pthread_mutex_t lock;
	bool ending;
	struct queue queues[QUEUES]; /* by enum pool_queue */
	unsigned cpu_threads;
	unsigned started;
	pthread_t threads[POOL_THREADS_MAX + IO_THREADS];
	struct chunk_set *chunks; /* owned */
};

static struct pool_task *next_task(struct queue *q)
{
	struct pool *pool = q->pool;
	struct pool_task *task;

	(void)pthread_mutex_lock(&pool->lock);
	while (!q->head && !pool->ending)
		(void)pthread_cond_wait(&q->filled, &pool->lock);
	task = q->head;
	if (task) {
		q->head = task->next;
		if (!q->head)
			q->tail = NULL;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return task;
}

static void *work(void *arg)
{
	struct queue *q = arg;
	struct pool_task *task;

	while ((task = next_task(q)))
		task->run(task); /* which may free the task */
	return NULL;
}

static int start_threads(struct pool *pool, enum pool_queue queue, unsigned count, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		int rc = pthread_create(&pool->threads[pool->started], NULL, work,
		                        &pool->queues[queue]);

		if (rc != 0)
			return err_set(err, ERR_OTHER, "start a thread: %s", strerror(rc));
		pool->started++;
	}
	return 0;
}

/* Signals are for the thread that asks stop_requested(): the pool's threads block them all. */
static int start_all(struct pool *pool, struct err *err)
{
	sigset_t all, before;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = start_threads(pool, POOL_CPU, pool->cpu_threads, err);
	if (rc == 0)
		rc = start_threads(pool, POOL_IO, IO_THREADS, err);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static unsigned wanted_threads(const struct pool_options *options)
{
	long processors =
		options->cpu_threads ? (long)options->cpu_threads : sysconf(_SC_NPROCESSORS_ONLN);

	if (processors < 1)
		return 1;
	return processors < POOL_THREADS_MAX ? (unsigned)processors : POOL_THREADS_MAX;
}

struct pool *pool_new(const struct pool_options *options, struct err *err)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool) {
		(void)err_memory(err);
		return NULL;
	}
	(void)pthread_mutex_init(&pool->lock, NULL);
	for (int i = 0; i < QUEUES; i++) {
		pool->queues[i].pool = pool;
		(void)pthread_cond_init(&pool->queues[i].filled, NULL);
	}
	pool->cpu_threads = wanted_threads(options);
	pool->chunks = chunk_set_new(
		options->buffer_bytes ? options->buffer_bytes : POOL_BUFFER_BYTES, err);
	if (!pool->chunks || start_all(pool, err) < 0) {
		pool_free(pool);
		return NULL;
	}
	return pool;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	for (int i = 0; i < QUEUES; i++)
		(void)pthread_cond_broadcast(&pool->queues[i].filled);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->started; i++)
		(void)pthread_join(pool->threads[i], NULL);
	for (int i = 0; i < QUEUES; i++)
		(void)pthread_cond_destroy(&pool->queues[i].filled);
	(void)pthread_mutex_destroy(&pool->lock);
	chunk_set_free(pool->chunks);
	free(pool);
}

unsigned pool_cpu_threads(const struct pool *pool)
{
	return pool->cpu_threads;
}

struct chunk_set *pool_chunks(struct pool *pool)
{
	return pool->chunks;
}

void pool_submit(struct pool *pool, enum pool_queue queue, struct pool_task *task)
{
	struct queue *q = &pool->queues[queue];

	task->next = NULL;
	(void)pthread_mutex_lock(&pool->lock);
	if (q->tail)
		q->tail->next = task;
	else
		q->head = task;
	q->tail = task;
	(void)pthread_cond_signal(&q->filled);
	(void)pthread_mutex_unlock(&pool->lock);
}
