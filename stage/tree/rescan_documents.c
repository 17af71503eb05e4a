/* Renders the documents that follow from settled manifests and tags, and removes stray ones. */
#include "stage/tree/rescan_internal.h"

#include "base/layout.h"
#include "base/name_list.h"
#include "base/stop.h"
#include "db/root/documents.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/tag.h"
#include "stage/tree/walk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { PAGE = 64 };

struct rendering {
	struct rescan *r;
	struct tree_documents documents;
	struct name_list repos; /* those that have a manifest */
	uint64_t missing;       /* lists of referrers in the repository that is looked at */
};

static int note_subject(void *context, const struct manifest_row *row, struct err *err)
{
	(void)err;
	*(struct digest *)context = row->subject;
	return 1;
}

/*
 * A list of referrers that is not there was lost, or left out with --no-referrers, and nothing but
 * its fallback tag tells which: both are written, or none. A manifest that was linked just now
 * never had one.
 */
static int choose_policy(struct rendering *d, const char *repo, const struct digest *subject,
                         enum tree_documents_policy *policy, struct err *err)
{
	struct rescan *r = d->r;
	char key[KEY_MAX];
	uint32_t ignored;
	struct stat st;
	int got = object_has(r->root->db, layout_referrers(key, repo, subject), err);

	if (got < 0)
		return -1;
	*policy = TREE_DOCUMENTS_CREATE;
	if (got > 0 || digest_map_get(&r->linked, subject, &ignored) ||
	    fstatat(r->root->dir, layout_fallback_tag(key, repo, subject), &st,
	            AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	*policy = TREE_DOCUMENTS_ONLY_UPDATE;
	d->missing++;
	return 0;
}

static int render_referrers(struct rendering *d, const char *repo, const struct digest *subject,
                            struct err *err)
{
	enum tree_documents_policy policy;

	if (choose_policy(d, repo, subject, &policy, err) < 0)
		return -1;
	return tree_documents_referrers(&d->documents, repo, subject, policy, err);
}

/* A manifest's own referrers, and those of its subject where that has no turn of its own. */
static int render_manifest(struct rendering *d, const char *repo, const struct digest *digest,
                           struct err *err)
{
	struct digest subject = {.alg = DIGEST_NONE};
	char key[KEY_MAX];
	int got;

	if (render_referrers(d, repo, digest, err) < 0 ||
	    manifest_get(d->r->root->db, digest, note_subject, &subject, err) < 0)
		return -1;
	if (subject.alg == DIGEST_NONE)
		return 0;
	got = object_has(d->r->root->db, layout_manifest(key, repo, &subject), err);
	return got != 0 ? (got < 0 ? -1 : 0) : render_referrers(d, repo, &subject, err);
}

static int render_manifests(struct rendering *d, const char *repo, struct err *err)
{
	struct object_row page[PAGE];
	struct layout_range range;
	int count;

	layout_range(&range, repo, LAYOUT_MANIFESTS);
	while ((count = object_page(d->r->root->db, range.after, range.until, page, PAGE, err)) >
	       0) {
		for (int i = 0; i < count; i++)
			if (page[i].object_class == CLASS_MANIFEST &&
			    (stop_check(err) < 0 ||
			     render_manifest(d, repo, &page[i].digest, err) < 0))
				return -1;
		memcpy(range.after, page[count - 1].key, sizeof(range.after));
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
			                 ? tree_documents_tags_list(&d->documents, parts.repo, err)
			                 : tree_documents_referrers(
						   &d->documents, parts.repo, &parts.digest,
						   TREE_DOCUMENTS_ONLY_UPDATE, err);
		}
		if (result < 0)
			return -1;
		memcpy(after, page[count - 1].key, sizeof(after));
	}
	return count;
}

/* Documents of ours that nothing accounts for go; the rest of what is unrecorded stays. */
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
	return got != 0 ? (got < 0 ? -1 : 0) : publication_remove(d->r->publication, key, err);
}

static int render_repo(struct rendering *d, const char *repo, struct err *err)
{
	d->missing = 0;
	if (render_manifests(d, repo, err) < 0)
		return -1;
	if (d->missing > 0)
		event_warning(d->r->sink,
		              "%s: lists of referrers that are not there: %" PRIu64
		              "; unless they were left out with --no-referrers, stage their "
		              "images again",
		              repo, d->missing);
	return 0;
}

/* In publication order: referrers, lists, the catalogue. */
static int render_all(struct rendering *d, struct err *err)
{
	if (repo_each(d->r->root->db, name_list_add, &d->repos, err) < 0)
		return -1;
	for (size_t i = 0; i < d->repos.count; i++)
		if (render_repo(d, d->repos.list[i], err) < 0)
			return -1;
	if (render_found(d, CLASS_REFERRERS, err) < 0)
		return -1;
	for (size_t i = 0; i < d->repos.count; i++)
		if (tree_documents_tags_list(&d->documents, d->repos.list[i], err) < 0)
			return -1;
	if (render_found(d, CLASS_TAGS_LIST, err) < 0 ||
	    tree_documents_catalog(&d->documents, err) < 0)
		return -1;
	return tree_walk(d->r->root->dir, remove_stray, NULL, d, err);
}

int rescan_documents(struct rescan *r, struct err *err)
{
	struct rendering d = {.r = r};
	int result;

	tree_documents_begin(&d.documents, r->root, r->publication);
	result = render_all(&d, err);
	tree_documents_end(&d.documents, result < 0 ? TREE_DOCUMENTS_DROPPED : TREE_DOCUMENTS_KEPT);
	name_list_release(&d.repos);
	return result;
}
