#include "sync/documents/current.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 1000 };

struct current_document *current_document_start(struct sync_run *run, const struct plan_item *item,
                                                struct err *err)
{
	bool of_tags = item->object_class == CLASS_TAGS_LIST;
	struct current_document *g;
	struct key_parts parts;

	if (!layout_parse(&parts, item->key)) {
		(void)err_set(err, ERR_BUG, "'%.200s' is no list", item->key);
		return NULL;
	}
	g = calloc(1, sizeof(*g));
	if (!g) {
		(void)err_memory(err);
		return NULL;
	}
	g->run = run;
	g->etag = "";
	str_init(&g->body, CURRENT_DOCUMENT_MAX_BYTES);
	g->tags.max_bytes = CURRENT_DOCUMENT_MAX_BYTES;
	(void)snprintf(g->key, sizeof(g->key), "%s", item->key);
	if (of_tags)
		(void)snprintf(g->prefix, sizeof(g->prefix), "v2/%s/manifests/", parts.repo);
	ask_start(&g->ask, &run->dispatch, of_tags ? S3_HEAD : S3_GET, g->key,
	          of_tags ? NULL : &g->body);
	return g;
}

/* Unless --delete is about to remove it: removals come after the lists. */
static int keep_tag(struct current_document *g, const char *key, const char *tag, struct err *err)
{
	struct plan_item item;
	int got = plan_find(&g->run->plan, key, &item, err);

	if (got < 0)
		return -1;
	if (got > 0 && item.state == PLAN_REMOVAL)
		return 0;
	return name_list_add(&g->tags, tag, err) < 0 ? err_context(err, "%s", g->key) : 0;
}

static int keep_tags(void *context, const struct list_page *page, struct err *err)
{
	struct current_document *g = context;
	struct key_parts parts;

	g->after[0] = '\0';
	for (size_t i = 0; i < page->count; i++)
		if (layout_parse(&parts, page->objects[i].key) && parts.object_class == CLASS_TAG &&
		    keep_tag(g, page->objects[i].key, parts.tag, err) < 0)
			return -1;
	/* A page that ends among digests: thousands more of them may follow. Jump behind them. */
	if (!page->until || page->count == 0 ||
	    !layout_parse(&parts, page->objects[page->count - 1].key) ||
	    parts.object_class != CLASS_MANIFEST)
		return 0;
	(void)snprintf(g->after, sizeof(g->after), "v2/%s/manifests/%s:g", parts.repo,
	               digest_alg_name(parts.digest.alg));
	return 1;
}

static int list_on(struct current_document *g, struct err *err)
{
	list_bucket_free(g->listing);
	g->listing = list_bucket_start(&g->run->dispatch, g->prefix, g->after, keep_tags, g, err);
	return g->listing ? 0 : -1;
}

int current_document_advance(struct current_document *g, struct err *err)
{
	int got;

	if (!ask_is_over(&g->ask))
		return 0;
	if (!g->listing) {
		got = ask_end(&g->ask, err);
		if (got < 0)
			return -1;
		g->found = got > 0;
		g->etag = got > 0 ? g->ask.head.etag : "";
		return g->prefix[0] ? list_on(g, err) : 1;
	}
	if (!list_bucket_is_over(g->listing))
		return 0;
	return g->after[0] ? list_on(g, err) : 1;
}

int current_document_wait(struct current_document *g, struct err *err)
{
	int got;

	while ((got = current_document_advance(g, err)) == 0)
		if (dispatch_step(&g->run->dispatch, STEP_MS, err) < 0) {
			/* What it asked for must not come back to it. */
			dispatch_cancel_all(&g->run->dispatch);
			return -1;
		}
	return got < 0 ? -1 : 0;
}

void current_document_free(struct current_document *g)
{
	if (!g)
		return;
	list_bucket_free(g->listing);
	name_list_release(&g->tags);
	str_release(&g->body);
	free(g);
}
