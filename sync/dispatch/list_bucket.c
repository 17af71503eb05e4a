#include "sync/dispatch/list_bucket.h"

#include "sync/s3/endpoint.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "db/state/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_PER_SEGMENT = 2000 }; /* fewer are not worth a stream of their own */

struct list_bucket;

struct segment {
	struct task task;
	struct list_bucket *listing;
	char after[S3_KEY_MAX + 1]; /* the last key that was handed over */
	char until[KEY_MAX];        /* the last key of the segment; "" none */
	char *token;                /* owned */
};

struct list_bucket {
	struct dispatch *dispatch;
	list_page_fn *on_page;
	void *context;
	char prefix[S3_KEY_MAX + 1];
	struct segment segments[LIST_SEGMENTS];
	unsigned count;
	unsigned pending; /* requests that are not answered */
	bool started;     /* the other segments too */
};

static void ask_page(struct segment *s)
{
	s->task.request.after = s->after[0] ? s->after : NULL;
	s->task.request.token = s->token;
	s->listing->pending++;
	dispatch_submit(s->listing->dispatch, &s->task);
}

/* The number of leading objects that belong to the segment. */
static size_t own_objects(const struct segment *s, const struct s3_page *page)
{
	size_t count = page->count;

	while (s->until[0] && count > 0 && strcmp(page->objects[count - 1].key, s->until) > 0)
		count--;
	return count;
}

static int hand_over(struct segment *s, const struct s3_page *page, bool *last, struct err *err)
{
	struct list_bucket *l = s->listing;
	struct list_page out = {.after = s->after, .objects = page->objects};
	int result;

	out.count = own_objects(s, page);
	*last = !page->truncated || out.count < page->count ||
	        (out.count > 0 && s->until[0] &&
	         strcmp(page->objects[out.count - 1].key, s->until) == 0);
	out.until = s->until[0] ? s->until : NULL;
	if (!*last)
		out.until = page->objects[out.count - 1].key;
	result = l->on_page(l->context, &out, err);
	if (result < 0)
		return -1;
	*last = *last || result > 0;
	if (!*last)
		(void)snprintf(s->after, sizeof(s->after), "%s", out.until);
	return 0;
}

static void start_others(struct list_bucket *l)
{
	l->started = true;
	for (unsigned i = 1; i < l->count; i++)
		ask_page(&l->segments[i]);
}

/* The first answer says that one page holds everything: there is nothing to cut. */
static void merge_segments(struct list_bucket *l)
{
	l->started = true;
	l->count = 1;
	l->segments[0].until[0] = '\0';
}

static void on_listed(struct task *task, struct s3_result *result,
                      const struct retry_decision *decision)
{
	struct segment *s = task->owner;
	struct list_bucket *l = s->listing;
	struct err err = ERR_INIT;
	bool last = false;

	l->pending--;
	free(s->token);
	s->token = NULL;
	if (decision->action != RETRY_NONE) {
		(void)dispatch_error(l->dispatch, result, decision, &err);
		dispatch_fail(l->dispatch, &err);
		return;
	}
	if (!l->started && !result->page->truncated)
		merge_segments(l);
	if (hand_over(s, result->page, &last, &err) < 0) {
		dispatch_fail(l->dispatch, &err);
		return;
	}
	if (!l->started)
		start_others(l);
	if (!last) {
		s->token = STEAL(result->page->next_token);
		ask_page(s);
	}
}

/* Cuts at every n-th key of the state. */
static int cut_segments(struct list_bucket *l, struct db *db, struct err *err)
{
	int64_t count = object_count(db, err), step;
	const char *previous = "";
	int got;

	if (count < 0)
		return -1;
	l->count = count / KEYS_PER_SEGMENT < LIST_SEGMENTS ? (unsigned)(count / KEYS_PER_SEGMENT)
	                                                    : LIST_SEGMENTS;
	l->count = l->count > 0 ? l->count : 1;
	step = count / l->count;
	for (unsigned i = 0; i + 1 < l->count; i++) {
		AUTO_QUERY struct query q = QUERY_INIT;

		if (query_start(&q, db,
		                "SELECT key FROM object WHERE key > ?1 ORDER BY key "
		                "LIMIT 1 OFFSET ?2",
		                err) < 0)
			return -1;
		query_bind_text(&q, 1, previous);
		query_bind_int(&q, 2, step);
		got = query_step(&q, err);
		if (got < 0)
			return -1;
		/* Without the root's lock keys may go while they are counted. */
		if (got == 0) {
			l->count = i + 1;
			break;
		}
		(void)snprintf(l->segments[i].until, KEY_MAX, "%s", query_text(&q, 0));
		(void)snprintf(l->segments[i + 1].after, S3_KEY_MAX + 1, "%s", query_text(&q, 0));
		previous = l->segments[i].until;
	}
	return 0;
}

static void begin_listing(struct list_bucket *l)
{
	for (unsigned i = 0; i < l->count; i++) {
		struct segment *s = &l->segments[i];

		s->listing = l;
		s->task.owner = s;
		s->task.done = on_listed;
		s->task.weight = TASK_LIGHT;
		s->task.request.op = S3_LIST;
		s->task.request.prefix = l->prefix;
	}
	ask_page(&l->segments[0]);
}

static struct list_bucket *listing_new(struct dispatch *d, const char *prefix,
                                       list_page_fn *on_page, void *context, struct err *err)
{
	struct list_bucket *l = calloc(1, sizeof(*l));

	if (!l) {
		(void)err_memory(err);
		return NULL;
	}
	l->dispatch = d;
	l->on_page = on_page;
	l->context = context;
	(void)snprintf(l->prefix, sizeof(l->prefix), "%s", prefix);
	return l;
}

void list_bucket_free(struct list_bucket *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < LIST_SEGMENTS; i++)
		free(l->segments[i].token);
	free(l);
}

bool list_bucket_is_over(const struct list_bucket *l)
{
	return l->pending == 0;
}

static int list_is_over(void *context, struct err *err)
{
	(void)err;
	return list_bucket_is_over(context);
}

int list_bucket(struct dispatch *d, struct db *db, list_page_fn *on_page, void *context,
                struct err *err)
{
	struct list_bucket *l = listing_new(d, LAYOUT_PREFIX, on_page, context, err);
	int result = l ? cut_segments(l, db, err) : -1;

	if (result == 0) {
		begin_listing(l);
		result = dispatch_wait(d, list_is_over, l, err);
	}
	list_bucket_free(l);
	return result;
}

int list_bucket_below(struct dispatch *d, const char *prefix, list_page_fn *on_page, void *context,
                      struct err *err)
{
	struct list_bucket *l = list_bucket_start(d, prefix, "", on_page, context, err);
	int result = l ? dispatch_wait(d, list_is_over, l, err) : -1;

	list_bucket_free(l);
	return result;
}

struct list_bucket *list_bucket_start(struct dispatch *d, const char *prefix, const char *after,
                                      list_page_fn *on_page, void *context, struct err *err)
{
	struct list_bucket *l = listing_new(d, prefix, on_page, context, err);

	if (!l)
		return NULL;
	l->count = 1;
	(void)snprintf(l->segments[0].after, sizeof(l->segments[0].after), "%s", after);
	begin_listing(l);
	return l;
}
