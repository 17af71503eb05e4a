#include "stage/page/image_section.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "base/stop.h"
#include "db/state/object.h"
#include "db/state/status.h"
#include "stage/document/config.h"
#include "stage/page/attached.h"
#include "stage/page/html.h"
#include "stage/page/kind.h"
#include "stage/page/layer_list.h"
#include "stage/page/tree_document.h"

#include <stdio.h>
#include <string.h>

enum {
	TAGS_SHOWN = 12,         /* of one image */
	FOREIGN_BYTES = 1 << 18, /* of what its author wrote, labels above all */
	PAIRS_SHOWN = 200,       /* labels or annotations of one manifest */
	MANIFESTS_SHOWN = 64,    /* of one image */
	DEPTH_SHOWN = 8,         /* of indexes in indexes, as stage has it */
};

/* One image on its way into the page. */
struct drawing {
	const struct repository_view *view;
	struct survey_image *image;
	uint32_t at; /* of the image */
	struct str *out;
	size_t budget;           /* of what is foreign */
	struct digest_map shown; /* its manifests that were */
};

/* ---- Small parts ---------------------------------------------------------------------------- */

static void begin_fact(struct str *out, const char *name)
{
	(void)str_addf(out, "<dt>%s</dt><dd>", name);
}

static void end_fact(struct str *out)
{
	(void)str_adds(out, "</dd>\n");
}

static void add_fact(struct drawing *d, const char *name, const char *foreign)
{
	if (!foreign || !*foreign)
		return;
	begin_fact(d->out, name);
	html_foreign(d->out, foreign, &d->budget);
	end_fact(d->out);
}

/* The members of an object that are texts. */
static void add_pairs(struct drawing *d, const char *title, const json_t *object)
{
	const char *key;
	json_t *value;
	size_t count = json_object_size(object), shown = 0;

	if (count == 0)
		return;
	(void)str_addf(d->out, "<details><summary>%s (%zu)</summary>\n<dl>\n", title, count);
	json_object_foreach ((json_t *)object, key, value) {
		if (shown == PAIRS_SHOWN || d->budget == 0)
			break;
		if (!json_is_string(value))
			continue;
		(void)str_adds(d->out, "<dt>");
		html_foreign(d->out, key, &d->budget);
		(void)str_adds(d->out, "</dt><dd>");
		html_foreign_link(d->out, json_string_value(value), &d->budget);
		end_fact(d->out);
		shown++;
	}
	(void)str_adds(d->out, "</dl>\n");
	if (shown < count)
		(void)str_addf(d->out, "<p class=\"quiet\">%zu more are not shown.</p>\n",
		               count - shown);
	(void)str_adds(d->out, "</details>\n");
}

static void add_command(struct drawing *d, const char *before, const char *between)
{
	const struct survey *s = d->view->survey;

	(void)str_addf(d->out, "<p class=\"cmd\"><code>%s", before);
	if (d->view->pull_host)
		html_text(d->out, d->view->pull_host);
	else
		(void)str_adds(d->out, "<span class=\"host\">REGISTRY</span>");
	(void)str_adds(d->out, "/");
	html_text(d->out, s->repo);
	(void)str_adds(d->out, between);
	html_text(d->out, survey_text(s, s->tags[d->image->first_tag].name));
	(void)str_adds(d->out, "</code></p>\n");
}

static void add_commands(struct drawing *d, enum kind_of_pull kind)
{
	switch (kind) {
	case PULL_CONTAINER:
		add_command(d, "docker pull ", ":");
		add_command(d, "podman pull ", ":");
		add_command(d, "nerdctl pull ", ":");
		break;
	case PULL_HELM:
		add_command(d, "helm pull oci://", " --version ");
		break;
	case PULL_ORAS:
		add_command(d, "oras pull ", ":");
		break;
	}
}

/* ---- Manifests ------------------------------------------------------------------------------- */

static void add_unreadable(struct drawing *d, const struct err *why)
{
	event_warning(d->view->sink, "page: %s", why->message);
	(void)str_adds(d->out, "<p><strong>This document cannot be read.</strong> "
	                       "<code>drydock verify</code> tells what is damaged.</p>\n");
}

