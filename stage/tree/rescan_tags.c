/* The half of rescan that follows from settled manifests: tags and derived documents. */
#include "stage/tree/rescan_internal.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "base/stop.h"
#include "db/root/documents.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/tag.h"
#include "stage/document/descriptor.h"
#include "stage/image/graph.h"
#include "stage/tree/walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { PAGE = 64, DOCUMENT_MAX_BYTES = 256 << 20, REPOS_MAX_BYTES = 256 << 20 };

/* --- what the files say -------------------------------------------------------------------- */

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
static int note_derived(struct rescan *r, const char *key, const struct key_parts *parts,
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
		return note_derived(r, key, &parts, err);
	default:
		/* A fallback tag does not name its subject whole: it is always written anew. */
		return 0;
	}
}

int rescan_tags(struct rescan *r, struct err *err)
{
	return tree_walk(r->root->dir, note_rest, r, err);
}

/* --- what they ought to say ---------------------------------------------------------------- */

struct rendering {
	struct rescan *r;
	struct publication *publication; /* owned until it is finished */
	struct tree_documents derived;
	struct str repos; /* NUL-terminated: those that have a manifest */
	enum tree_documents_policy policy;
};

static int note_subject(void *context, const struct manifest_row *row, struct err *err)
{
	(void)err;
	*(struct digest *)context = row->subject;
	return 1;
}

/* A manifest's own referrers, and those of its subject. */
static int render_manifest(struct rendering *d, const char *repo, const struct digest *digest,
                           struct err *err)
{
	struct digest subject = {.alg = DIGEST_NONE};

	if (tree_documents_referrers(&d->derived, repo, digest, d->policy, err) < 0 ||
	    manifest_get(d->r->root->db, digest, note_subject, &subject, err) < 0)
		return -1;
	if (subject.alg == DIGEST_NONE)
		return 0;
	return tree_documents_referrers(&d->derived, repo, &subject, d->policy, err);
}

static int render_manifests(struct rendering *d, const char *repo, struct err *err)
{
	char after[KEY_MAX], until[KEY_MAX];
	struct object_row page[PAGE];
	int count;

	/* '0' follows '/': the range of all keys below the folder. */
	(void)snprintf(after, sizeof(after), "v2/%s/manifests/", repo);
	(void)snprintf(until, sizeof(until), "v2/%s/manifests0", repo);
	while ((count = object_page(d->r->root->db, after, until, page, PAGE, err)) > 0) {
		for (int i = 0; i < count; i++)
			if (page[i].object_class == CLASS_MANIFEST &&
			    (stop_check(err) < 0 ||
			     render_manifest(d, repo, &page[i].digest, err) < 0))
				return -1;
		memcpy(after, page[count - 1].key, sizeof(after));
	}
	return count;
}

/* Documents that lie there, also of subjects and repositories that no manifest tells of. */
static int render_found(struct rendering *d, enum object_class object_class, struct err *err)
{
	struct object_row page[PAGE];
	char after[KEY_MAX] = "";
	struct key_parts parts;
	int count, result = 0;

	while ((count = object_page(d->r->root->db, after, NULL, page, PAGE, err)) > 0) {
		for (int i = 0; result == 0 && i < count; i++) {
			if (page[i].object_class != object_class ||
			    !layout_parse(&parts, page[i].key))
				continue;
			result = object_class == CLASS_TAGS_LIST
			                 ? tree_documents_tags_list(&d->derived, parts.repo, err)
			                 : tree_documents_referrers(
						   &d->derived, parts.repo, &parts.digest,
						   TREE_DOCUMENTS_ONLY_UPDATE, err);
		}
		if (result < 0)
			return -1;
		memcpy(after, page[count - 1].key, sizeof(after));
	}
	return count;
}

/* A repository without any referrers document was staged with --no-referrers, and stays so. */
static int choose_policy(struct rendering *d, const char *repo, struct err *err)
{
	char after[KEY_MAX], until[KEY_MAX];
	struct object_row row;
	int got;

	(void)snprintf(after, sizeof(after), "v2/%s/referrers/", repo);
	(void)snprintf(until, sizeof(until), "v2/%s/referrers0", repo);
	got = object_page(d->r->root->db, after, until, &row, 1, err);
	d->policy = got > 0 ? TREE_DOCUMENTS_CREATE : TREE_DOCUMENTS_ONLY_UPDATE;
	return got < 0 ? -1 : 0;
}

static int note_repo(void *context, const char *repo, struct err *err)
{
	struct rendering *d = context;

	(void)str_add(&d->repos, repo, strlen(repo) + 1);
	return str_check(&d->repos, "list of repositories", err);
}

/* Derived documents that nothing accounts for go; the rest of what is unrecorded stays. */
static int remove_stray(void *context, const char *key, struct err *err)
{
	struct rendering *d = context;
	struct key_parts parts;
	int got;

	if (!layout_parse(&parts, key) ||
	    (parts.object_class != CLASS_REFERRERS && parts.object_class != CLASS_TAGS_LIST &&
	     parts.object_class != CLASS_FALLBACK_TAG))
		return 0;
	got = object_has(d->r->root->db, key, err);
	return got != 0 ? (got < 0 ? -1 : 0) : publication_remove(d->publication, key, err);
}

/* In publication order: referrers, lists, the catalogue. */
static int render(struct rendering *d, struct err *err)
{
	const char *at, *end;

	if (repo_each(d->r->root->db, note_repo, d, err) < 0)
		return -1;
	end = str_text(&d->repos) + d->repos.len;
	for (at = str_text(&d->repos); at < end; at += strlen(at) + 1)
		if (choose_policy(d, at, err) < 0 || render_manifests(d, at, err) < 0)
			return -1;
	if (render_found(d, CLASS_REFERRERS, err) < 0)
		return -1;
	for (at = str_text(&d->repos); at < end; at += strlen(at) + 1)
		if (tree_documents_tags_list(&d->derived, at, err) < 0)
			return -1;
	if (render_found(d, CLASS_TAGS_LIST, err) < 0 ||
	    tree_documents_catalog(&d->derived, err) < 0)
		return -1;
	return tree_walk(d->r->root->dir, remove_stray, d, err);
}

int rescan_derived(struct rescan *r, struct err *err)
{
	struct rendering d = {.r = r};
	enum tree_documents_end end = TREE_DOCUMENTS_DROPPED;
	int result;

	str_init(&d.repos, REPOS_MAX_BYTES);
	d.publication = publication_begin(r->root, err);
	if (!d.publication)
		return -1;
	tree_documents_begin(&d.derived, r->root, d.publication);
	result = render(&d, err);
	if (result < 0) {
		publication_abandon(d.publication);
	} else {
		end = TREE_DOCUMENTS_KEPT;
		result = publication_finish(d.publication, err);
	}
	tree_documents_end(&d.derived, end);
	str_release(&d.repos);
	return result;
}
