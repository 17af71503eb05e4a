/*
 * tag_list: the tags of a repository, and which of them a pattern means. The answers of
 * GET /v2/NAME/tags/list (OCI distribution specification 1.1, "Listing Tags"), page by page:
 *
 *     {"name": "org/app", "tags": ["v1.9", "v1.10"]}            null: no tags
 *
 *     struct tag_list list = TAG_LIST_INIT;
 *     do …                                                     the next page is link's
 *             if (tag_list_add_page(&list, body, len, err) < 0) …
 *     tag_list_select(&list, "v1.*", 3, err)                   the three newest, oldest first
 *     … list.tags[0 … list.count - 1] …
 *     tag_list_release(&list);
 *
 * Pure. Each name is checked by base/name, because what stands there becomes URLs, paths and keys.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_TAG_LIST_H
#define DRYDOCK_STAGE_REGISTRY_TAG_LIST_H

#include "base/str.h"

#include <stddef.h>

enum {
	TAG_PAGE = 1000,           /* tags that are asked for at a time; a server may send more */
	TAG_PAGE_BYTES = 16 << 20, /* of one answer */
	TAG_LIST_MAX = 500000,     /* tags of one repository */
	TAG_TEXT_BYTES = 32 << 20, /* of these */
	TAG_PAGES_MAX = 10000,     /* so that pages which lead to one another in a circle end */
};

struct tag_list {
	const char **tags; /* owned; into `text`: those that were selected, NULL before */
	size_t count;      /* of `tags` */
	struct str text;   /* owned: all that were added, each with its NUL */
	size_t added;
	unsigned pages; /* added so far */
};
#define TAG_LIST_INIT                                                                              \
	{                                                                                          \
		.text = STR_INIT(TAG_TEXT_BYTES)                                                   \
	}

/*
 * Adds an answer's tags in their order. ERR_MALFORMED for what is no such answer, ERR_REFUSED
 * beyond a limit or for a name that is no tag's; the list is then only good for being released.
 */
int tag_list_add_page(struct tag_list *list, const char *json, size_t len,
                      struct err *err) MUST_CHECK;

/*
 * Selects the tags that match `pattern` (fnmatch; NULL: all), each once, in the order of
 * tag_version_compare, and of these the last `newest_max` (0: all). Fallback tags are none of them
 * (OCI distribution specification 1.1, "Referrers Tag Schema").
 */
int tag_list_select(struct tag_list *list, const char *pattern, size_t newest_max,
                    struct err *err) MUST_CHECK;
void tag_list_release(struct tag_list *list);

/*
 * Which of two tags is the newer version, by their text alone: below 0 when `a` comes first. A
 * total order; 0 for equal texts only.
 *
 *     what is no version (latest, main, 7f3a9c2) < versions
 *     version ::= ["v"] number *("." number) rest      numbers by value, 1 < 1.0 < 1.9 < 1.10
 *     of equal numbers: 1.0-rc.1 < 1.0-alpine < 1.0 < 1.0_1
 *
 * The last line by what the rest is: it names a pre-release (alpha, beta, rc, …; Semantic
 * Versioning 2.0, 11), anything else, nothing, or build metadata (Helm writes `_` for `+`). Rests
 * of one kind, and what is no version, are compared with the numbers in them by value and without
 * case. 7 to 40 lower-case hex digits with a letter among them are a commit, not a version.
 */
int tag_version_compare(const char *a, const char *b);

#endif
