#include "sync/pages/pages_internal.h"

#include "sync/run/object_headers.h"

#include "base/file.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

void pages_tell(const struct page_transfer *t, enum event_type type, enum action_verb verb,
                uint64_t sent_bytes)
{
	struct sync_run *run = t->pages->run;
	struct event event = {.type = type};
	struct event_action *a = &event.u.action;

	a->verb = verb;
	a->key = t->path;
	a->size_bytes = verb == ACTION_DELETE ? t->there_bytes : t->body.len;
	a->why = verb == ACTION_DELETE   ? "nothing leads to the page any more"
	         : verb == ACTION_UPDATE ? "the page has changed"
	                                 : "missing";
	a->sent_bytes = sent_bytes;
	if (type == EVENT_OBJECT)
		a->duration_ms = monotonic_ms() - t->began_ms;
	*(verb == ACTION_DELETE ? &run->summary->deleted : &run->summary->uploaded) += 1;
	event_emit(run->sink, &event);
}

static enum action_verb verb_of(const struct page_transfer *t)
{
	return t->is_there ? ACTION_UPDATE : ACTION_UPLOAD;
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Under its condition: what the bucket has is to be read again. Otherwise it has failed. */
static bool was_not_replaced(struct page_transfer *t, const struct s3_result *result,
                             const struct retry_decision *decision)
{
	struct pages *p = t->pages;

	if (result->status == 501) {
		session_leave_conditions(&p->run->session);
		p->unknown = true;
	} else if (result->status == 400) {
		session_doubt_conditions(&p->run->session);
	} else if (decision->action == RETRY_LOOK || decision->action == RETRY_MERGE) {
		(void)snprintf(p->refused_etag, sizeof(p->refused_etag), "%s",
		               t->task.request.if_match ? t->task.request.if_match : "");
	} else {
		return result->status == 404; /* what If-Match asks for is gone */
	}
	return true;
}

static void on_sent(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct page_transfer *t = task->owner;
	struct session *session = &t->pages->run->session;
	bool conditional = task->request.if_match || task->request.if_none_match;
	struct err why = ERR_INIT;

	t->busy = false;
	if (result->ok) {
		session->conditions_refused |= t->pages->unknown;
		pages_tell(t, EVENT_OBJECT, verb_of(t), result->sent_bytes);
		return;
	}
	if (conditional && was_not_replaced(t, result, decision)) {
		t->pages->conflict = true;
		return;
	}
	(void)dispatch_error(&t->pages->run->dispatch, result, decision, &why);
	sync_run_object_failed(t->pages->run, &why);
}

static void fill(struct page_transfer *t)
{
	const struct sync_options *o = t->pages->run->options;
	struct s3_request *r = &t->task.request;

	*r = (struct s3_request){.op = S3_PUT, .key = t->path, .sha256 = t->sha256, .md5 = t->md5};
	r->body.data = str_text(&t->body);
	r->body.fd = -1;
	r->body.length_bytes = t->body.len;
	r->attributes.content_type = PAGE_TYPE;
	r->attributes.cache_control = object_headers_cache_control(o, CLASS_TAGS_LIST);
	object_headers_chosen(&r->attributes, o);
	/* Where its ETag is no MD5 the page is known by it (W6). */
	t->meta = (struct s3_meta){META_SHA256, hex_text(t->sha256, SHA256_BYTES, t->sha256_text)};
	r->attributes.meta = &t->meta;
	r->attributes.meta_count = 1;
}

void pages_send(struct page_transfer *t, const char *if_match, bool if_none_match)
{
	struct sync_run *run = t->pages->run;

	run->summary->bytes_total += t->body.len;
	t->busy = false;
	if (sync_run_dry(run)) {
		run->summary->requests[REQUEST_PUT]++;
		pages_tell(t, EVENT_PLAN, verb_of(t), 0);
		return;
	}
	fill(t);
	t->task.request.if_match = if_match;
	t->task.request.if_none_match = if_none_match;
	t->task.weight = t->body.len >= TASK_HEAVY_BYTES ? TASK_HEAVY : TASK_LIGHT;
	t->task.done = on_sent;
	t->task.owner = t;
	task_renew(&t->task);
	t->busy = true;
	t->began_ms = monotonic_ms();
	dispatch_submit(&run->dispatch, &t->task);
}

/* ---- Reading --------------------------------------------------------------------------------- */

int pages_sum(struct page_transfer *t, struct err *err)
{
	if (hash_once(HASH_MD5, str_text(&t->body), t->body.len, t->md5, err) < 0)
		return -1;
	return hash_once(HASH_SHA256, str_text(&t->body), t->body.len, t->sha256, err);
}

int pages_load(struct page_transfer *t, const char *path, struct err *err)
{
	struct sync_run *run = t->pages->run;
	struct err why = ERR_INIT;

	(void)snprintf(t->path, sizeof(t->path), "%s", path);
	str_clear(&t->body);
	/* A site's own page may be called like one of drydock's. */
	if (file_read_all(run->root->dir, path, &t->body, &why) == 0) {
		if (!page_path_is_ours(str_text(&t->body)))
			return 0;
		return pages_sum(t, err) < 0 ? -1 : 1;
	}
	if (sync_run_ends_with(run, &why)) {
		*err = why;
		return -1;
	}
	sync_run_object_failed(run, &why);
	return 0;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static struct page_transfer *find_free_slot(struct pages *p)
{
	for (int i = 0; i < PAGES_SLOTS; i++)
		if (!p->slots[i].busy)
			return &p->slots[i];
	return NULL;
}

static int has_free_slot(void *context, struct err *err)
{
	(void)err;
	return find_free_slot(context) != NULL;
}

struct page_transfer *pages_free_slot(struct pages *p, struct err *err)
{
	if (dispatch_wait(&p->run->dispatch, has_free_slot, p, err) < 0)
		return NULL;
	return find_free_slot(p);
}

static int is_quiet(void *context, struct err *err)
{
	const struct pages *p = context;

	(void)err;
	for (int i = 0; i < PAGES_SLOTS; i++)
		if (p->slots[i].busy)
			return 0;
	return 1;
}

int pages_wait(struct pages *p, struct err *err)
{
	return dispatch_wait(&p->run->dispatch, is_quiet, p, err);
}
