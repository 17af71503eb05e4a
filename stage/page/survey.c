#include "stage/page/survey.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/layout.h"
#include "base/media_type.h"
#include "base/text_set.h"
#include "db/state/manifest_walk.h"
#include "db/state/object_places.h"
#include "db/state/status.h"
#include "db/state/tag.h"
#include "stage/document/cosign.h"
#include "stage/registry/tag_list.h"

#include <stdlib.h>
#include <string.h>

enum { PLATFORMS_SHOWN = 8, OBJECTS_PAGE = 64 };

const char *survey_text(const struct survey *s, size_t at)
{
	return s->texts.data + at;
}

/* Keeps a text; *at says where. */
static int keep(struct survey *s, const char *text, size_t *at, struct err *err)
{
	*at = s->texts.len;
	(void)str_add(&s->texts, text, strlen(text) + 1);
	return str_check(&s->texts, "texts of a repository", err);
}

/* ---- Tags and images ------------------------------------------------------------------------ */

/* The digest that a companion's name holds says whose it is; any that is so made up counts. */
static bool is_companion(const char *tag)
{
	static const char *const suffixes[] = {".sig", ".att", ".sbom"};
	size_t hex;

	if (strncmp(tag, "sha256-", 7) != 0 && strncmp(tag, "sha512-", 7) != 0)
		return false;
	hex = strspn(tag + 7, "0123456789abcdef");
	for (size_t i = 0; hex == 64 && i < 3; i++)
		if (strcmp(tag + 7 + hex, suffixes[i]) == 0)
			return true;
	return false;
}

static int take_tag(void *context, const struct tag_row *row, struct err *err)
{
	struct survey *s = context;
	struct survey_tag *tag;

	if (layout_is_fallback_tag_name(row->name))
		return 0;
	if (array_room(&s->tags, s->tag_count, &s->tag_cap, err) < 0)
		return -1;
	tag = &s->tags[s->tag_count++];
	*tag = (struct survey_tag){.digest = row->digest,
	                           .staged_at = row->staged_at,
	                           .companion = is_companion(row->name)};
	if (row->staged_at > s->staged_at)
		s->staged_at = row->staged_at;
	return keep(s, row->name, &tag->name, err);
}

struct by_age {
	const struct survey *survey;
	struct survey_tag tag;
};

/* qsort has no context: each element brings it along. */
static int compare_age(const void *a, const void *b)
{
	const struct by_age *x = a, *y = b;

	if (x->tag.companion != y->tag.companion)
		return x->tag.companion ? 1 : -1;
	if (x->tag.staged_at != y->tag.staged_at)
		return x->tag.staged_at > y->tag.staged_at ? -1 : 1;
	return tag_version_compare(survey_text(y->survey, y->tag.name),
	                           survey_text(x->survey, x->tag.name));
}

static int sort_tags(struct survey *s, struct err *err)
{
	AUTO_FREE struct by_age *sorted = calloc(s->tag_count + 1, sizeof(*sorted));

	if (!sorted)
		return err_memory(err);
	for (size_t i = 0; i < s->tag_count; i++)
		sorted[i] = (struct by_age){s, s->tags[i]};
	qsort(sorted, s->tag_count, sizeof(*sorted), compare_age);
	for (size_t i = 0; i < s->tag_count; i++)
		s->tags[i] = sorted[i].tag;
	return 0;
}

