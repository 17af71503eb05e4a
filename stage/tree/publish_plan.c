#include "stage/tree/publish_plan.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "db/state/object.h"
#include "stage/image/graph_walk.h"

#include <string.h>

enum { PLATFORMS_MAX_BYTES = 1 << 16 };

void publish_plan_release(struct publish_plan *plan)
{
	temp_store_release(&plan->store);
	scratch_release(&plan->scratch);
	digest_map_release(&plan->counted);
	text_set_release(&plan->manifests);
	text_set_release(&plan->tags);
	case_twins_release(&plan->twins);
}

struct planning {
	struct publish_plan *plan;
	struct import *import;
	const struct name_set *names;
	struct event_stage *image; /* its counts */
	struct str platforms;      /* owned: of the image's manifests */
};

/* Whether publishing it would add a file (publish.c: move_new). What has rotted is no addition. */
static int is_new(const struct planning *p, const struct digest *digest, struct err *err)
{
	struct db *db = p->import->root->db;
	char key[KEY_MAX];
	uint32_t ignored;
	int got;

	if (digest_map_get(&p->plan->counted, digest, &ignored))
		return 0;
	got = object_with_digest(db, digest, CLASS_BLOB, key, err);
	if (got == 0)
		got = object_with_digest(db, digest, CLASS_MANIFEST, key, err);
	return got < 0 ? -1 : got == 0;
}

static int add_manifest(struct planning *p, const struct node *node, struct err *err)
{
	char key[KEY_MAX];

	for (size_t i = 0; i < p->names->count; i++)
		if (text_set_add(&p->plan->manifests,
		                 layout_manifest(key, p->names->names[i].repo, &node->digest),
		                 err) < 0)
			return -1;
	if (node->kind == MANIFEST_IMAGE && node->platform[0] &&
	    strcmp(node->platform, "unknown/unknown") != 0)
		(void)str_addf(&p->platforms, "%s%s", p->platforms.len ? " " : "", node->platform);
	return 0;
}

static int add_object(void *context, const struct digest *digest, uint64_t size_bytes,
                      const struct node *node, struct err *err)
{
	struct planning *p = context;
	struct temp_store *store = &p->import->store;
	uint32_t number = temp_store_find(store, digest);
	int fresh = is_new(p, digest, err);

	if (fresh < 0 || digest_map_put(&p->plan->counted, digest, 1, err) < 0)
		return -1;
	if (number && temp_store_get(store, number)->plan == TEMP_UNPLANNED)
		temp_store_get(store, number)->plan = TEMP_PLANNED;
	*(fresh ? &p->image->new_blobs : &p->image->old_blobs) += 1;
	*(fresh ? &p->image->new_bytes : &p->image->old_bytes) += size_bytes;
	p->image->bytes += size_bytes;
	return node ? add_manifest(p, node, err) : 0;
}

/* A tag that cannot be is refused before anything of its image counts, as publish.c has it. */
static int check_tag(struct planning *p, const struct image_name *name, struct err *err)
{
	char key[KEY_MAX];
	int got;

	if (layout_check_tag(name->tag, err) < 0)
		return -1;
	if (!name->tag[0] || text_set_has(&p->plan->tags, layout_tag(key, name->repo, name->tag)))
		return 0;
	got = object_has(p->import->root->db, key, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	return case_twins_check(&p->plan->twins, p->import->root, name->repo, name->tag, err);
}

static int plan_tag(struct planning *p, const struct image_name *name, struct event_stage *event,
                    struct err *err)
{
	struct publish_plan *plan = p->plan;
	struct object_row row;
	char key[KEY_MAX];
	int fresh, got;

	fresh = text_set_add(&plan->tags, layout_tag(key, name->repo, name->tag), err);
	got = fresh < 0 ? -1 : object_get(p->import->root->db, key, &row, err);
	if (got < 0)
		return -1;
	event->verb = got == 0 && fresh ? STAGE_ADD : STAGE_SAME;
	if (got > 0 && fresh && !digest_equal(&row.digest, &event->digest)) {
		event->verb = STAGE_MOVE;
		event->old_digest = row.digest;
	}
	return 0;
}

static void count_tag(struct event_stage_summary *totals, enum stage_verb verb)
{
	totals->tags_new += verb == STAGE_ADD;
	totals->tags_moved += verb == STAGE_MOVE;
	totals->tags_same += verb == STAGE_SAME;
}

static int plan_names(struct planning *p, const struct event_stage *image, struct err *err)
{
	struct event event = {.type = EVENT_STAGE, .u.stage = *image};
	bool tagged = p->names->names[0].tag[0] != '\0';

	p->plan->totals.images += tagged;
	for (size_t i = 0; i < p->names->count; i++) {
		const struct image_name *name = &p->names->names[i];
		struct event_stage *stage = &event.u.stage;

		stage->name = name->repo;
		stage->tag = name->tag;
		stage->verb = image->new_blobs ? STAGE_ADD : STAGE_SAME;
		if (name->tag[0]) {
			if (plan_tag(p, name, stage, err) < 0)
				return -1;
			count_tag(&p->plan->totals, stage->verb);
		}
		event_emit(p->import->sink, &event);
		stage->new_blobs = stage->new_bytes = 0;
		stage->old_blobs = stage->old_bytes = 0;
		stage->old_digest.alg = DIGEST_NONE;
	}
	return 0;
}

int publish_plan_add(struct publish_plan *plan, struct import *import, const struct graph *graph,
                     uint32_t number, const struct name_set *names, struct err *err)
{
	const struct node *node = graph_node(graph, number);
	struct event_stage image = {.digest = node->digest, .media_type = node->media_type};
	struct planning p = {plan, import, names, &image, STR_INIT(PLATFORMS_MAX_BYTES)};
	struct event_stage_summary *totals = &plan->totals;
	uint64_t room;
	int result = 0;

	for (size_t i = 0; result == 0 && i < names->count; i++)
		result = check_tag(&p, &names->names[i], err);
	if (result == 0)
		result = graph_each(graph, number, add_object, &p, err);
	image.platforms = str_text(&p.platforms);
	if (result == 0) {
		totals->new_blobs += image.new_blobs;
		totals->new_bytes += image.new_bytes;
		totals->old_blobs += image.old_blobs;
		totals->old_bytes += image.old_bytes;
		result = plan_names(&p, &image, err);
	}
	if (result == 0)
		result = file_check_room(import->root->tmp, totals->new_bytes, &room, err);
	str_release(&p.platforms);
	return result;
}
