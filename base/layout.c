#include "base/layout.h"

#include "base/media_type.h"

#include <stdio.h>
#include <string.h>

static const char *const folder_names[] = {[LAYOUT_BLOBS] = "blobs",
                                           [LAYOUT_MANIFESTS] = "manifests",
                                           [LAYOUT_REFERRERS] = "referrers",
                                           [LAYOUT_TAGS] = "tags"};

static const char *in_folder(char key[KEY_MAX], const char *repo, enum layout_folder folder,
                             const char *leaf)
{
	(void)snprintf(key, KEY_MAX, LAYOUT_PREFIX "%s/%s/%s", repo, folder_names[folder], leaf);
	return key;
}

static const char *by_digest(char key[KEY_MAX], const char *repo, enum layout_folder folder,
                             const struct digest *d)
{
	char text[DIGEST_TEXT_MAX];

	return in_folder(key, repo, folder, digest_text(d, text));
}

const char *layout_blob(char key[KEY_MAX], const char *repo, const struct digest *d)
{
	return by_digest(key, repo, LAYOUT_BLOBS, d);
}

const char *layout_manifest(char key[KEY_MAX], const char *repo, const struct digest *d)
{
	return by_digest(key, repo, LAYOUT_MANIFESTS, d);
}

const char *layout_referrers(char key[KEY_MAX], const char *repo, const struct digest *d)
{
	return by_digest(key, repo, LAYOUT_REFERRERS, d);
}

const char *layout_tag(char key[KEY_MAX], const char *repo, const char *tag)
{
	return in_folder(key, repo, LAYOUT_MANIFESTS, tag);
}

const char *layout_tags_list(char key[KEY_MAX], const char *repo)
{
	return in_folder(key, repo, LAYOUT_TAGS, "list");
}

const char *layout_folder(char prefix[KEY_MAX], const char *repo, enum layout_folder folder)
{
	return in_folder(prefix, repo, folder, "");
}

enum layout_folder layout_folder_of(enum object_class object_class)
{
	if (object_class == CLASS_BLOB)
		return LAYOUT_BLOBS;
	if (object_class == CLASS_REFERRERS)
		return LAYOUT_REFERRERS;
	return object_class == CLASS_TAGS_LIST ? LAYOUT_TAGS : LAYOUT_MANIFESTS;
}

/* From what `after` says to where its last character is followed by the next one. */
static void close_range(struct layout_range *range)
{
	size_t len = strlen(range->after);

	memcpy(range->until, range->after, len + 1);
	range->until[len - 1]++;
}

void layout_range(struct layout_range *range, const char *repo, enum layout_folder folder)
{
	(void)layout_folder(range->after, repo, folder);
	close_range(range);
}

void layout_range_of_alg(struct layout_range *range, const char *repo, enum layout_folder folder,
                         enum digest_alg alg)
{
	char begin[DIGEST_TEXT_MAX];

	(void)snprintf(begin, sizeof(begin), "%s:", digest_alg_name(alg));
	(void)in_folder(range->after, repo, folder, begin);
	close_range(range);
}

const char *layout_fallback_tag(char key[KEY_MAX], const char *repo, const struct digest *d)
{
	char tag[TAG_MAX + 1];

	return layout_tag(key, repo, layout_fallback_tag_name(tag, d));
}

const char *layout_catalog(char key[KEY_MAX])
{
	(void)snprintf(key, KEY_MAX, LAYOUT_PREFIX "_catalog");
	return key;
}

const char *layout_fallback_tag_name(char tag[TAG_MAX + 1], const struct digest *d)
{
	char hex[DIGEST_TEXT_MAX];

	(void)snprintf(tag, TAG_MAX + 1, "%s-%.64s", digest_alg_name(d->alg), digest_hex(d, hex));
	return tag;
}

bool layout_is_fallback_tag_name(const char *tag)
{
	size_t len = strlen(tag);

	if (len != 7 + 64 || (strncmp(tag, "sha256-", 7) != 0 && strncmp(tag, "sha512-", 7) != 0))
		return false;
	return strspn(tag + 7, "0123456789abcdef") == 64;
}

int layout_check_tag(const char *tag, struct err *err)
{
	if (!layout_is_fallback_tag_name(tag))
		return 0;
	return err_set(err, ERR_REFUSED,
	               "tag '%s' has the form that is kept for lists of referrers", tag);
}

/* Fills in class, tag and digest from what stands behind v2/<repo>/. */
static enum object_class parse_tail(struct key_parts *parts, const char *folder, const char *leaf)
{
	size_t leaf_len = strlen(leaf);
	bool is_digest = digest_parse_quiet(&parts->digest, leaf, leaf_len);
	struct err ignored;

	if (strcmp(folder, "blobs") == 0)
		return is_digest ? CLASS_BLOB : CLASS_NONE;
	if (strcmp(folder, "referrers") == 0)
		return is_digest ? CLASS_REFERRERS : CLASS_NONE;
	if (strcmp(folder, "tags") == 0)
		return strcmp(leaf, "list") == 0 ? CLASS_TAGS_LIST : CLASS_NONE;
	if (strcmp(folder, "manifests") != 0)
		return CLASS_NONE;
	if (is_digest)
		return CLASS_MANIFEST;
	if (name_check_tag(leaf, leaf_len, &ignored) < 0)
		return CLASS_NONE;
	memcpy(parts->tag, leaf, leaf_len + 1);
	return layout_is_fallback_tag_name(leaf) ? CLASS_FALLBACK_TAG : CLASS_TAG;
}

bool layout_parse(struct key_parts *parts, const char *key)
{
	char copy[KEY_MAX], *leaf, *folder;
	size_t len = strlen(key);
	struct err ignored;

	memset(parts, 0, sizeof(*parts));
	if (len < 3 || len >= KEY_MAX || memcmp(key, LAYOUT_PREFIX, 3) != 0)
		return false;
	if (len == 3) {
		parts->object_class = CLASS_PING;
		return true;
	}
	memcpy(copy, key + 3, len - 3 + 1);
	if (strcmp(copy, "_catalog") == 0) {
		parts->object_class = CLASS_CATALOG;
		return true;
	}
	leaf = strrchr(copy, '/');
	if (!leaf)
		return false;
	*leaf++ = '\0';
	folder = strrchr(copy, '/');
	if (!folder)
		return false;
	*folder++ = '\0';
	if (name_check_repo(copy, strlen(copy), &ignored) < 0)
		return false;
	parts->object_class = parse_tail(parts, folder, leaf);
	if (parts->object_class == CLASS_NONE)
		return false;
	memcpy(parts->repo, copy, strlen(copy) + 1);
	return true;
}

const char *object_class_content_type(enum object_class object_class)
{
	switch (object_class) {
	case CLASS_PING:
	case CLASS_TAGS_LIST:
	case CLASS_CATALOG:
		return MT_JSON;
	case CLASS_BLOB:
		return MT_OCTET_STREAM;
	case CLASS_REFERRERS:
	case CLASS_FALLBACK_TAG:
		return MT_OCI_INDEX;
	case CLASS_NONE:
	case CLASS_MANIFEST:
	case CLASS_TAG:
		break;
	}
	return NULL;
}

bool object_class_immutable(enum object_class object_class)
{
	return object_class == CLASS_BLOB || object_class == CLASS_MANIFEST;
}

bool object_class_is_derived(enum object_class object_class)
{
	return object_class == CLASS_TAGS_LIST || object_class == CLASS_CATALOG ||
	       object_class == CLASS_REFERRERS || object_class == CLASS_FALLBACK_TAG;
}
