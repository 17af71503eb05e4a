#include "stage/registry/tag_list.h"

#include "base/json.h"
#include "base/layout.h"
#include "base/name.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- pages ---- */

static int add_tag(struct tag_list *list, const json_t *value, struct err *err)
{
	const char *tag = json_string_value(value);

	if (!tag)
		return err_set(err, ERR_MALFORMED, "list of tags: a tag is no string");
	if (name_check_tag(tag, json_string_length(value), err) < 0)
		return err_context(err, "list of tags");
	if (list->added == TAG_LIST_MAX)
		return err_set(err, ERR_REFUSED, "list of tags: more than %d tags", TAG_LIST_MAX);
	if (list->text.len + strlen(tag) + 1 > TAG_TEXT_BYTES)
		return err_set(err, ERR_REFUSED, "list of tags: more than %d bytes of tags",
		               TAG_TEXT_BYTES);
	if (str_add(&list->text, tag, strlen(tag) + 1) < 0)
		return err_memory(err);
	list->added++;
	return 0;
}

int tag_list_add_page(struct tag_list *list, const char *json, size_t len, struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = TAG_PAGE_BYTES, .max_values = TAG_LIST_MAX + 100, .max_depth = 8};
	AUTO_JSON json_t *doc = NULL;
	const json_t *tags;

	if (list->pages == TAG_PAGES_MAX)
		return err_set(err, ERR_REFUSED, "list of tags: more than %d pages", TAG_PAGES_MAX);
	list->pages++;
	doc = json_parse_limited(json, len, &limits, err);
	if (!doc)
		return err_context(err, "list of tags");
	tags = json_object_get(doc, "tags");
	if (!json_is_array(tags) && !json_is_null(tags))
		return err_set(err, ERR_MALFORMED, "list of tags: \"tags\" is missing or no array");
	for (size_t i = 0; i < json_array_size(tags); i++)
		if (add_tag(list, json_array_get(tags, i), err) < 0)
			return -1;
	return 0;
}

void tag_list_release(struct tag_list *list)
{
	free(list->tags);
	str_release(&list->text);
	*list = (struct tag_list)TAG_LIST_INIT;
}

/* ---- order ---- */

enum rest_kind { REST_PRE_RELEASE, REST_VARIANT, REST_NONE, REST_BUILD };

struct tag_version {
	const char *numbers; /* NULL: no version */
	const char *rest;
	enum rest_kind kind;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_commit(const char *tag)
{
	size_t len = strspn(tag, "0123456789abcdef");

	return !tag[len] && len >= 7 && len <= 40 && tag[strcspn(tag, "abcdef")];
}

static bool names_pre_release(const char *rest)
{
	static const char *const words[] = {"alpha", "beta",    "rc",       "pre",    "preview",
	                                    "dev",   "nightly", "snapshot", "canary", "milestone"};

	while (*rest) {
		size_t len = 0;

		while (isalpha((unsigned char)rest[len]))
			len++;
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i]) == len && strncasecmp(rest, words[i], len) == 0)
				return true;
		rest += len ? len : 1;
	}
	return false;
}

static void read_version(struct tag_version *v, const char *tag)
{
	const char *p = tag + (*tag == 'v' || *tag == 'V');

	*v = (struct tag_version){.rest = tag};
	if (!is_digit(*p) || is_commit(tag))
		return;
	v->numbers = p;
	while (is_digit(*p) || (*p == '.' && is_digit(p[1])))
		p++;
	v->rest = p;
	if (!*p)
		v->kind = REST_NONE;
	else if (names_pre_release(p))
		v->kind = REST_PRE_RELEASE;
	else
		v->kind = *p == '_' ? REST_BUILD : REST_VARIANT;
}

/* Compares the numbers at *a and *b, of any length, by value, and leaves both behind them. */
static int compare_number(const char **a, const char **b)
{
	size_t a_len, b_len;
	int order;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	a_len = strspn(*a, "0123456789");
	b_len = strspn(*b, "0123456789");
	order = a_len != b_len ? (a_len < b_len ? -1 : 1) : strncmp(*a, *b, a_len);
	*a += a_len;
	*b += b_len;
	return order;
}

/* Text with the numbers in it by value and without case, up to the ends that are given. */
static int compare_natural(const char *a, const char *a_end, const char *b, const char *b_end)
{
	while (a < a_end && b < b_end) {
		int order;

		if (is_digit(*a) && is_digit(*b)) {
			order = compare_number(&a, &b);
		} else {
			order = tolower((unsigned char)*a) - tolower((unsigned char)*b);
			a++;
			b++;
		}
		if (order != 0)
			return order;
	}
	return (a < a_end) - (b < b_end);
}

int tag_version_compare(const char *a, const char *b)
{
	struct tag_version one, two;
	int order;

	read_version(&one, a);
	read_version(&two, b);
	if (!one.numbers != !two.numbers)
		return one.numbers ? 1 : -1;
	order = one.numbers ? compare_natural(one.numbers, one.rest, two.numbers, two.rest) : 0;
	if (order == 0 && one.kind != two.kind)
		return one.kind < two.kind ? -1 : 1;
	if (order == 0)
		order = compare_natural(one.rest, one.rest + strlen(one.rest), two.rest,
		                        two.rest + strlen(two.rest));
	return order != 0 ? order : strcmp(a, b);
}

static int compare_tags(const void *a, const void *b)
{
	return tag_version_compare(*(const char *const *)a, *(const char *const *)b);
}

/* ---- choice ---- */

/* A list of referrers is nothing that is staged under its tag: it follows from its referrers. */
static bool is_meant(const char *tag, const char *pattern)
{
	return !layout_is_fallback_tag_name(tag) && (!pattern || fnmatch(pattern, tag, 0) == 0);
}

/* Visits the tags that match: how many there are; into `tags`, unless that is NULL. */
static size_t match(const struct tag_list *list, const char *pattern, const char **tags)
{
	const char *tag = list->text.data;
	size_t count = 0;

	for (size_t i = 0; i < list->added; i++) {
		if (is_meant(tag, pattern)) {
			if (tags)
				tags[count] = tag;
			count++;
		}
		tag += strlen(tag) + 1;
	}
	return count;
}

int tag_list_select(struct tag_list *list, const char *pattern, size_t newest_max, struct err *err)
{
	size_t matching = match(list, pattern, NULL), kept = 0, first;

	free(list->tags);
	list->count = 0;
	list->tags = calloc(matching + 1, sizeof(*list->tags));
	if (!list->tags)
		return err_memory(err);
	(void)match(list, pattern, list->tags);
	qsort(list->tags, matching, sizeof(*list->tags), compare_tags);
	for (size_t i = 0; i < matching; i++)
		if (kept == 0 || strcmp(list->tags[i], list->tags[kept - 1]) != 0)
			list->tags[kept++] = list->tags[i];
	first = newest_max > 0 && kept > newest_max ? kept - newest_max : 0;
	list->count = kept - first;
	memmove(list->tags, list->tags + first, list->count * sizeof(*list->tags));
	return 0;
}