static int find_images(struct survey *s, struct err *err)
{
	for (uint32_t i = 0; i < s->tag_count; i++) {
		struct survey_tag *tag = &s->tags[i];

		if (digest_map_get(&s->image_of, &tag->digest, &tag->image)) {
			s->tags[s->images[tag->image].last_tag].next = i + 1;
			s->images[tag->image].last_tag = i;
			continue;
		}
		if (array_room(&s->images, s->image_count, &s->image_cap, err) < 0)
			return -1;
		tag->image = (uint32_t)s->image_count;
		s->images[s->image_count++] =
			(struct survey_image){.digest = tag->digest, .first_tag = i, .last_tag = i};
		if (digest_map_put(&s->image_of, &tag->digest, tag->image, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- What is in an image --------------------------------------------------------------------- */

struct platforms {
	struct survey *survey;
	struct str text;
	bool is_index;
	struct text_set *all; /* borrowed: of the repository */
};

static int add_platform(struct platforms *p, const char *platform, struct err *err)
{
	(void)str_addf(&p->text, "%s%s", p->text.len ? ", " : "", platform);
	return text_set_add(p->all, platform, err) < 0 ? -1 : 0;
}

static int see_edge(void *context, const struct edge_row *edge, struct err *err)
{
	if (edge->role != EDGE_MANIFEST || !edge->present || !edge->platform[0] ||
	    strcmp(edge->platform, "unknown/unknown") == 0)
		return 0;
	return add_platform(context, edge->platform, err);
}

static int see_manifest(void *context, const struct manifest_row *row, struct err *err)
{
	struct platforms *p = context;

	p->is_index = media_type_manifest(row->media_type) == MANIFEST_INDEX;
	if (row->platform)
		return add_platform(p, row->platform, err);
	if (row->artifact_type)
		(void)str_adds(&p->text, row->artifact_type);
	return 0;
}

static int see_platforms(struct survey *s, struct survey_image *image, struct text_set *all,
                         struct err *err)
{
	struct platforms p = {s, STR_INIT(SURVEY_TEXT_MAX), false, all};
	struct db *db = s->root->db;
	int result = manifest_get(db, &image->digest, see_manifest, &p, err);

	if (result >= 0 && p.is_index)
		result = edges_each(db, &image->digest, see_edge, &p, err);
	if (result >= 0 && p.text.len > 0)
		result = keep(s, str_text(&p.text), &image->platforms, err);
	str_release(&p.text);
	return result < 0 ? -1 : 0;
}

struct layers {
	struct survey *survey;
	uint32_t image;
};

static int see_layer(void *context, const struct walk_visit *visit, struct err *err)
{
	const struct layers *l = context;
	struct survey *s = l->survey;
	struct survey_layer *layer;
	uint32_t at;

	if (visit->role != EDGE_LAYER || visit->step != WALK_ENTER)
		return WALK_INTO;
	if (!digest_map_get(&s->layer_of, &visit->digest, &at)) {
		if (array_room(&s->layers, s->layer_count, &s->layer_cap, err) < 0)
			return -1;
		at = (uint32_t)s->layer_count;
		s->layers[s->layer_count++] = (struct survey_layer){.images = 0};
		if (digest_map_put(&s->layer_of, &visit->digest, at, err) < 0)
			return -1;
	}
	layer = &s->layers[at];
	if (layer->images < SURVEY_SHARED)
		layer->first[layer->images] = l->image;
	layer->images++;
	s->images[l->image].layers++;
	return WALK_INTO;
}

static int see_image(struct survey *s, uint32_t at, struct text_set *platforms, struct err *err)
{
	struct layers layers = {s, at};
	struct manifest_walk walk = {.db = s->root->db, .fn = see_layer, .context = &layers};
	struct survey_image *image = &s->images[at];
	int result = manifest_walk_from(&walk, &image->digest, err);

	manifest_walk_release(&walk);
	if (result < 0 || see_platforms(s, image, platforms, err) < 0 ||
	    status_image_bytes(s->root->db, &image->digest, &image->bytes, err) < 0)
		return -1;
	s->unshared_bytes += image->bytes;
	return 0;
}

static int see_images(struct survey *s, struct err *err)
{
	struct text_set platforms = TEXT_SET_INIT;
	AUTO_STR struct str text = STR_INIT(SURVEY_TEXT_MAX);
	int result = 0, shown = 0;

	for (uint32_t i = 0; result == 0 && i < s->image_count; i++)
		result = see_image(s, i, &platforms, err);
	for (const char *at = text_set_first(&platforms); at;
	     at = text_set_next(&platforms, at), shown++)
		if (shown < PLATFORMS_SHOWN)
			(void)str_addf(&text, "%s%s", shown ? ", " : "", at);
		else if (shown == PLATFORMS_SHOWN)
			(void)str_adds(&text, " and others");
	text_set_release(&platforms);
	return result < 0 ? -1 : keep(s, str_text(&text), &s->platforms, err);
}

/* ---- The repository ------------------------------------------------------------------------- */

static int add_bytes(struct survey *s, enum layout_folder folder, struct object_row *rows,
                     struct err *err)
{
	struct layout_range range;
	int count;

	layout_range(&range, s->repo, folder);
	do {
		count = object_page(s->root->db, range.after, range.until, rows, OBJECTS_PAGE, err);
		for (int i = 0; i < count; i++)
			if (object_class_immutable(rows[i].object_class))
				s->bytes += rows[i].size_bytes;
		if (count > 0)
			memcpy(range.after, rows[count - 1].key, sizeof(range.after));
	} while (count == OBJECTS_PAGE);
	return count < 0 ? -1 : 0;
}

static int sum_bytes(struct survey *s, struct err *err)
{
	AUTO_FREE struct object_row *rows = calloc(OBJECTS_PAGE, sizeof(*rows));

	if (!rows)
		return err_memory(err);
	if (add_bytes(s, LAYOUT_BLOBS, rows, err) < 0)
		return -1;
	return add_bytes(s, LAYOUT_MANIFESTS, rows, err);
}

int survey_open(struct survey *s, const struct root *root, const char *repo, struct err *err)
{
	size_t none;

	*s = (struct survey){.root = root, .repo = repo, .texts = STR_INIT(SURVEY_TEXT_MAX)};
	if (keep(s, "", &none, err) == 0 &&
	    tag_each(root->db, repo, TAGS_LIVE, take_tag, s, err) == 0 && sort_tags(s, err) == 0 &&
	    find_images(s, err) == 0 && see_images(s, err) == 0 && sum_bytes(s, err) == 0)
		return 0;
	survey_close(s);
	return -1;
}

void survey_close(struct survey *s)
{
	str_release(&s->texts);
	free(s->tags);
	free(s->images);
	free(s->layers);
	digest_map_release(&s->image_of);
	digest_map_release(&s->layer_of);
}

const struct survey_layer *survey_layer(const struct survey *s, const struct digest *d)
{
	uint32_t at;

	return digest_map_get(&s->layer_of, d, &at) ? &s->layers[at] : NULL;
}

struct elsewhere {
	const char *repo;
	struct str text;
	int found;
};

/* A layer that every repository has is not asked for to the end: 1 ends the walk. */
static int see_place(void *context, const struct object_place *place, struct err *err)
{
	struct elsewhere *e = context;
	struct key_parts parts;

	(void)err;
	if (place->object_class != CLASS_BLOB || !layout_parse(&parts, place->key) ||
	    strcmp(parts.repo, e->repo) == 0)
		return 0;
	if (e->found == SURVEY_ELSEWHERE) {
		(void)str_adds(&e->text, " and others");
		return 1;
	}
	(void)str_addf(&e->text, "%s%s", e->found++ ? ", " : "", parts.repo);
	return 0;
}

const char *survey_elsewhere(struct survey *s, const struct digest *layer, struct err *err)
{
	struct elsewhere e = {.repo = s->repo, .text = STR_INIT(SURVEY_TEXT_MAX)};
	uint32_t at;
	int result;

	if (!digest_map_get(&s->layer_of, layer, &at))
		return "";
	if (s->layers[at].elsewhere)
		return survey_text(s, s->layers[at].elsewhere);
	result = object_places_walk(s->root->db, layer, see_place, &e, err);
	if (result >= 0)
		result = keep(s, str_text(&e.text), &s->layers[at].elsewhere, err);
	str_release(&e.text);
	return result < 0 ? NULL : survey_text(s, s->layers[at].elsewhere);
}
