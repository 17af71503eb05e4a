#include "stage/page/attached.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/tag.h"
#include "stage/document/cosign.h"
#include "stage/page/html.h"
#include "stage/page/kind.h"
#include "stage/page/tree_document.h"

#include <string.h>

enum { SHOWN_MAX = 50, LIST_MAX = 1 << 22 };

struct listing {
	const struct attached *attached;
	struct str items;
	uint32_t count;
};

/* Begins an item with a link to `folder`/`reference` of the repository; false: there are too many.
 */
static bool begin_item(struct listing *l, const char *folder, const char *reference,
                       const char *kind)
{
	const struct repository_view *view = l->attached->view;

	if (l->count++ >= SHOWN_MAX)
		return false;
	(void)str_addf(&l->items, "<li><a href=\"%sv2/%s/%s/%s\">", view->up, view->survey->repo,
	               folder, reference);
	html_foreign(&l->items, kind, l->attached->budget);
	(void)str_adds(&l->items, "</a>");
	return true;
}

static int add_referrer(void *context, const struct manifest_row *row, struct err *err)
{
	struct listing *l = context;
	const char *type = row->artifact_type ? row->artifact_type : row->media_type;
	char digest[DIGEST_TEXT_MAX];

	(void)err;
	if (!begin_item(l, "manifests", digest_text(&row->digest, digest), kind_of_artifact(type)))
		return 0;
	(void)str_adds(&l->items, " <code>");
	html_foreign(&l->items, type, l->attached->budget);
	(void)str_adds(&l->items, "</code></li>\n");
	return 0;
}

static int add_cosign(struct listing *l, enum cosign_kind kind, const char *name, struct err *err)
{
	const struct attached *a = l->attached;
	const struct survey *s = a->view->survey;
	char tag[TAG_MAX + 1];
	struct tag_row row;
	int found = tag_get(s->root->db, s->repo, cosign_tag(tag, kind, a->digest), &row, err);

	if (found <= 0 || row.removed_at)
		return found < 0 ? -1 : 0;
	if (begin_item(l, "manifests", tag, name))
		(void)str_adds(&l->items, "</li>\n");
	return 0;
}

/* The statements of one attestation manifest, by the types of their predicates. */
static void add_statements(struct listing *l, const struct digest *digest)
{
	const struct survey *s = l->attached->view->survey;
	struct err ignored = ERR_INIT;
	char path[DESCRIPTOR_PATH_MAX], text[DIGEST_TEXT_MAX];
	struct manifest doc;

	/* What is damaged is told by the manifest's own view, or by verify. */
	if (tree_document_manifest(s->root, s->repo, digest, &doc, &ignored) == 0)
		for (size_t i = 0; i < manifest_child_count(&doc); i++) {
			struct descriptor layer;
			const char *type;

			if (manifest_child(&doc, i, &layer, path, &ignored) < 0)
				break;
			type = descriptor_annotation(&layer, "in-toto.io/predicate-type");
			type = type ? type : layer.media_type;
			if (!begin_item(l, "blobs", digest_text(&layer.digest, text),
			                kind_of_artifact(type)))
				continue;
			(void)str_adds(&l->items, " <code>");
			html_foreign(&l->items, type, l->attached->budget);
			(void)str_adds(&l->items, "</code>, ");
			html_size(&l->items, layer.size_bytes);
			(void)str_adds(&l->items, "</li>\n");
		}
	manifest_release(&doc);
}

static int add_attestations(struct listing *l, struct err *err)
{
	const struct manifest *doc = l->attached->doc;
	const struct survey *s = l->attached->view->survey;
	char path[DESCRIPTOR_PATH_MAX], key[KEY_MAX];

	for (size_t i = 0; doc->kind == MANIFEST_INDEX && i < manifest_child_count(doc); i++) {
		struct descriptor child;
		int there;

		if (manifest_child(doc, i, &child, path, err) < 0)
			return -1;
		if (!child.attestation)
			continue;
		there = object_has(s->root->db, layout_manifest(key, s->repo, &child.digest), err);
		if (there < 0)
			return -1;
		if (there)
			add_statements(l, &child.digest);
	}
	return 0;
}

static int add_all(struct listing *l, struct err *err)
{
	const struct survey *s = l->attached->view->survey;

	if (add_attestations(l, err) < 0 ||
	    add_cosign(l, COSIGN_SIGNATURES, "cosign signature", err) < 0 ||
	    add_cosign(l, COSIGN_ATTESTATIONS, "cosign attestation", err) < 0 ||
	    add_cosign(l, COSIGN_SBOMS, "cosign SBOM", err) < 0)
		return -1;
	return manifest_referrers(s->root->db, s->repo, l->attached->digest, add_referrer, l, err);
}

int attached_write(const struct attached *attached, struct str *out, struct err *err)
{
	struct listing l = {.attached = attached, .items = STR_INIT(LIST_MAX)};
	int result = add_all(&l, err);

	attached->image->attached += l.count;
	if (result >= 0 && l.count > 0) {
		(void)str_addf(out,
		               "<details><summary>Signatures, provenance and other referrers "
		               "(%u)</summary>\n<ul>\n%s</ul>\n",
		               (unsigned)l.count, str_text(&l.items));
		if (l.count > SHOWN_MAX)
			(void)str_addf(out, "<p class=\"quiet\">%u more are not shown.</p>\n",
			               (unsigned)(l.count - SHOWN_MAX));
		(void)str_adds(out, "</details>\n");
	}
	out->failed |= l.items.failed;
	str_release(&l.items);
	return result < 0 ? -1 : 0;
}
