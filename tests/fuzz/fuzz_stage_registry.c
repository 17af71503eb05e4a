/*
 * What stage reads from registries and token servers, and the references that people type. The
 * first byte chooses the parser, the rest is its input.
 */
#include "stage/registry/challenge.h"
#include "stage/registry/link.h"
#include "stage/registry/reference.h"
#include "stage/registry/tag_list.h"
#include "stage/registry/token.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOST "https://r.example:5000"
#define URL  HOST "/v2/a/tags/list?n=2"

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	return true;
}

static void read_challenges(const char *text)
{
	struct challenge_list list = CHALLENGE_LIST_INIT;
	struct err err = ERR_INIT;

	if (challenge_list_add(&list, text, &err) == 0) {
		const struct challenge *c = challenge_find(&list, CHALLENGE_BEARER);
		AUTO_STR struct str url = STR_INIT(1 << 20);
		const char *scope = c ? c->scope : NULL;

		if (c && registry_token_check_realm(c->realm, true, &err) == 0) {
			check(registry_token_url(&url, c->realm, c->service, &scope, scope ? 1 : 0,
			                         NULL, &err) == 0);
			check(strncmp(url.data, "https://", 8) == 0 && is_visible(url.data));
		}
	}
	challenge_list_release(&list);
}

/* The next page is on the same host, and another. */
static void read_link(const char *text)
{
	AUTO_STR struct str next = STR_INIT(LINK_URL_MAX);
	struct err err = ERR_INIT;

	if (registry_link_find(text, URL, &next, &err) < 0 || next.len == 0)
		return;
	check(strncmp(next.data, HOST "/", strlen(HOST) + 1) == 0);
	check(is_visible(next.data) && !strchr(next.data, '#') && strcmp(next.data, URL) != 0);
}

/* Two pages, with a NUL between them; tags come out in order, each once. */
static void read_tags(const char *text, size_t len)
{
	struct tag_list list = TAG_LIST_INIT;
	const char *second = memchr(text, '\0', len);
	size_t first_len = second ? (size_t)(second - text) : len;
	struct err err = ERR_INIT;

	if (tag_list_add_page(&list, text, first_len, &err) == 0 &&
	    (!second || tag_list_add_page(&list, second + 1, len - first_len - 1, &err) == 0)) {
		check(tag_list_select(&list, NULL, 0, &err) == 0);
		for (size_t i = 1; i < list.count; i++) {
			check(tag_version_compare(list.tags[i - 1], list.tags[i]) < 0);
			check(tag_version_compare(list.tags[i], list.tags[i - 1]) > 0);
		}
		check(tag_list_select(&list, "*[0-9]*", 2, &err) == 0 && list.count <= 2);
	}
	tag_list_release(&list);
}

static void read_token(const char *text, size_t len)
{
	struct registry_token token = REGISTRY_TOKEN_INIT;
	struct err err = ERR_INIT;

	if (registry_token_read(&token, text, len, (int64_t)1 << 40, 1000, &err) == 0) {
		check(token.text[0] && is_visible(token.text));
		check(token.stale_at > 1000);
		check(token.stale_at <= 1000 + (int64_t)TOKEN_LIFE_MAX_SECONDS * 1000);
	}
	registry_token_release(&token);
}

/* What is printed parses to the same. */
static void read_reference(const char *text)
{
	AUTO_STR struct str printed = STR_INIT(REGISTRY_REFERENCE_MAX);
	AUTO_STR struct str host = STR_INIT(REGISTRY_HOST_MAX);
	struct registry_reference ref, again;
	struct err err = ERR_INIT;

	if (registry_reference_parse(&ref, text, &err) < 0)
		return;
	check(registry_reference_text(&ref, &printed) == 0);
	check(registry_reference_api_host(&ref, &host) == 0);
	check(registry_reference_parse(&again, printed.data, &err) == 0);
	check(memcmp(&ref, &again, sizeof(ref)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	AUTO_FREE char *copy = NULL;

	if (size == 0)
		return 0;
	copy = strndup(text, size - 1);
	if (!copy)
		return 0;
	switch (data[0] % 5) {
	case 0:
		read_challenges(copy);
		break;
	case 1:
		read_link(copy);
		break;
	case 2:
		read_tags(text, size - 1);
		break;
	case 3:
		read_token(text, size - 1);
		break;
	default:
		read_reference(copy);
	}
	return 0;
}
