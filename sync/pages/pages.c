#include "sync/pages/pages.h"

#include "sync/dispatch/ask.h"
#include "sync/documents/merge.h"
#include "sync/pages/pages_there.h"
#include "sync/run/object_headers.h"
#include "sync/s3/etag.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/page_index.h"
#include "base/page_path.h"
#include "base/units.h"
#include "db/root/page_walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	SLOTS = 8,             /* pages on their way at a time */
	PAGE_BYTES = 64 << 20, /* of one page */
	INDEX_TRIES = 5,       /* while other roots write it */
};

struct pages;

/* One page on its way. */
struct sending {
	struct pages *pages;
	struct task task;
	char path[PAGE_PATH_MAX];
	struct str body;
	uint8_t md5[MD5_BYTES], sha256[SHA256_BYTES];
	bool busy;
	bool is_there; /* the bucket has another one */
	int64_t began_ms;
};

struct pages {
	struct sync_run *run;
	struct pages_there there;
	struct sending slots[SLOTS];
	bool conflict; /* the index was written by another root, or its condition not taken */
	bool unknown;  /* a condition was 501: without one the server tells whether it was that */
	char refused_etag[ETAG_MAX + 1]; /* of the index that was not replaced; "": none */
};

static void tell(const struct sending *s, enum event_type type, uint64_t sent_bytes)
{
	struct sync_run *run = s->pages->run;
	struct event event = {.type = type};
	struct event_action *a = &event.u.action;

	a->verb = s->is_there ? ACTION_UPDATE : ACTION_UPLOAD;
	a->key = s->path;
	a->size_bytes = s->body.len;
	a->why = s->is_there ? "the page has changed" : "missing";
	a->sent_bytes = sent_bytes;
	if (type == EVENT_OBJECT)
		a->duration_ms = monotonic_ms() - s->began_ms;
	run->summary->uploaded++;
	event_emit(run->sink, &event);
}

/* Under its condition: what the bucket has is to be read again. Otherwise it has failed. */
static bool was_not_replaced(struct sending *s, const struct s3_result *result,
                             const struct retry_decision *decision)
{
	struct pages *p = s->pages;

	if (result->status == 501) {
		session_leave_conditions(&p->run->session);
		p->unknown = true;
	} else if (result->status == 400) {
		session_doubt_conditions(&p->run->session);
	} else if (decision->action == RETRY_LOOK || decision->action == RETRY_MERGE) {
		(void)snprintf(p->refused_etag, sizeof(p->refused_etag), "%s",
		               s->task.request.if_match ? s->task.request.if_match : "");
	} else {
		return result->status == 404; /* what If-Match asks for is gone */
	}
	return true;
}

static void on_sent(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct sending *s = task->owner;
	struct session *session = &s->pages->run->session;
	bool conditional = task->request.if_match || task->request.if_none_match;
	struct err why = ERR_INIT;

	s->busy = false;
	if (result->ok) {
		session->conditions_refused |= s->pages->unknown;
		tell(s, EVENT_OBJECT, result->sent_bytes);
		return;
	}
	if (conditional && was_not_replaced(s, result, decision)) {
		s->pages->conflict = true;
		return;
	}
	(void)dispatch_error(&s->pages->run->dispatch, result, decision, &why);
	sync_run_object_failed(s->pages->run, &why);
}

/* 1 the bucket's is the same, 0 it must be sent, -1. */
static int compare(struct sending *s, const char *etag, uint64_t size_bytes, struct err *err)
{
	if (hash_once(HASH_MD5, str_text(&s->body), s->body.len, s->md5, err) < 0)
		return -1;
	s->is_there = etag != NULL;
	if (etag && size_bytes == s->body.len && etag_is_md5(etag, s->md5))
		return 1;
	return hash_once(HASH_SHA256, str_text(&s->body), s->body.len, s->sha256, err);
}

