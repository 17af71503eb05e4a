#include "stage/work/pool.h"

#include "stage/work/chunk.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUEUES = 3, CREWS = 2 };

/*
 * What is for later is of bytes that are in the page cache now. When so many tasks wait (each of up
 * to 40 MiB: stage/blob/part_sums.h), they come first, before the bytes have to be read from the
 * disk.
 */
enum { LATER_MAX = 4 };

struct queue {
	struct pool_task *head, *tail;
	unsigned count;
};

/* Threads that do the same: what is in their first queue, or else in the next. */
struct crew {
	struct pool *pool; /* borrowed */
	pthread_cond_t filled;
	enum pool_queue first, last;
};

static const struct crew crews[CREWS] = {
	{.first = POOL_CPU, .last = POOL_LATER},
	{.first = POOL_IO, .last = POOL_IO},
};

struct pool {
	pthread_mutex_t lock;
	bool ending;
	struct queue queues[QUEUES]; /* by enum pool_queue */
	struct crew crews[CREWS];
	unsigned cpu_threads;
	unsigned started;
	pthread_t threads[POOL_THREADS_MAX + POOL_IO_THREADS];
	struct chunk_set *chunks; /* owned */
};

static struct pool_task *take(struct queue *q)
{
	struct pool_task *task = q->head;

	if (!task)
		return NULL;
	q->head = task->next;
	if (!q->head)
		q->tail = NULL;
	q->count--;
	return task;
}

/* Under the lock: NULL when there is nothing to do for the crew. */
static struct pool_task *pick(struct crew *crew)
{
	struct queue *queues = crew->pool->queues;
	struct pool_task *task;

	if (crew->last == POOL_LATER && queues[POOL_LATER].count > LATER_MAX)
		return take(&queues[POOL_LATER]);
	task = take(&queues[crew->first]);
	return task ? task : take(&queues[crew->last]);
}

static struct pool_task *next_task(struct crew *crew)
{
	struct pool *pool = crew->pool;
	struct pool_task *task;

	(void)pthread_mutex_lock(&pool->lock);
	while (!(task = pick(crew)) && !pool->ending)
		(void)pthread_cond_wait(&crew->filled, &pool->lock);
	(void)pthread_mutex_unlock(&pool->lock);
	return task;
}

static void *work(void *arg)
{
	struct crew *crew = arg;
	struct pool_task *task;

	while ((task = next_task(crew)))
		task->run(task); /* which may free the task */
	return NULL;
}

static int start_threads(struct pool *pool, struct crew *crew, unsigned count, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		int rc = pthread_create(&pool->threads[pool->started], NULL, work, crew);

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
	rc = start_threads(pool, &pool->crews[0], pool->cpu_threads, err);
	if (rc == 0)
		rc = start_threads(pool, &pool->crews[1], POOL_IO_THREADS, err);
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
	for (int i = 0; i < CREWS; i++) {
		pool->crews[i] = crews[i];
		pool->crews[i].pool = pool;
		(void)pthread_cond_init(&pool->crews[i].filled, NULL);
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
	for (int i = 0; i < CREWS; i++)
		(void)pthread_cond_broadcast(&pool->crews[i].filled);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->started; i++)
		(void)pthread_join(pool->threads[i], NULL);
	for (int i = 0; i < CREWS; i++)
		(void)pthread_cond_destroy(&pool->crews[i].filled);
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

static void wake(struct pool *pool, enum pool_queue queue)
{
	(void)pthread_cond_signal(&pool->crews[queue == POOL_IO].filled);
}

void pool_submit(struct pool *pool, enum pool_queue queue, struct pool_task *task)
{
	struct queue *q = &pool->queues[queue];

	task->next = NULL;
	(void)pthread_mutex_lock(&pool->lock);
	*(q->tail ? &q->tail->next : &q->head) = task;
	q->tail = task;
	q->count++;
	wake(pool, queue);
	(void)pthread_mutex_unlock(&pool->lock);
}

void pool_resume(struct pool *pool, enum pool_queue queue, struct pool_task *task)
{
	struct queue *q = &pool->queues[queue];

	(void)pthread_mutex_lock(&pool->lock);
	task->next = q->head;
	q->head = task;
	if (!q->tail)
		q->tail = task;
	q->count++;
	wake(pool, queue);
	(void)pthread_mutex_unlock(&pool->lock);
}