/* What an image's config adds to the facts. */
static void add_config_facts(struct drawing *d, const json_t *config)
{
	const char *created = config ? json_text(config, "created") : NULL;
	int64_t at = created ? tree_document_time(created) : 0;

	if (at > 0) {
		begin_fact(d->out, "Created");
		html_date(d->out, at);
		end_fact(d->out);
		if (at > d->image->created_at)
			d->image->created_at = at;
	}
	if (config)
		add_fact(d, "Author", json_text(config, "author"));
}

static int add_image(struct drawing *d, const struct manifest *doc, struct err *err)
{
	const struct survey *s = d->view->survey;
	struct layer_list list = {d->view, d->at, doc, NULL, &d->budget};
	bool has = doc->config.digest.alg != DIGEST_NONE;
	bool known = has && image_config_is_known(doc->config.media_type);
	AUTO_JSON json_t *config = NULL;
	struct err problem = ERR_INIT;

	if (known)
		config = tree_document_blob(s->root, s->repo, &doc->config.digest, &problem);
	list.config = config;
	add_config_facts(d, config);
	if (has && !known) {
		begin_fact(d->out, "Config");
		html_foreign(d->out, kind_of_artifact(doc->config.media_type), &d->budget);
		end_fact(d->out);
	}
	layer_list_sizes(&list, d->out);
	(void)str_adds(d->out, "</dl>\n");
	if (known && !config)
		add_unreadable(d, &problem);
	if (layer_list_write(&list, d->out, err) < 0)
		return -1;
	add_pairs(d, "Labels", json_object_get(json_object_get(config, "config"), "Labels"));
	return 0;
}

static int add_manifest(struct drawing *d, const struct digest *digest, const char *platform,
                        unsigned depth, struct err *err);

static int add_child(struct drawing *d, const struct descriptor *child, unsigned depth,
                     struct err *err)
{
	char platform[PLATFORM_TEXT_MAX];
	uint64_t bytes;
	uint32_t seen;

	(void)platform_text(&child->platform, platform);
	if (digest_map_get(&d->shown, &child->digest, &seen))
		return 0;
	if (status_image_bytes(d->view->survey->root->db, &child->digest, &bytes, err) < 0)
		return -1;
	(void)str_adds(d->out, "<details><summary>");
	html_text(d->out, platform[0] ? platform : "Manifest");
	(void)str_adds(d->out, ", ");
	html_size(d->out, bytes);
	(void)str_adds(d->out, "</summary>\n");
	if (add_manifest(d, &child->digest, platform, depth + 1, err) < 0)
		return -1;
	(void)str_adds(d->out, "</details>\n");
	return 0;
}

static int is_published(const struct survey *s, const struct digest *digest, struct err *err)
{
	char key[KEY_MAX];

	return object_has(s->root->db, layout_manifest(key, s->repo, digest), err);
}

static int add_children(struct drawing *d, const struct manifest *doc, unsigned depth,
                        struct err *err)
{
	char path[DESCRIPTOR_PATH_MAX];
	size_t absent = 0, left_out = 0;

	for (size_t i = 0; i < manifest_child_count(doc); i++) {
		struct descriptor child;
		int there;

		if (manifest_child(doc, i, &child, path, err) < 0)
			return -1;
		there = is_published(d->view->survey, &child.digest, err);
		if (there < 0)
			return -1;
		if (!there)
			absent++;
		else if (d->shown.count >= MANIFESTS_SHOWN || depth >= DEPTH_SHOWN)
			left_out++;
		else if (!child.attestation && add_child(d, &child, depth, err) < 0)
			return -1;
	}
	if (absent)
		(void)str_addf(d->out, "<p class=\"quiet\">%zu more in the index, not here.</p>\n",
		               absent);
	if (left_out)
		(void)str_addf(d->out, "<p class=\"quiet\">%zu more are not shown.</p>\n",
		               left_out);
	return 0;
}