static void fill(struct sending *s)
{
	const struct sync_options *o = s->pages->run->options;
	struct s3_request *r = &s->task.request;

	*r = (struct s3_request){.op = S3_PUT, .key = s->path, .sha256 = s->sha256, .md5 = s->md5};
	r->body.data = str_text(&s->body);
	r->body.fd = -1;
	r->body.length_bytes = s->body.len;
	r->attributes.content_type = PAGE_TYPE;
	r->attributes.cache_control = object_headers_cache_control(o, CLASS_TAGS_LIST);
	object_headers_chosen(&r->attributes, o);
}

/* A dry run only tells it. */
static void send_slot(struct sending *s, const char *if_match, bool if_none_match)
{
	struct sync_run *run = s->pages->run;

	run->summary->bytes_total += s->body.len;
	if (sync_run_dry(run)) {
		run->summary->requests[REQUEST_PUT]++;
		tell(s, EVENT_PLAN, 0);
		return;
	}
	fill(s);
	s->task.request.if_match = if_match;
	s->task.request.if_none_match = if_none_match;
	s->task.weight = s->body.len >= TASK_HEAVY_BYTES ? TASK_HEAVY : TASK_LIGHT;
	s->task.done = on_sent;
	s->task.owner = s;
	task_renew(&s->task);
	s->busy = true;
	s->began_ms = monotonic_ms();
	dispatch_submit(&run->dispatch, &s->task);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static struct sending *free_slot(struct pages *p)
{
	for (int i = 0; i < SLOTS; i++)
		if (!p->slots[i].busy)
			return &p->slots[i];
	return NULL;
}

static int has_free_slot(void *context, struct err *err)
{
	(void)err;
	return free_slot(context) != NULL;
}

static int is_quiet(void *context, struct err *err)
{
	const struct pages *p = context;

	(void)err;
	for (int i = 0; i < SLOTS; i++)
		if (p->slots[i].busy)
			return 0;
	return 1;
}

/* ---- Pages of repositories ------------------------------------------------------------------- */

/* The page's bytes into the slot. 1, 0 when it cannot be read, which is told, or is no page, -1. */
static int load(struct sending *s, const char *path, struct err *err)
{
	struct sync_run *run = s->pages->run;
	struct err why = ERR_INIT;

	(void)snprintf(s->path, sizeof(s->path), "%s", path);
	str_clear(&s->body);
	/* A site's own page may be called like one of drydock's. */
	if (file_read_all(run->root->dir, path, &s->body, &why) == 0)
		return page_path_is_ours(str_text(&s->body));
	if (sync_run_ends_with(run, &why)) {
		*err = why;
		return -1;
	}
	sync_run_object_failed(run, &why);
	return 0;
}

static int send_page(struct pages *p, const char *path, struct err *err)
{
	struct sending *s;
	uint64_t size_bytes;
	const char *etag;
	int got;

	if (dispatch_wait(&p->run->dispatch, has_free_slot, p, err) < 0)
		return -1;
	s = free_slot(p);
	got = load(s, path, err);
	if (got <= 0)
		return got;
	etag = pages_there_find(&p->there, path, &size_bytes);
	got = compare(s, etag, size_bytes, err);
	if (got == 0)
		send_slot(s, NULL, false);
	return got < 0 ? -1 : 0;
}

static int send_pages(struct pages *p, struct err *err)
{
	struct text_set paths = TEXT_SET_INIT;
	int result = page_walk(p->run->root, &paths, err);

	if (result == 0)
		result = pages_there_list(&p->there, &p->run->dispatch, err);
	for (const char *path = text_set_first(&paths); result == 0 && path;
	     path = text_set_next(&paths, path))
		result = send_page(p, path, err);
	if (result == 0)
		result = dispatch_wait(&p->run->dispatch, is_quiet, p, err);
	text_set_release(&paths);
	return result;
}

/* ---- The index --------------------------------------------------------------------------------
 */

/* The repositories that the bucket has now, as its catalogue says. */
static int read_catalog(struct sync_run *run, struct text_set *known, struct err *err)
{
	AUTO_STR struct str body = STR_INIT(PAGE_BYTES);
	struct name_list names = {.max_bytes = PAGE_BYTES};
	struct ask_head head;
	char key[KEY_MAX];
	int got = ask_get(&run->dispatch, layout_catalog(key), &head, &body, err);

	if (got > 0)
		got = merge_catalog(&names, str_text(&body), body.len, err);
	for (size_t i = 0; got >= 0 && i < names.count; i++)
		got = text_set_add(known, names.list[i], err);
	name_list_release(&names);
	return got < 0 ? -1 : 0;
}

/* This root's index in s->body becomes that of all roots. */
static int unite(struct sending *s, const struct str *theirs, struct err *err)
{
	AUTO_STR struct str united = STR_INIT(PAGE_BYTES);
	struct text_set known = TEXT_SET_INIT;
	int result;

	if (!page_path_is_ours(str_text(theirs)))
		return err_set(err, ERR_REFUSED,
		               PAGE_INDEX " in the bucket is none of drydock's: remove it, or sync "
		                          "without --page");
	result = read_catalog(s->pages->run, &known, err);
	if (result == 0)
		result = page_index_merge(&united, str_text(&s->body), str_text(theirs), &known,
		                          err);
	text_set_release(&known);
	if (result < 0)
		return -1;
	str_clear(&s->body);
	(void)str_add(&s->body, str_text(&united), united.len);
	return str_check(&s->body, PAGE_INDEX, err);
}

/* 1 when it must be tried again, 0, -1. */
static int try_index(struct pages *p, struct err *err)
{
	const struct provider *provider = sync_run_provider(p->run);
	AUTO_STR struct str theirs = STR_INIT(PAGE_BYTES);
	struct sending *s = &p->slots[0];
	struct ask_head head;
	int found, same;

	p->conflict = false;
	same = load(s, PAGE_INDEX, err);
	if (same <= 0)
		return same;
	found = ask_get(&p->run->dispatch, PAGE_INDEX, &head, &theirs, err);
	if (found < 0 || (found > 0 && unite(s, &theirs, err) < 0))
		return -1;
	same = compare(s, found > 0 ? head.etag : NULL, theirs.len, err);
	if (same != 0)
		return same < 0 ? -1 : 0;
	/* Nobody has written it: the server reads the condition otherwise. */
	if (found > 0 && p->refused_etag[0] && etag_same(head.etag, p->refused_etag))
		session_doubt_conditions(&p->run->session);
	send_slot(s, found > 0 && provider_has(provider, PROVIDER_IF_MATCH) ? head.etag : NULL,
	          found == 0 && provider_has(provider, PROVIDER_IF_NONE_MATCH));
	if (dispatch_wait(&p->run->dispatch, is_quiet, p, err) < 0)
		return -1;
	return p->conflict;
}

static int send_index(struct pages *p, struct err *err)
{
	struct err why = ERR_INIT;
	int again = 1;

	for (int i = 0; again == 1 && i < INDEX_TRIES; i++)
		again = try_index(p, &why);
	if (again == 1)
		(void)err_set(&why, ERR_TEMPORARY,
		              "PUT " PAGE_INDEX ": other roots keep writing it");
	if (again == 0)
		return 0;
	if (again < 0 && sync_run_ends_with(p->run, &why)) {
		*err = why;
		return -1;
	}
	sync_run_object_failed(p->run, &why);
	return 0;
}

int pages_check(const struct sync_run *run, struct err *err)
{
	struct stat st;

	if (!run->options->pages ||
	    fstatat(run->root->dir, PAGE_INDEX, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return err_set(err, ERR_NOT_FOUND,
	               "--page: the root has no pages; drydock page makes them");
}

int pages_publish(struct sync_run *run, struct err *err)
{
	struct pages p = {.run = run};
	int result;

	if (!run->options->pages)
		return 0;
	for (int i = 0; i < SLOTS; i++) {
		p.slots[i].pages = &p;
		str_init(&p.slots[i].body, PAGE_BYTES);
	}
	result = send_pages(&p, err);
	if (result == 0 && run->summary->failed == 0)
		result = send_index(&p, err);
	for (int i = 0; i < SLOTS; i++)
		str_release(&p.slots[i].body);
	pages_there_release(&p.there);
	return result;
}
