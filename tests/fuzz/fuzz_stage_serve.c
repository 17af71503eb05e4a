/*
 * What a client sends to serve: targets, Range and conditional headers, and pages of lists. The
 * first byte chooses the reader. What is accepted names nothing outside of the tree, and no byte
 * that the blob has not.
 */
#include "base/cleanup.h"
#include "base/json.h"
#include "base/layout.h"
#include "base/page_path.h"
#include "stage/serve/condition.h"
#include "stage/serve/list_page.h"
#include "stage/serve/listen.h"
#include "stage/serve/range.h"
#include "stage/serve/route.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The key that registry makes of it must be one, and the same one, to layout. */
static void target(const char *text)
{
	struct key_parts parts;
	char key[KEY_MAX] = "";
	struct route route;
	bool named;

	route_parse(&route, text);
	named = route.digest.alg != DIGEST_NONE;
	if (route.kind == ROUTE_TAGS_LIST)
		(void)layout_tags_list(key, route.repo);
	else if (route.kind == ROUTE_MANIFEST && route.tag[0])
		(void)layout_tag(key, route.repo, route.tag);
	else if (route.kind == ROUTE_MANIFEST && named)
		(void)layout_manifest(key, route.repo, &route.digest);
	else if (route.kind == ROUTE_BLOB && named)
		(void)layout_blob(key, route.repo, &route.digest);
	else if (route.kind == ROUTE_REFERRERS && named)
		(void)layout_referrers(key, route.repo, &route.digest);
	else
		key[0] = '\0';
	if (route.page[0])
		must(page_path_is_one(route.page) && !strstr(route.page, "/."));
	if (!key[0])
		return;
	must(layout_parse(&parts, key) && strcmp(parts.repo, route.repo) == 0);
	must(!strstr(key, "/.")); /* neither "..", nor .drydock */
}

static void range(const char *text, uint64_t size_bytes)
{
	struct ranges ranges;
	uint64_t sum = 0;

	if (ranges_parse(&ranges, text, size_bytes) != RANGE_PARTS)
		return;
	must(ranges.count > 0 && ranges.count <= RANGES_MAX);
	for (size_t i = 0; i < ranges.count; i++) {
		const struct byte_range *r = &ranges.list[i];

		must(r->length > 0 && r->first < size_bytes && r->length <= size_bytes - r->first);
		sum += r->length;
	}
	must(sum <= size_bytes);
}

/* All before the first line end is the last entry, the rest the list. */
static void page(const char *text, uint64_t n)
{
	size_t len = strcspn(text, "\n");
	AUTO_FREE char *last = strndup(text, len);
	AUTO_STR struct str out = STR_INIT(1 << 20);
	const struct page_wish wish = {n, last};
	struct err err = ERR_INIT;
	char next[REPO_MAX + 1];

	text += len + (text[len] == '\n');
	if (list_page(&out, text, strlen(text), &wish, next, &err) < 0)
		return;
	must(strlen(next) <= REPO_MAX && (n > 0 || !next[0]));
	must(out.len <= strlen(text) + 2);
}

static void others(const char *text)
{
	struct listen_address address;
	struct err err = ERR_INIT;

	(void)condition_has(text, "\"sha256:0\"");
	(void)condition_range_counts(text, "\"sha256:0\"");
	if (listen_parse(&address, text, &err) == 0)
		must(strtoul(address.port, NULL, 10) <= 65535);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = size ? strndup((const char *)data + 1, size - 1) : NULL;

	if (!text)
		return 0;
	switch (data[0] % 4) {
	case 0:
		target(text);
		break;
	case 1:
		range(text, data[0] < 128 ? data[0] : UINT64_MAX >> 1);
		break;
	case 2:
		page(text, data[0] / 4);
		break;
	default:
		others(text);
	}
	return 0;
}
