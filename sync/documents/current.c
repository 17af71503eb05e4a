#include "sync/documents/current.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct current_document *current_document_start(struct sync_run *run, const struct plan_item *item,
                                                struct err *err)
{
	bool of_tags = item->object_class == CLASS_TAGS_LIST;
	struct current_document *current;
	struct key_parts parts;

	if (!layout_parse(&parts, item->key)) {
		(void)err_set(err, ERR_BUG, "'%.200s' is no list", item->key);
		return NULL;
	}
	current = calloc(1, sizeof(*current));
	if (!current) {
		(void)err_memory(err);
		return NULL;
	}
	current->run = run;
	current->etag = "";
	str_init(&current->body, CURRENT_DOCUMENT_MAX_BYTES);
	current->tags.max_bytes = CURRENT_DOCUMENT_MAX_BYTES;
	(void)snprintf(current->key, sizeof(current->key), "%s", item->key);
	if (of_tags)
		(void)layout_folder(current->prefix, parts.repo, LAYOUT_MANIFESTS);
	ask_start(&current->ask, &run->dispatch, of_tags ? S3_HEAD : S3_GET, current->key,
	          of_tags ? NULL : &current->body);
	return current;
}

static int keep_tags(void *context, const struct list_page *page, struct err *err)
{
	struct current_document *current = context;
	struct layout_range digests;
	struct key_parts parts;

	current->after[0] = '\0';
	for (size_t i = 0; i < page->count; i++)
		if (layout_parse(&parts, page->objects[i].key) && parts.object_class == CLASS_TAG &&
		    name_list_add(&current->tags, parts.tag, err) < 0)
			return err_context(err, "%s", current->key);
	/* A page that ends among digests: thousands more of them may follow. Jump behind them. */
	if (!page->until || page->count == 0 ||
	    !layout_parse(&parts, page->objects[page->count - 1].key) ||
	    parts.object_class != CLASS_MANIFEST)
		return 0;
	layout_range_of_alg(&digests, parts.repo, LAYOUT_MANIFESTS, parts.digest.alg);
	(void)snprintf(current->after, sizeof(current->after), "%s", digests.until);
	return 1;
}

static int list_on(struct current_document *current, struct err *err)
{
	list_bucket_free(current->listing);
	current->listing = list_bucket_start(&current->run->dispatch, current->prefix,
	                                     current->after, keep_tags, current, err);
	return current->listing ? 0 : -1;
}

int current_document_advance(struct current_document *current, struct err *err)
{
	int got;

	if (!ask_is_over(&current->ask))
		return 0;
	if (!current->listing) {
		got = ask_end(&current->ask, err);
		if (got < 0)
			return -1;
		current->found = got > 0;
		current->etag = got > 0 ? current->ask.head.etag : "";
		return current->prefix[0] ? list_on(current, err) : 1;
	}
	if (!list_bucket_is_over(current->listing))
		return 0;
	return current->after[0] ? list_on(current, err) : 1;
}

static int is_known(void *context, struct err *err)
{
	return current_document_advance(context, err);
}

struct current_document *current_document_read(struct sync_run *run, const struct plan_item *item,
                                               struct err *err)
{
	struct current_document *current = current_document_start(run, item, err);

	if (current && dispatch_wait(&run->dispatch, is_known, current, err) == 0)
		return current;
	current_document_free(current);
	return NULL;
}

void current_document_free(struct current_document *current)
{
	if (!current)
		return;
	list_bucket_free(current->listing);
	name_list_release(&current->tags);
	str_release(&current->body);
	free(current);
}
