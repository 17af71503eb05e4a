#include "stage/blob/write_queue.h"

#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "stage/blob/file_link.h"
#include "stage/blob/file_sum.h"
#include "stage/blob/inflate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DOCUMENT_BYTES = 4 << 20 };

static int check_digest(const struct write_queue_pending *p, const struct blob_result *result,
                        struct err *err)
{
	const struct digest *wanted = &p->item.digest;
	const struct blob_sums *sums = &result->stored;
	char wanted_text[DIGEST_TEXT_MAX], found_text[DIGEST_TEXT_MAX];
	struct digest found;

	if (p->item.expect == EXPECT_NOTHING)
		return 0;
	if (p->item.expect == EXPECT_PLAIN && p->item.recipe.kind != RECIPE_NONE)
		sums = &result->plain;
	found = blob_sums_digest(sums, wanted->alg);
	if (digest_equal(&found, wanted))
		return 0;
	return err_set(err, ERR_INTEGRITY, "%s: expected %s%s, found %s", p->what,
	               p->item.expect == EXPECT_PLAIN ? "diff_id " : "",
	               digest_text(wanted, wanted_text), digest_text(&found, found_text));
}

/* Waits for the oldest writer and puts its file into the store. */
static int settle_one(struct write_queue *queue, struct err *err)
{
	struct write_queue_pending p = queue->pending[0];
	struct blob_result result;
	uint32_t number = 0;
	int status;

	memset(&result, 0, sizeof(result));
	queue->pending_count--;
	memmove(queue->pending, queue->pending + 1,
	        queue->pending_count * sizeof(queue->pending[0]));
	status = blob_writer_wait(p.writer, &result, err);
	blob_writer_free(p.writer);
	if (status < 0)
		return err_context(err, "%s", p.what);
	if (check_digest(&p, &result, err) < 0) {
		(void)unlinkat(queue->tmp_dir, result.name, 0);
		blob_result_release(&result);
		return -1;
	}
	if (temp_store_add(queue->store, &result, p.item.recipe, &number, err) < 0)
		return -1;
	if (p.item.number)
		*p.item.number = number;
	return 0;
}

int write_queue_settle(struct write_queue *queue, struct err *err)
{
	while (queue->pending_count > 0)
		if (settle_one(queue, err) < 0)
			return -1;
	return 0;
}

void write_queue_release(struct write_queue *queue)
{
	while (queue->pending_count > 0)
		blob_writer_free(queue->pending[--queue->pending_count].writer);
}

/* Whether one more may be under way. Encoders take memory: of those, BLOB_WRITERS_MAX at a time. */
static bool has_room(const struct write_queue *queue, const struct recipe *recipe)
{
	unsigned encoded = 0;

	for (unsigned i = 0; i < queue->pending_count; i++)
		encoded += queue->pending[i].item.recipe.kind != RECIPE_NONE;
	return queue->pending_count < WRITE_QUEUE_PENDING_MAX &&
	       (recipe->kind == RECIPE_NONE || encoded < BLOB_WRITERS_MAX);
}

struct blob_writer *write_queue_begin(struct write_queue *queue,
                                      const struct write_queue_item *item, uint64_t expected_size,
                                      struct err *err)
{
	enum digest_alg alg = item->expect == EXPECT_NOTHING ? DIGEST_SHA256 : item->digest.alg;
	struct blob_writer_options options = {
		.tmp_dir = queue->tmp_dir,
		.keep_name = item->keep_name,
		.recipe = item->recipe,
		.stored_what = SUM_DEFAULT | blob_sums_for(alg),
		.plain_what = SUM_SHA256 | blob_sums_for(alg),
		.limit_bytes = queue->limit_bytes,
		.expected_size = item->recipe.kind == RECIPE_NONE ? expected_size : 0,
		.progress = queue->progress,
		.context = queue->context,
	};

	queue->encodes = queue->encodes || recipe_encodes(item->recipe);
	if (stop_check(err) < 0)
		return NULL;
	if (queue->scratch) {
		options.dry = true;
		options.stored_what = SUM_SHA256 | blob_sums_for(alg);
		if (item->reread && item->recipe.kind == RECIPE_NONE &&
		    scratch_reserve(queue->scratch, expected_size, &options.scratch, err) < 0)
			return NULL;
	}
	while (!has_room(queue, &item->recipe))
		if (settle_one(queue, err) < 0)
			return NULL;
	return blob_writer_new(&options, queue->pool, err);
}

