/*
 * What becomes a path or a line of output: digests, references, keys, lists. The first byte chooses
 * the reader. What is accepted must survive a round trip and hold nothing that it may not.
 */
#include "base/cleanup.h"
#include "base/json.h"
#include "base/layout.h"
#include "base/listing.h"
#include "base/units.h"
#include "stage/document/image_names.h"
#include "stage/document/platform.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_names(const char *repo, const char *tag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-/";
	struct err err = ERR_INIT;

	must(strspn(repo, letters) == strlen(repo) && strlen(repo) <= REPO_MAX);
	must(!strstr(repo, "..") && !strstr(repo, "//") && repo[0] != '/' && repo[0] != '.');
	must(name_check_repo(repo, strlen(repo), &err) == 0);
	must(!strchr(tag, '/') && tag[0] != '.' && strlen(tag) <= TAG_MAX);
}

static void digest(const char *text, size_t len)
{
	char again[DIGEST_TEXT_MAX];
	uint8_t blob[DIGEST_BLOB_MAX];
	struct digest d, other;
	struct err err = ERR_INIT;

	if (digest_parse(&d, text, len, &err) < 0) {
		must(d.alg == DIGEST_NONE && !digest_parse_quiet(&d, text, len));
		return;
	}
	(void)digest_text(&d, again);
	must(strlen(again) == len && memcmp(again, text, len) == 0);
	must(digest_from_blob(&other, blob, digest_to_blob(&d, blob)) && digest_equal(&d, &other));
}

static void reference(const char *text)
{
	static const enum name_hosts hosts[] = {NAME_KEEP_HOSTS, NAME_STRIP_HOSTS};
	struct err err = ERR_INIT;
	struct reference ref;
	enum name_note note;

	for (size_t i = 0; i < 2; i++)
		if (reference_parse(&ref, text, hosts[i], &note, &err) == 0)
			check_names(ref.repo, ref.tag);
	if (reference_parse_plain(&ref, text, &err) == 0)
		check_names(ref.repo, ref.tag);
}

static void names(const char *text)
{
	struct image_names rules = {.hosts = NAME_KEEP_HOSTS};
	const char *const tags[] = {text};
	const struct name_sources from[] = {{.containerd_name = text},
	                                    {.ref_name = text},
	                                    {NULL, NULL, tags, 1},
	                                    {text, text, tags, 1}};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++) {
		struct name_set set = {NULL, 0, 0};

		if (image_names_choose(&rules, &from[i], &set, &err) == 0)
			for (size_t k = 0; k < set.count; k++)
				check_names(set.names[k].repo, set.names[k].tag);
		name_set_release(&set);
	}
}

/* No part of a path may lead elsewhere. Dots within one are fine: "a..b" is a tag. */
static bool stays_below(const char *path)
{
	for (const char *part = path; part; part = strchr(part, '/')) {
		size_t len;

		part += *part == '/';
		len = strcspn(part, "/");
		if (len == 0 || (len <= 2 && strspn(part, ".") >= len))
			return false;
	}
	return true;
}

static void key(const char *text)
{
	struct key_parts parts;
	char again[KEY_MAX];

	if (!layout_parse(&parts, text))
		return;
	must(strncmp(text, LAYOUT_PREFIX, 3) == 0);
	must(stays_below(text) || parts.object_class == CLASS_PING);
	switch (parts.object_class) {
	case CLASS_BLOB:
		must(strcmp(layout_blob(again, parts.repo, &parts.digest), text) == 0);
		break;
	case CLASS_MANIFEST:
		must(strcmp(layout_manifest(again, parts.repo, &parts.digest), text) == 0);
		break;
	case CLASS_REFERRERS:
		must(strcmp(layout_referrers(again, parts.repo, &parts.digest), text) == 0);
		break;
	case CLASS_TAG:
	case CLASS_FALLBACK_TAG:
		must(strcmp(layout_tag(again, parts.repo, parts.tag), text) == 0);
		break;
	case CLASS_TAGS_LIST:
		must(strcmp(layout_tags_list(again, parts.repo), text) == 0);
		break;
	default:
		break;
	}
}

/* What we write must be what a parser reads, whatever the text. */
static void output(const char *text, size_t len)
{
	AUTO_STR struct str json = STR_INIT(1 << 20), line = STR_INIT(1 << 20);
	const struct listing_descriptor member = {
		.media_type = text, .artifact_type = text, .digest = {.alg = DIGEST_SHA256}};
	const char *const tags[] = {text, "latest", text};
	struct err err = ERR_INIT;
	json_t *parsed;

	must(listing_tags(&json, text, tags, 3, &err) == 0);
	parsed = json_loadb(json.data, json.len, 0, NULL);
	must(parsed && json_array_size(json_object_get(parsed, "tags")) <= 2);
	json_decref(parsed);
	str_clear(&json);
	must(listing_referrers(&json, &member, 1, &err) == 0);
	parsed = json_loadb(json.data, json.len, 0, NULL);
	must(parsed != NULL);
	json_decref(parsed);
	must(str_add_printable(&line, text, len) == 0);
	for (size_t i = 0; i < line.len; i++)
		must((unsigned char)line.data[i] >= ' ' && line.data[i] != 0x7F);
}

static void json(const char *text, size_t len)
{
	static const char *const known[] = {"mediaType", "config", "layers", "manifests"};
	AUTO_JSON json_t *value = NULL;
	struct err err = ERR_INIT;

	value = json_parse_limited(text, len, &JSON_LIMITS_MANIFEST, &err);
	if (!value)
		must(err.message[0] != '\0');
	else if (json_is_object(value))
		(void)!json_check_key_case(value, known, 4, "top", &err);
}

static void units(const char *text)
{
	char again[PLATFORM_TEXT_MAX];
	struct platform platform;
	struct err err = ERR_INIT;
	uint64_t bytes;
	int64_t ms;

	(void)!size_parse(text, &bytes, &err);
	(void)!duration_parse(text, &ms, &err);
	(void)!time_parse(text, &ms);
	if (platform_parse(&platform, text, &err) == 0)
		(void)platform_text(&platform, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = size ? strndup((const char *)data + 1, size - 1) : NULL;

	if (!text)
		return 0;
	switch (data[0] % 7) {
	case 0:
		digest((const char *)data + 1, size - 1);
		break;
	case 1:
		reference(text);
		break;
	case 2:
		names(text);
		break;
	case 3:
		key(text);
		break;
	case 4:
		output(text, strlen(text));
		break;
	case 5:
		json((const char *)data + 1, size - 1);
		break;
	default:
		units(text);
	}
	return 0;
}
