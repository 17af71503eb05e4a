#include "sync/pages/pages.h"

#include "sync/pages/index.h"
#include "sync/pages/stale_pages.h"
#include "sync/s3/etag.h"

#include "db/root/page_walk.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Where the ETag says nothing, what the page was stored with does. */
static void on_looked(struct task *task, struct s3_result *result,
                      const struct retry_decision *decision)
{
	struct page_transfer *t = task->owner;

	(void)decision;
	if (result->ok && strcmp(result->head.meta_sha256,
	                         hex_text(t->sha256, SHA256_BYTES, t->sha256_text)) == 0)
		t->busy = false;
	else
		pages_send(t, NULL, false);
}

static void look(struct page_transfer *t)
{
	t->task.request = (struct s3_request){.op = S3_HEAD, .key = t->path};
	t->task.weight = TASK_LIGHT;
	t->task.done = on_looked;
	t->task.owner = t;
	task_renew(&t->task);
	t->busy = true;
	dispatch_submit(&t->pages->run->dispatch, &t->task);
}

static int send_page(struct pages *p, const char *path, struct err *err)
{
	struct page_transfer *t = pages_free_slot(p, err);
	uint64_t size_bytes;
	const char *etag;
	int got;

	if (!t)
		return -1;
	got = pages_load(t, path, err);
	if (got <= 0)
		return got;
	etag = pages_there_find(&p->there, path, &size_bytes);
	t->is_there = etag != NULL;
	if (!etag || size_bytes != t->body.len)
		pages_send(t, NULL, false);
	else if (!etag_is_md5(etag, t->md5))
		look(t);
	return 0;
}

static int send_pages(struct pages *p, struct err *err)
{
	int result = page_walk(p->run->root, &p->paths, err);

	if (result == 0)
		result = pages_there_list(&p->there, &p->run->dispatch, err);
	for (const char *path = text_set_first(&p->paths); result == 0 && path;
	     path = text_set_next(&p->paths, path))
		result = send_page(p, path, err);
	return result == 0 ? pages_wait(p, err) : result;
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
	struct pages p = {.run = run, .paths = TEXT_SET_INIT};
	int result;

	if (!run->options->pages)
		return 0;
	for (int i = 0; i < PAGES_SLOTS; i++) {
		p.slots[i].pages = &p;
		str_init(&p.slots[i].body, PAGES_BYTES_MAX);
	}
	result = send_pages(&p, err);
	if (result == 0 && run->summary->failed == 0)
		result = index_publish(&p, err);
	if (result == 0 && run->summary->failed == 0)
		result = stale_pages_remove(&p, err);
	for (int i = 0; i < PAGES_SLOTS; i++)
		str_release(&p.slots[i].body);
	pages_there_release(&p.there);
	text_set_release(&p.paths);
	return result;
}
