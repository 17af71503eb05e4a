#include "stage/registry/blob_fetch.h"

#include "base/cleanup.h"
#include "db/root/partials.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	PATH_MAX_BYTES = 1024,
	ERROR_BYTES = 64 << 10, /* of the body of an answer that is no blob */
	/* So often a server may give what we have already without getting beyond it. */
	FROM_START_MAX = 1,
	/* Answers in a row that end before the blob does, without a byte that is new. */
	SHORT_ANSWERS_MAX = 3,
};

struct batch;

/* One blob on its way. */
struct transfer {
	struct registry_task task;
	struct batch *batch;
	const struct registry_blob *blob; /* NULL: this place is free */
	struct write_queue_item item;
	struct blob_writer *writer; /* owned */
	uint64_t have_bytes;        /* given to the writer */
	uint64_t skip_bytes;        /* of this answer's body: those are had already */
	unsigned from_start;        /* answers that began there without getting further */
	unsigned short_answers;     /* in a row, without a byte that is new */
	struct err refused;         /* why the sink took no more */
	char path[PATH_MAX_BYTES];
	char what[WRITE_QUEUE_WHAT_MAX];
	char name[PARTIAL_NAME_MAX];
};

struct batch {
	struct registry_session *session;
	const char *repo;
	const struct registry_blob *blobs;
	size_t count, begun, ended;
	struct write_queue *queue;
	struct transfer *transfers; /* owned */
	unsigned transfer_count;
	uint64_t kept_bytes;
	struct err first; /* that ended one */
};

/* --- what arrives ---------------------------------------------------------------------------- */

/* Reads digits up to `until`, and goes behind that. */
static bool take_number(const char **text, char until, uint64_t *number)
{
	const char *p = *text;

	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		if (*number > (UINT64_MAX - 9) / 10)
			return false;
		*number = 10 * *number + (uint64_t)(*p - '0');
	}
	if (p == *text || *p != until)
		return false;
	*text = p + 1;
	return true;
}

/*
 * "bytes 100-199/200": that it begins where it should, and that the whole is as long as promised,
 * where the server knows it (no "*"). The range may end before the whole does.
 */
static int check_range(const struct transfer *t, const struct str *headers, struct err *err)
{
	static const char unit[] = "bytes ";
	const char *range = http_headers_get(headers, "content-range"), *p = NULL;
	uint64_t from, to, size = t->blob->size_bytes;

	if (range && strncasecmp(range, unit, sizeof(unit) - 1) == 0)
		p = range + sizeof(unit) - 1;
	if (!p || !take_number(&p, '-', &from) || !take_number(&p, '/', &to) ||
	    (strcmp(p, "*") != 0 && !take_number(&p, '\0', &size)))
		return err_set(err, ERR_MALFORMED, "%s: 206 without a range", t->what);
	if (from == t->have_bytes && size == t->blob->size_bytes)
		return 0;
	return err_set(err, ERR_MALFORMED,
	               "%s: asked for what follows %" PRIu64 " of %" PRIu64
	               " bytes, the server sends %.80s",
	               t->what, t->have_bytes, t->blob->size_bytes, range);
}

static int begin(void *context, int status, const struct str *headers)
{
	struct transfer *t = context;
	const char *length = http_headers_get(headers, "content-length");

	t->skip_bytes = 0;
	if (status == 206)
		return check_range(t, headers, &t->refused);
	if (length && strtoull(length, NULL, 10) != t->blob->size_bytes)
		return err_set(&t->refused, ERR_INTEGRITY,
		               "%s: has %.20s bytes, the descriptor says %" PRIu64, t->what, length,
		               t->blob->size_bytes);
	if (t->have_bytes == 0)
		return 0;
	t->skip_bytes = t->have_bytes;
	if (t->from_start++ < FROM_START_MAX)
		return 0;
	return err_set(&t->refused, ERR_TEMPORARY,
	               "%s: the server begins anew each time (no Range), and the link did not hold "
	               "for the whole",
	               t->what);
}

static int take(void *context, const void *data, size_t len)
{
	struct transfer *t = context;
	const char *from = data;
	size_t skip = t->skip_bytes < len ? (size_t)t->skip_bytes : len;

	t->skip_bytes -= skip;
	from += skip;
	len -= skip;
	if (len == 0)
		return 0;
	if (len > t->blob->size_bytes - t->have_bytes)
		return err_set(&t->refused, ERR_INTEGRITY,
		               "%s: is longer than the %" PRIu64 " bytes of its descriptor",
		               t->what, t->blob->size_bytes);
	if (blob_writer_add(t->writer, from, len, &t->refused) < 0)
		return -1;
	t->have_bytes += len;
	t->task.from_bytes = t->have_bytes;
	t->from_start = t->short_answers = 0;
	if (t->batch->queue->progress)
		t->batch->queue->progress(t->batch->queue->context, len);
	return 0;
}

/* --- one blob -------------------------------------------------------------------------------- */

static void note_failure(struct batch *b, const struct err *err)
{
	if (b->first.code == ERR_NONE)
		b->first = *err;
}

static int commit(struct transfer *t, struct err *err)
{
	struct blob_writer *writer = STEAL(t->writer);

	return write_queue_commit(t->batch->queue, writer, &t->item, err);
}

/* An answer that ends, in good order, before the blob does: a proxy between gave up, or the server
 * gives a piece at a time. What is missing is asked for, as after a cut. */
