/* Reads tags, once the manifests are settled, and what documents of ours lie there. */
#include "stage/tree/rescan_internal.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/tag.h"
#include "stage/document/descriptor.h"
#include "stage/tree/walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { DOCUMENT_MAX_BYTES = 256 << 20 };

/* The manifest of the repository that has these bytes, by either algorithm: 1, 0, -1. */
static int find_manifest(struct rescan *r, const char *repo, const struct str *text,
                         struct object_row *row, struct err *err)
{
	static const enum digest_alg algs[] = {DIGEST_SHA256, DIGEST_SHA512};
	char key[KEY_MAX];
	struct digest digest;
	int got = 0;

	for (size_t i = 0; got == 0 && i < sizeof(algs) / sizeof(algs[0]); i++) {
		if (digest_of_bytes(&digest, algs[i], str_text(text), text->len, err) < 0)
			return -1;
		got = object_get(r->root->db, layout_manifest(key, repo, &digest), row, err);
	}
	return got;
}

static int note_tag(struct rescan *r, const char *key, const struct key_parts *parts,
                    struct err *err)
{
	AUTO_STR struct str text = STR_INIT(r->limits.manifest.max_bytes);
	struct object_row row;
	struct stat st;
	int got;

	if (rescan_text(r, key, &text, err) < 0)
		return rescan_tell_bad(r, err);
	if (fstatat(r->root->dir, key, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		(void)err_sys(err, "stat %s", key);
		return rescan_tell_bad(r, err);
	}
	got = find_manifest(r, parts->repo, &text, &row, err);
	if (got == 0)
		(void)err_set(err, ERR_INTEGRITY,
		              "%s holds no manifest that its repository has: stage its image "
		              "again, or remove it",
		              key);
	if (got <= 0)
		return rescan_tell_bad(r, err);
	r->result->tags++;
	if (tag_put_since(r->root->db, parts->repo, parts->tag, &row.digest, st.st_mtime, err) < 0)
		return -1;
	row.object_class = CLASS_TAG;
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	return object_put(r->root->db, &row, err);
}

/* What lies there, so that only what has to change is written. */
static int note_document(struct rescan *r, const char *key, const struct key_parts *parts,
                         struct err *err)
{
	AUTO_STR struct str text = STR_INIT(DOCUMENT_MAX_BYTES);
	struct object_row row;

	memset(&row, 0, sizeof(row));
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.object_class = parts->object_class;
	if (file_read_all(r->root->dir, key, &text, err) < 0)
		return rescan_tell_bad(r, err);
	row.size_bytes = text.len;
	if (digest_of_bytes(&row.digest, DIGEST_SHA256, str_text(&text), text.len, err) < 0 ||
	    hash_once(HASH_MD5, str_text(&text), text.len, row.md5, err) < 0)
		return -1;
	return object_put(r->root->db, &row, err);
}

static int note_rest(void *context, const char *key, struct err *err)
{
	struct rescan *r = context;
	struct key_parts parts;

	if (!layout_parse(&parts, key))
		return 0;
	switch (parts.object_class) {
	case CLASS_TAG:
		return note_tag(r, key, &parts, err);
	case CLASS_REFERRERS:
	case CLASS_TAGS_LIST:
	case CLASS_CATALOG:
		return note_document(r, key, &parts, err);
	default:
		/* A fallback tag does not name its subject whole: it is always written anew. */
		return 0;
	}
}

int rescan_tags(struct rescan *r, struct err *err)
{
	return tree_walk(r->root->dir, note_rest, NULL, r, err);
}
