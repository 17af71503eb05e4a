/*
 * blob_bench: what the blob pipeline takes for one file, side by side with what it is made of.
 *
 *     blob_bench FILE DIR [ROUNDS]       DIR: on the file system to be measured; default 3 rounds
 *
 * Prints medians of wall and processor time, the size that comes out, and the peak memory of the
 * process. FILE should be in the page cache (it is after the first round).
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/units.h"
#include "stage/blob/file_sum.h"
#include "stage/blob/inflate.h"
#include "stage/blob/writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { ROUNDS_MAX = 15, PIECE_BYTES = 64 << 10 };

struct bench {
	int fd, dir;
	uint64_t size;
	unsigned threads; /* 0: one for each processor */
	struct recipe recipe;
	uint64_t out_bytes; /* what the last run stored */
};

typedef int bench_run(struct bench *b, struct err *err);

static double seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_md5(struct bench *b, struct err *err)
{
	AUTO_FREE uint8_t *buffer = malloc(PIECE_BYTES);
	struct hash h = HASH_INIT;
	uint8_t md5[MD5_BYTES];
	int rc = buffer ? hash_start(&h, HASH_MD5, err) : err_memory(err);

	for (uint64_t at = 0; rc == 0 && at < b->size; at += PIECE_BYTES) {
		ssize_t n = file_read_at(b->fd, buffer, PIECE_BYTES, at, "FILE", err);

		rc = n < 0 ? -1 : hash_add(&h, buffer, (size_t)n, err);
	}
	if (rc == 0)
		rc = hash_finish(&h, md5, err);
	hash_release(&h);
	b->out_bytes = 0;
	return rc;
}

static int run_copy(struct bench *b, struct err *err)
{
	AUTO_CLOSE int out = file_create(b->dir, "copy", 0644, err);

	if (out < 0)
		return -1;
	(void)unlinkat(b->dir, "copy", 0);
	if (lseek(b->fd, 0, SEEK_SET) < 0)
		return err_sys(err, "seek");
	if (file_copy_bytes(b->fd, out, b->size, "FILE", err) < 0)
		return -1;
	b->out_bytes = b->size;
	return file_sync_close(&out, "copy", err);
}

static int run_sum(struct bench *b, struct err *err)
{
	struct pool *pool = pool_new(&(struct pool_options){.cpu_threads = b->threads}, err);
	struct blob_sums sums = {0};
	int rc = pool ? file_sum(b->fd, 0, b->size, SUM_DEFAULT, pool, "FILE", &sums, err) : -1;

	blob_sums_release(&sums);
	pool_free(pool);
	b->out_bytes = 0;
	return rc;
}

static int write_blob(struct bench *b, struct pool *pool, struct blob_result *result,
                      struct err *err)
{
	struct blob_writer_options options = {.tmp_dir = b->dir, .recipe = b->recipe};
	struct blob_writer *w = blob_writer_new(&options, pool, err);
	int rc = w ? blob_writer_add_file(w, b->fd, 0, b->size, "FILE", err) : -1;

	if (rc == 0)
		rc = blob_writer_end(w, err);
	if (rc == 0)
		rc = blob_writer_wait(w, result, err);
	blob_writer_free(w);
	return rc;
}

static int run_writer(struct bench *b, struct err *err)
{
	struct pool *pool = pool_new(&(struct pool_options){.cpu_threads = b->threads}, err);
	struct blob_result result = {0};
	int rc = pool ? write_blob(b, pool, &result, err) : -1;

	if (rc == 0)
		rc = file_remove(b->dir, result.name, err);
	b->out_bytes = result.stored.size_bytes;
	blob_result_release(&result);
	pool_free(pool);
	return rc;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(struct bench *b, const char *name, bench_run *run, int rounds, struct err *err)
{
	double wall[ROUNDS_MAX], cpu[ROUNDS_MAX];
	struct rusage usage;

	for (int i = 0; i < rounds; i++) {
		wall[i] = seconds(CLOCK_MONOTONIC);
		cpu[i] = seconds(CLOCK_PROCESS_CPUTIME_ID);
		if (run(b, err) < 0)
			return err_context(err, "%s", name);
		wall[i] = seconds(CLOCK_MONOTONIC) - wall[i];
		cpu[i] = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu[i];
	}
	qsort(wall, (size_t)rounds, sizeof(wall[0]), compare);
	qsort(cpu, (size_t)rounds, sizeof(cpu[0]), compare);
	(void)getrusage(RUSAGE_SELF, &usage);
	printf("%-22s %7.2f s %7.2f s %7.0f MB/s %9.1f MB %6ld MiB\n", name, wall[rounds / 2],
	       cpu[rounds / 2], (double)b->size / wall[rounds / 2] / 1e6,
	       (double)b->out_bytes / 1e6, usage.ru_maxrss >> 10);
	(void)fflush(stdout);
	return 0;
}

static int measure_all(struct bench *b, int rounds, struct err *err)
{
	static const char *const recipes[] = {"none",   "gzip:1", "gzip:3", "gzip:6",
	                                      "zstd:1", "zstd:3", "zstd:6"};

	printf("%-22s %9s %9s %12s %12s %10s\n", "", "wall", "cpu", "input", "output", "peak");
	if (measure(b, "md5 alone", run_md5, rounds, err) < 0 ||
	    measure(b, "copy, fsync", run_copy, rounds, err) < 0 ||
	    measure(b, "file_sum", run_sum, rounds, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		char name[40];

		if (recipe_parse(&b->recipe, recipes[i], err) < 0)
			return -1;
		(void)snprintf(name, sizeof(name), "blob_writer %s", recipes[i]);
		if (measure(b, name, run_writer, rounds, err) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = {.fd = -1, .dir = -1};
	struct err err = ERR_INIT;
	int rounds = argc > 3 ? atoi(argv[3]) : 3;
	struct stat st;

	if (argc < 3 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: blob_bench FILE DIR [ROUNDS]\n");
		return 2;
	}
	b.fd = open(argv[1], O_RDONLY);
	b.dir = open(argv[2], O_RDONLY | O_DIRECTORY);
	if (b.fd < 0 || b.dir < 0 || fstat(b.fd, &st) < 0) {
		perror("blob_bench");
		return 1;
	}
	b.size = (uint64_t)st.st_size;
	if (measure_all(&b, rounds, &err) < 0) {
		fprintf(stderr, "blob_bench: %s\n", err.message);
		return 1;
	}
	return 0;
}
