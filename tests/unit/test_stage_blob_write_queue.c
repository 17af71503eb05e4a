/*
 * Many tiny blobs: their fsyncs wait side by side, and each blob's own has returned before the blob
 * is in the store.
 */
#include "stage/blob/write_queue.h"

#include "tests/unit/check.h"

#include <pthread.h>
#include <stdbool.h>

enum { BLOBS = 3 * WRITE_QUEUE_PENDING_MAX, WAIT_SECONDS = 20 };

/* This program's fsync returns when POOL_IO_THREADS of them have met; else all fail. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t met = PTHREAD_COND_INITIALIZER;
static unsigned inside, most, done;
static int answer; /* errno, or 0 */

int fsync(int fd)
{
	struct timespec until;
	int status = 0;

	(void)fd;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	(void)pthread_mutex_lock(&lock);
	if (++inside > most)
		most = inside;
	(void)pthread_cond_broadcast(&met);
	while (status == 0 && answer == 0 && most < POOL_IO_THREADS)
		status = pthread_cond_timedwait(&met, &lock, &until);
	if (status != 0)
		answer = status;
	inside--;
	done++;
	status = answer;
	(void)pthread_mutex_unlock(&lock);
	errno = status;
	return status == 0 ? 0 : -1;
}

struct set_up {
	char path[SCRATCH_MAX];
	int dir;
	struct pool *pool;
	struct temp_store store;
	struct write_queue queue;
	uint32_t numbers[BLOBS];
};

static void begin(struct set_up *s)
{
	struct err err = ERR_INIT;

	memset(s, 0, sizeof(*s));
	s->dir = open(scratch_make(s->path), O_RDONLY | O_DIRECTORY);
	assert_true(s->dir >= 0);
	s->pool = pool_new(&(struct pool_options){0}, &err);
	assert_non_null(s->pool);
	temp_store_init(&s->store, s->dir);
	s->queue = (struct write_queue){.pool = s->pool, .store = &s->store, .tmp_dir = s->dir};
	inside = most = done = 0;
	answer = 0;
}

static void end(struct set_up *s)
{
	write_queue_release(&s->queue);
	temp_store_release(&s->store);
	pool_free(s->pool);
	(void)close(s->dir);
	scratch_remove(s->path);
}

static int add(struct set_up *s, int i, struct err *err)
{
	struct write_queue_item item = {.what = "a tiny blob", .number = &s->numbers[i]};

	return write_queue_bytes(&s->queue, &i, sizeof(i), &item, err);
}

static unsigned fsyncs_done(void)
{
	unsigned count;

	(void)pthread_mutex_lock(&lock);
	count = done;
	(void)pthread_mutex_unlock(&lock);
	return count;
}

static void tiny_blobs_are_synced_side_by_side(void **state)
{
	struct err err = ERR_INIT;
	struct set_up s;

	(void)state;
	begin(&s);
	for (int i = 0; i < BLOBS; i++) {
		MUST(add(&s, i, &err));
		assert_true(fsyncs_done() >= s.store.count);
	}
	MUST(write_queue_settle(&s.queue, &err));
	assert_int_equal(most, POOL_IO_THREADS);
	assert_int_equal(done, BLOBS);
	assert_int_equal(s.store.count, BLOBS);
	for (int i = 0; i < BLOBS; i++)
		assert_int_equal(s.numbers[i], i + 1);
	end(&s);
}

static void a_failed_fsync_keeps_its_blob_out(void **state)
{
	struct err err = ERR_INIT;
	struct set_up s;

	(void)state;
	begin(&s);
	answer = EIO;
	MUST(add(&s, 0, &err));
	MUST_FAIL(write_queue_settle(&s.queue, &err), ERR_STORAGE);
	assert_non_null(strstr(err.message, "a tiny blob"));
	assert_int_equal(s.store.count, 0);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiny_blobs_are_synced_side_by_side),
		cmocka_unit_test(a_failed_fsync_keeps_its_blob_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