static void add_head(struct drawing *d, const struct digest *digest, const char *platform,
                     const struct manifest *doc)
{
	char text[DIGEST_TEXT_MAX];

	(void)str_addf(d->out,
	               "<dl>\n<dt>Digest</dt><dd><a href=\"%sv2/%s/manifests/%s\"><code>%s"
	               "</code></a></dd>\n",
	               d->view->up, d->view->survey->repo, digest_text(digest, text), text);
	add_fact(d, "Platform", platform);
	if (doc->kind == MANIFEST_INDEX)
		add_fact(d, "Kind", "Index of several manifests");
	else if (doc->artifact_type)
		add_fact(d, "Kind", kind_of_artifact(doc->artifact_type));
}

/* Each once in an image, however many ways lead to it. */
static int add_manifest(struct drawing *d, const struct digest *digest, const char *platform,
                        unsigned depth, struct err *err)
{
	const struct survey *s = d->view->survey;
	struct attached attached = {d->view, d->image, NULL, digest, &d->budget};
	struct manifest doc;
	struct err problem = ERR_INIT;
	int result;

	if (stop_check(err) < 0 || digest_map_put(&d->shown, digest, 1, err) < 0)
		return -1;
	if (tree_document_manifest(s->root, s->repo, digest, &doc, &problem) < 0) {
		add_unreadable(d, &problem);
		manifest_release(&doc);
		return 0;
	}
	if (depth == 0)
		add_commands(d, kind_of_pull(doc.kind == MANIFEST_IMAGE   ? doc.config.media_type
		                             : doc.kind == MANIFEST_INDEX ? NULL
		                                                          : ""));
	add_head(d, digest, platform, &doc);
	if (depth == 0) {
		begin_fact(d->out, "Size");
		html_size(d->out, d->image->bytes);
		(void)str_adds(d->out, " compressed, with all that is in it");
		end_fact(d->out);
	}
	if (doc.kind != MANIFEST_INDEX) {
		result = add_image(d, &doc, err);
	} else {
		(void)str_adds(d->out, "</dl>\n");
		result = add_children(d, &doc, depth, err);
	}
	add_pairs(d, "Annotations", doc.annotations);
	attached.doc = &doc;
	if (result == 0)
		result = attached_write(&attached, d->out, err);
	manifest_release(&doc);
	return result;
}

/* ---- The section ----------------------------------------------------------------------------- */

static void add_tags(struct drawing *d)
{
	const struct survey *s = d->view->survey;
	uint32_t shown = 0, more = 0;

	for (uint32_t next = d->image->first_tag + 1; next; next = s->tags[next - 1].next) {
		if (shown == TAGS_SHOWN) {
			more++;
			continue;
		}
		(void)str_adds(d->out, shown++ ? " <span class=\"tag\">" : "<span class=\"tag\">");
		html_text(d->out, survey_text(s, s->tags[next - 1].name));
		(void)str_adds(d->out, "</span>");
	}
	if (more)
		(void)str_addf(d->out, " and %u more", (unsigned)more);
}

int image_section_write(const struct repository_view *view, uint32_t image, struct str *out,
                        struct err *err)
{
	const struct survey *s = view->survey;
	struct drawing d = {.view = view,
	                    .image = &view->survey->images[image],
	                    .at = image,
	                    .out = out,
	                    .budget = FOREIGN_BYTES};
	char id[IMAGE_ANCHOR_MAX];
	int result;

	(void)repository_view_anchor(id, &d.image->digest);
	(void)str_addf(out, "<section class=\"image\" id=\"%s\" aria-labelledby=\"h%s\">\n", id,
	               id);
	(void)str_addf(out, "<h3 id=\"h%s\">", id);
	add_tags(&d);
	(void)str_adds(out, "</h3>\n");
	result = add_manifest(&d, &d.image->digest, "", 0, err);
	digest_map_release(&d.shown);
	(void)str_adds(out, "<p class=\"quiet\">Staged ");
	html_date(out, s->tags[d.image->first_tag].staged_at);
	(void)str_adds(out, "</p>\n</section>\n");
	return result;
}