static bool goes_on(struct transfer *t, const struct http_answer *answer)
{
	if (!answer || answer->failure != HTTP_OK ||
	    (answer->status != 200 && answer->status != 206) ||
	    t->have_bytes >= t->blob->size_bytes || ++t->short_answers > SHORT_ANSWERS_MAX)
		return false;
	registry_submit_rest(&t->task, answer);
	return true;
}

/* A server may refuse to go on from where it should, and have the whole all the same. */
static bool begins_anew(struct transfer *t, const struct http_answer *answer)
{
	if (!answer || answer->failure != HTTP_OK || answer->status != 416 ||
	    t->task.from_bytes == 0)
		return false;
	t->task.from_bytes = 0;
	registry_submit(t->batch->session, &t->task);
	return true;
}

static void on_answer(struct registry_task *task, const struct http_answer *answer,
                      const struct err *err)
{
	struct transfer *t = task->owner;
	struct batch *b = t->batch;
	struct err why = ERR_INIT;
	int result = 0;

	if (goes_on(t, answer) || begins_anew(t, answer))
		return;
	if (!answer)
		why = *err;
	else if (answer->failure == HTTP_FAILED_SINK)
		why = t->refused;
	else if (answer->status != 200 && answer->status != 206)
		result = registry_task_refused(task, answer, &why);
	else if (t->have_bytes < t->blob->size_bytes)
		result = err_set(&why, ERR_INTEGRITY,
		                 "%s: has %" PRIu64 " bytes, the descriptor says %" PRIu64, t->what,
		                 t->have_bytes, t->blob->size_bytes);
	else
		result = commit(t, &why);
	if (answer && answer->status == 416 && t->writer)
		blob_writer_spoil(t->writer);
	if (why.code != ERR_NONE || result < 0)
		note_failure(b, &why);
	blob_writer_free(STEAL(t->writer));
	t->blob = NULL;
	b->ended++;
}

static int open_writer(struct transfer *t, struct err *err)
{
	const struct registry_blob *blob = t->blob;
	char text[DIGEST_TEXT_MAX];

	(void)snprintf(t->what, sizeof(t->what), "%.220s: %.160s", blob->what,
	               digest_text(&blob->digest, text));
	t->item = (struct write_queue_item){.expect = EXPECT_STORED,
	                                    .digest = blob->digest,
	                                    .what = t->what,
	                                    .keep_name = partial_name(&blob->digest, t->name)};
	t->writer = write_queue_begin(t->batch->queue, &t->item, blob->size_bytes, err);
	if (!t->writer)
		return -1;
	if (blob_writer_add_kept(t->writer, &t->have_bytes, err) < 0)
		return err_context(err, "%s", t->what);
	t->batch->kept_bytes += t->have_bytes;
	return 0;
}

static int begin_transfer(struct batch *b, struct transfer *t, struct err *err)
{
	const struct registry_blob *blob = &b->blobs[b->begun++];
	char text[DIGEST_TEXT_MAX];

	memset(t, 0, sizeof(*t));
	t->batch = b;
	t->blob = blob;
	if (open_writer(t, err) < 0)
		return -1;
	if (t->have_bytes == blob->size_bytes) {
		t->blob = NULL;
		b->ended++;
		return commit(t, err);
	}
	(void)snprintf(t->path, sizeof(t->path), "/v2/%s/blobs/%s", b->repo,
	               digest_text(&blob->digest, text));
	t->task.method = HTTP_GET;
	t->task.url = blob->url ? blob->url : t->path;
	t->task.repo = blob->url ? NULL : b->repo;
	t->task.what = t->what;
	t->task.from_bytes = t->have_bytes;
	t->task.sink = (struct http_sink){begin, take, t};
	t->task.answer_max_bytes = ERROR_BYTES;
	t->task.done = on_answer;
	t->task.owner = t;
	registry_submit(b->session, &t->task);
	return 0;
}

static struct transfer *free_place(struct batch *b)
{
	for (unsigned i = 0; i < b->transfer_count; i++)
		if (!b->transfers[i].blob)
			return &b->transfers[i];
	return NULL;
}

static int begin_more(void *context, struct err *err)
{
	struct batch *b = context;
	struct transfer *t;

	if (b->first.code != ERR_NONE) {
		*err = b->first;
		return -1;
	}
	while (b->begun < b->count && (t = free_place(b)))
		if (begin_transfer(b, t, err) < 0)
			return -1;
	return b->ended == b->count;
}

int registry_fetch_blobs(struct registry_session *s, const char *repo,
                         const struct registry_blob *blobs, size_t count, struct write_queue *queue,
                         uint64_t *kept_bytes, struct err *err)
{
	unsigned places = registry_session_options(s)->transfers;
	AUTO_FREE struct transfer *transfers = NULL;
	struct batch b = {.session = s,
	                  .repo = repo,
	                  .blobs = blobs,
	                  .count = count,
	                  .queue = queue,
	                  .transfer_count = places ? places : REGISTRY_TRANSFERS,
	                  .first = ERR_INIT};
	int result;

	b.transfers = transfers = calloc(b.transfer_count, sizeof(*transfers));
	if (!transfers)
		return err_memory(err);
	result = registry_wait(s, begin_more, &b, err);
	/* What arrived of those that were cancelled is kept. */
	for (unsigned i = 0; i < b.transfer_count; i++)
		blob_writer_free(transfers[i].writer);
	*kept_bytes = b.kept_bytes;
	return result;
}
