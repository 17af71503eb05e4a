#include "sync/pages/pages_there.h"

#include "sync/dispatch/list_bucket.h"

#include "base/array.h"
#include "base/page_path.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 512 << 20 };

struct page_there {
	size_t path, etag; /* in `texts` */
	uint64_t size_bytes;
};

static size_t keep(struct pages_there *there, const char *text)
{
	size_t at = there->texts.len;

	(void)str_add(&there->texts, text, strlen(text) + 1);
	return at;
}

static int keep_pages(void *context, const struct list_page *page, struct err *err)
{
	struct pages_there *there = context;

	for (size_t i = 0; i < page->count; i++) {
		const struct s3_object *object = &page->objects[i];

		if (!page_path_is_one(object->key))
			continue;
		if (array_room(&there->list, there->count, &there->cap, err) < 0)
			return -1;
		there->list[there->count++] = (struct page_there){
			keep(there, object->key), keep(there, object->etag), object->size_bytes};
	}
	return str_check(&there->texts, "list of the bucket's pages", err);
}

int pages_there_list(struct pages_there *there, struct dispatch *d, struct err *err)
{
	str_init(&there->texts, TEXTS_MAX);
	return list_bucket_below(d, PAGE_FOLDER "/", keep_pages, there, err);
}

const char *pages_there_find(const struct pages_there *there, const char *path,
                             uint64_t *size_bytes)
{
	size_t from = 0, to = there->count;

	*size_bytes = 0;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct page_there *page = &there->list[middle];
		int order = strcmp(path, there->texts.data + page->path);

		if (order == 0) {
			*size_bytes = page->size_bytes;
			return there->texts.data + page->etag;
		}
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

const char *pages_there_at(const struct pages_there *there, size_t at, const char **etag,
                           uint64_t *size_bytes)
{
	const struct page_there *page;

	if (at >= there->count)
		return NULL;
	page = &there->list[at];
	*etag = there->texts.data + page->etag;
	*size_bytes = page->size_bytes;
	return there->texts.data + page->path;
}

void pages_there_release(struct pages_there *there)
{
	str_release(&there->texts);
	free(there->list);
}