int write_queue_commit(struct write_queue *queue, struct blob_writer *writer,
                       const struct write_queue_item *item, struct err *err)
{
	struct write_queue_pending *p = &queue->pending[queue->pending_count];

	if (blob_writer_end(writer, err) < 0) {
		blob_writer_free(writer);
		return err_context(err, "%s", item->what);
	}
	p->writer = writer;
	p->item = *item;
	(void)snprintf(p->what, sizeof(p->what), "%s", item->what);
	p->item.what = p->item.keep_name = NULL;
	queue->pending_count++;
	return 0;
}

/* Commits what was added, or drops the writer after a failure. */
static int conclude(struct write_queue *queue, struct blob_writer *writer, int status,
                    const struct write_queue_item *item, struct err *err)
{
	if (status < 0) {
		blob_writer_free(writer);
		return err_context(err, "%s", item->what);
	}
	return write_queue_commit(queue, writer, item, err);
}

/* Whether it may be a document, which is read again. */
static bool is_text(int fd, uint64_t offset, uint64_t size)
{
	char first;

	return size <= DOCUMENT_BYTES && pread(fd, &first, 1, (off_t)offset) == 1 &&
	       json_may_begin(first);
}

int write_queue_file(struct write_queue *queue, int fd, uint64_t offset, uint64_t size,
                     const struct write_queue_item *item, struct err *err)
{
	struct write_queue_item in_dry_run = *item;
	struct blob_writer *writer;

	in_dry_run.reread = queue->scratch && is_text(fd, offset, size);
	writer = write_queue_begin(queue, &in_dry_run, size, err);
	if (!writer)
		return -1;
	return conclude(queue, writer,
	                blob_writer_add_file(writer, fd, offset, size, item->what, err), item, err);
}

/* Hashes the file where it is; *result is that of a link to it. 1, 0, -1. */
static int link_file(struct write_queue *queue, int fd, const struct write_queue_item *item,
                     struct blob_result *result, struct err *err)
{
	unsigned kinds = SUM_DEFAULT | blob_sums_for(item->digest.alg);
	uint8_t random[16];
	struct stat before;

	if (!file_link_allowed(fd, &before) ||
	    (queue->limit_bytes && (uint64_t)before.st_size > queue->limit_bytes))
		return 0;
	if (stop_check(err) < 0 || random_bytes(random, sizeof(random), err) < 0 ||
	    file_sum(fd, 0, (uint64_t)before.st_size, kinds, queue->pool, item->what,
	             &result->stored, err) < 0)
		return -1;
	if (queue->progress)
		queue->progress(queue->context, (uint64_t)before.st_size);
	(void)hex_text(random, sizeof(random), result->name);
	return file_link_finish(fd, &before, queue->tmp_dir, result->name, err);
}

int write_queue_link(struct write_queue *queue, int fd, const struct write_queue_item *item,
                     struct err *err)
{
	struct write_queue_pending p = {.item = *item};
	struct blob_result result;
	uint32_t number;
	int got;

	memset(&result, 0, sizeof(result));
	if (queue->scratch)
		return 0; /* to be hashed as others are */
	(void)snprintf(p.what, sizeof(p.what), "%s", item->what);
	got = link_file(queue, fd, item, &result, err);
	if (got <= 0) {
		blob_result_release(&result);
		return got < 0 ? err_context(err, "%s", item->what) : 0;
	}
	if (check_digest(&p, &result, err) < 0) {
		(void)unlinkat(queue->tmp_dir, result.name, 0);
		blob_result_release(&result);
		return -1;
	}
	return temp_store_add(queue->store, &result, RECIPE_AS_IS, &number, err) < 0 ? -1 : 1;
}

int write_queue_bytes(struct write_queue *queue, const void *data, size_t len,
                      const struct write_queue_item *item, struct err *err)
{
	struct write_queue_item in_dry_run = *item;
	struct blob_writer *writer;

	in_dry_run.reread = true;
	writer = write_queue_begin(queue, &in_dry_run, len, err);
	if (!writer)
		return -1;
	return conclude(queue, writer, blob_writer_add(writer, data, len, err), item, err);
}

static int add_inflated(void *writer, const void *data, size_t len, struct err *err)
{
	if (stop_check(err) < 0)
		return -1;
	return blob_writer_add(writer, data, len, err);
}

int write_queue_inflated(struct write_queue *queue, int fd, uint64_t size,
                         const struct write_queue_item *item, struct err *err)
{
	struct blob_writer *writer = write_queue_begin(queue, item, 0, err);
	struct inflate_limits limits = {.output_bytes = queue->limit_bytes};

	if (!writer)
		return -1;
	return conclude(queue, writer,
	                inflate_file(fd, 0, size, item->what, &limits, add_inflated, writer, err),
	                item, err);
}
