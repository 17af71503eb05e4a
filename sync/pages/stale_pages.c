#include "sync/pages/stale_pages.h"

#include "sync/s3/etag.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

enum { MARK_BYTES = PAGE_MARK_WITHIN + sizeof(PAGE_MARK) };

struct stale {
	struct pages *pages;
	struct text_set catalog; /* owned; the repositories that the bucket will have */
	int has_catalog;         /* -1: not read yet */
	char repo[REPO_MAX + 1]; /* whose tags were compared last; "": none's */
	bool alone;              /* its tags are those of this root */
};

/* ---- Which go -------------------------------------------------------------------------------- */

static int read_catalog(struct stale *s, struct err *err)
{
	if (s->has_catalog < 0)
		s->has_catalog = pages_catalog_then(s->pages->run, &s->catalog, err);
	return s->has_catalog < 0 ? -1 : 0;
}

/* Another root may have tags in the repository, and pages about them. 1 no, 0, -1. */
static int is_ours_alone(struct stale *s, const char *repo, struct err *err)
{
	AUTO_STR struct str there = STR_INIT(PAGES_BYTES_MAX), ours = STR_INIT(PAGES_BYTES_MAX);
	struct sync_run *run = s->pages->run;
	struct err ignored = ERR_INIT;
	char key[KEY_MAX];
	int got;

	if (strcmp(repo, s->repo) == 0)
		return s->alone;
	(void)snprintf(s->repo, sizeof(s->repo), "%s", repo);
	got = pages_list_then(run, layout_tags_list(key, repo), &there, err);
	s->alone = got > 0 && file_read_all(run->root->dir, key, &ours, &ignored) == 0 &&
	           ours.len == there.len &&
	           memcmp(str_text(&ours), str_text(&there), ours.len) == 0;
	return got < 0 ? -1 : s->alone;
}

/* Whether nothing leads to the page, which the root has not: 1, 0, -1. */
static int is_stale(struct stale *s, const char *path, struct err *err)
{
	char repo[REPO_MAX + 1], index[PAGE_PATH_MAX];

	page_path_repo_of(repo, path);
	if (read_catalog(s, err) < 0)
		return -1;
	/* A bucket without a catalogue tells nothing. */
	if (s->has_catalog == 0)
		return 0;
	if (!text_set_has(&s->catalog, repo))
		return 1;
	if (!text_set_has(&s->pages->paths, page_path_repository(index, repo)))
		return 0;
	return is_ours_alone(s, repo, err);
}

/* ---- How they go ----------------------------------------------------------------------------- */

static void on_removed(struct task *task, struct s3_result *result,
                       const struct retry_decision *decision)
{
	struct page_transfer *t = task->owner;
	struct err why = ERR_INIT;

	t->busy = false;
	if (result->ok || result->status == 404) {
		pages_tell(t, EVENT_OBJECT, ACTION_DELETE, 0);
		return;
	}
	(void)dispatch_error(&t->pages->run->dispatch, result, decision, &why);
	sync_run_object_failed(t->pages->run, &why);
}

static void remove_page(struct page_transfer *t)
{
	struct sync_run *run = t->pages->run;

	if (sync_run_dry(run)) {
		t->busy = false;
		run->summary->requests[REQUEST_DELETE]++;
		pages_tell(t, EVENT_PLAN, ACTION_DELETE, 0);
		return;
	}
	t->task.request = (struct s3_request){.op = S3_DELETE, .key = t->path};
	t->task.done = on_removed;
	task_renew(&t->task);
	dispatch_submit(&run->dispatch, &t->task);
}

/* What another root has written since the listing stays, and what drydock has not made. */
static void on_read(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct page_transfer *t = task->owner;
	struct err why = ERR_INIT;
	bool is_ours;

	if (!result->ok) {
		t->busy = false;
		if (result->status == 404)
			return;
		(void)dispatch_error(&t->pages->run->dispatch, result, decision, &why);
		sync_run_object_failed(t->pages->run, &why);
		return;
	}
	str_clear(&t->body);
	is_ours = result->body && str_add(&t->body, result->body->data, result->body->len) == 0 &&
	          page_path_is_ours(str_text(&t->body));
	if (is_ours && etag_same(result->head.etag, t->there_etag))
		remove_page(t);
	else
		t->busy = false;
}

static int begin_removal(struct pages *p, const char *path, const char *etag, uint64_t size_bytes,
                         struct err *err)
{
	struct page_transfer *t = pages_free_slot(p, err);

	if (!t)
		return -1;
	(void)snprintf(t->path, sizeof(t->path), "%s", path);
	t->there_etag = etag;
	t->there_bytes = size_bytes;
	t->task.request = (struct s3_request){
		.op = S3_GET,
		.key = t->path,
		.range_length_bytes = size_bytes < MARK_BYTES ? size_bytes : MARK_BYTES};
	t->task.weight = TASK_LIGHT;
	t->task.done = on_read;
	t->task.owner = t;
	task_renew(&t->task);
	t->busy = true;
	t->began_ms = monotonic_ms();
	dispatch_submit(&p->run->dispatch, &t->task);
	return 0;
}

static int look_at(struct stale *s, const char *path, const char *etag, uint64_t size_bytes,
                   struct err *err)
{
	int got;

	if (size_bytes == 0 || text_set_has(&s->pages->paths, path))
		return 0;
	got = is_stale(s, path, err);
	return got <= 0 ? got : begin_removal(s->pages, path, etag, size_bytes, err);
}

int stale_pages_remove(struct pages *p, struct err *err)
{
	struct stale s = {p, TEXT_SET_INIT, -1, "", false};
	const char *path, *etag;
	struct err why = ERR_INIT;
	uint64_t size_bytes;
	int result = 0;

	for (size_t i = 0; result == 0 && (path = pages_there_at(&p->there, i, &etag, &size_bytes));
	     i++)
		result = look_at(&s, path, etag, size_bytes, &why);
	text_set_release(&s.catalog);
	if (result == 0)
		result = pages_wait(p, &why);
	if (result == 0)
		return 0;
	if (sync_run_ends_with(p->run, &why)) {
		*err = why;
		return -1;
	}
	sync_run_object_failed(p->run, &why);
	return pages_wait(p, err);
}
