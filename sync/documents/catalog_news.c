#include "sync/documents/catalog_news.h"

#include "sync/documents/current.h"

#include "base/layout.h"

#include <stdlib.h>
#include <string.h>

enum { ASKED_MAX = 1000 }; /* repositories */

/* Whether the bucket has a tag of this repository now. 1, 0, -1. */
static int has_tags(struct sync_run *run, const char *repo, struct err *err)
{
	struct plan_item list = {.object_class = CLASS_TAGS_LIST};
	struct current_document *current;
	int has;

	(void)layout_tags_list(list.key, repo);
	current = current_document_read(run, &list, err);
	has = current ? current->tags.count > 0 : -1;
	current_document_free(current);
	return has;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(struct name_list *names)
{
	if (names->count > 0)
		qsort(names->list, names->count, sizeof(*names->list), compare_names);
}

static bool is_among(const char *name, const struct name_list *names, size_t count)
{
	return count > 0 && bsearch(&name, names->list, count, sizeof(*names->list), compare_names);
}

int catalog_news_add(struct sync_run *run, struct name_list *known, const struct name_list *theirs,
                     struct err *err)
{
	size_t count = known->count, asked = 0;

	sort(known);
	for (size_t i = 0; i < theirs->count; i++) {
		int has = 1;

		if (is_among(theirs->list[i], known, count))
			continue;
		if (asked++ < ASKED_MAX)
			has = has_tags(run, theirs->list[i], err);
		if (has < 0 || (has > 0 && name_list_add(known, theirs->list[i], err) < 0))
			return -1;
	}
	return 0;
}

unsigned catalog_news_count(struct name_list *known, const struct name_list *theirs)
{
	unsigned asked = 0;

	sort(known);
	for (size_t i = 0; i < theirs->count && asked < ASKED_MAX; i++)
		asked += !is_among(theirs->list[i], known, known->count);
	return asked;
}
