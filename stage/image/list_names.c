#include "stage/image/list_names.h"

#include "base/array.h"
#include "base/digest_map.h"
#include "db/state/object_places.h"
#include "stage/document/tag_claims.h"
#include "stage/image/graph_walk.h"

#include <stdlib.h>

static int add_repo(void *context, const char *repo, struct err *err)
{
	return name_set_add(context, repo, "", err);
}

/* Which named images have a document, present below them: a list for each digest. */
struct holders {
	struct digest_map last; /* digest -> place in `list` + 1 */
	struct holder {
		size_t image;
		uint32_t next; /* place in `list` + 1; 0: the end */
	} * list;              /* owned */
	size_t count, cap;
	size_t image; /* whose documents are noted */
};

static int note_holder(void *context, const struct digest *digest, uint64_t size_bytes,
                       const struct node *node, struct err *err)
{
	struct holders *h = context;
	uint32_t next = 0;

	(void)size_bytes;
	if (!node)
		return 0;
	if (array_room(&h->list, h->count, &h->cap, err) < 0)
		return -1;
	(void)digest_map_get(&h->last, digest, &next);
	h->list[h->count++] = (struct holder){h->image, next};
	return digest_map_put(&h->last, digest, (uint32_t)h->count, err);
}

static int note_image(struct holders *h, const struct image_list *list, size_t i, struct err *err)
{
	if (!list->images[i].node || list->images[i].names.count == 0)
		return 0;
	h->image = i;
	return graph_each(&list->graph, list->images[i].node, note_holder, h, err);
}

/* Gives an unnamed referrer the repositories of its subject. */
static int join_subject(struct image_list *list, const struct holders *holders, struct image *image,
                        struct err *err)
{
	const struct digest *subject = &graph_node(&list->graph, image->node)->subject;
	uint32_t at = 0;

	(void)digest_map_get(&holders->last, subject, &at);
	for (; at; at = holders->list[at - 1].next) {
		const struct name_set *names = &list->images[holders->list[at - 1].image].names;

		for (size_t k = 0; k < names->count; k++)
			if (name_set_add(&image->names, names->names[k].repo, "", err) < 0)
				return -1;
	}
	if (!image->chosen)
		return 0; /* it goes with images that were asked for, not with what the root has */
	return object_places_each(list->graph.import->root->db, subject, CLASS_MANIFEST, add_repo,
	                          &image->names, err);
}

static const struct digest *subject_of(const struct image_list *list, const struct image *image)
{
	return &graph_node(&list->graph, image->node)->subject;
}

/*
 * Whether its subject may yet get names here: itself a referrer that has none. What the root has of
 * the subject is then not all.
 */
static bool subject_may_follow(const struct image_list *list, const struct image *image)
{
	const struct image *subject;
	uint32_t at;

	if (!digest_map_get(&list->by_node, subject_of(list, image), &at))
		return false;
	subject = &list->images[at];
	return subject->names.count == 0 && subject->node &&
	       subject_of(list, subject)->alg != DIGEST_NONE;
}

/* 1 when a referrer got names. `last`: whatever its subject is still without. */
static int join_round(struct image_list *list, struct holders *holders, bool last, struct err *err)
{
	int changed = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct image *image = &list->images[i];

		if (!image->node || image->names.count > 0 ||
		    subject_of(list, image)->alg == DIGEST_NONE ||
		    (!last && subject_may_follow(list, image)))
			continue;
		if (join_subject(list, holders, image, err) < 0)
			return -1;
		if (image->names.count == 0)
			continue;
		image->about = *subject_of(list, image);
		if (note_image(holders, list, i, err) < 0)
			return -1;
		changed = 1;
	}
	return changed;
}

/* Referrers of referrers are named after their subjects. */
static int join_subjects(struct image_list *list, struct err *err)
{
	struct holders holders = {.last = DIGEST_MAP_INIT};
	int result = 0;

	for (size_t i = 0; result == 0 && i < list->count; i++)
		result = note_image(&holders, list, i, err);
	for (int last = 0; result >= 0 && last <= 1; last++) {
		result = 1;
		for (int round = 0; result > 0 && round < GRAPH_DEPTH_MAX; round++)
			result = join_round(list, &holders, last, err);
	}
	digest_map_release(&holders.last);
	free(holders.list);
	return result < 0 ? -1 : 0;
}

/* A referrer alone in its archive, whose subject is nowhere, takes --name after all. */
static int name_lone_referrer(struct image_list *list, struct err *err)
{
	struct name_sources from = {NULL, NULL, NULL, 0};
	struct image *lone = NULL;

	for (size_t i = 0; i < list->count; i++) {
		if (!list->images[i].chosen)
			continue;
		if (lone)
			return 0;
		lone = &list->images[i];
	}
	if (!lone || lone->names.count > 0)
		return 0;
	return image_names_choose(list->name_rules, &from, &lone->names, err);
}

int list_names_join(struct image_list *list, struct err *err)
{
	return join_subjects(list, err) < 0 ? -1 : name_lone_referrer(list, err);
}

/*
 * Two images of one source with one tag: seen before anything is published. The manifest of a
 * docker-archive's image is not made yet, but its config tells images apart as well.
 */
static int check_tags(const struct image_list *list, struct err *err)
{
	struct tag_claims claims = {.claims = NULL};
	int result = 0;

	for (size_t i = 0; result == 0 && i < list->count; i++) {
		const struct image *image = &list->images[i];

		if (image->unwanted)
			continue;
		result = tag_claims_check(&claims, &image->names,
		                          image->node
		                                  ? &graph_node(&list->graph, image->node)->digest
		                                  : &image->docker.config.digest,
		                          err);
	}
	tag_claims_release(&claims);
	return result;
}

/* Images of one source under one --name: only where each says its own tag, and no more. */
static int check_wanted(const struct image_list *list, struct err *err)
{
	const struct reference *wanted = list->name_rules->wanted;
	size_t tagged = 0, tags = 0;

	for (size_t i = 0; wanted && i < list->count; i++) {
		const struct image *image = &list->images[i];

		if (image->unwanted || image->names.count == 0 || !image->names.names[0].tag[0] ||
		    cosign_only_companion(image->cosign))
			continue;
		tagged++;
		tags += image->says == NAMES_TAG;
	}
	if (tagged <= 1 || (tags == tagged && !wanted->tag[0]))
		return 0;
	return err_set(err, ERR_USAGE,
	               "%zu images are in it, one --name cannot stand for all of them (--image "
	               "chooses one)",
	               tagged);
}

/* No image has a name. */
static int nothing_named(const struct image_list *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->images[i].says == NAMES_TAG)
			return err_set(err, ERR_USAGE,
			               "the archive gives the image a tag, but no name: give it "
			               "one with --name");
	return err_set(err, ERR_USAGE,
	               "the image has no name in the archive (a digest or an image id is none): "
	               "give it one with --name");
}

/* Of the images that are not another's some must be for a platform that is wanted. */
static int check_platforms(const struct image_list *list, struct err *err)
{
	size_t wanted = 0, unwanted = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct image *image = &list->images[i];

		unwanted += image->unwanted;
		wanted += image->names.count > 0 && !image->unwanted &&
		          image->about.alg == DIGEST_NONE;
	}
	if (wanted > 0 || unwanted == 0)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "no image for any of the platforms in it");
}

int list_names_check(const struct image_list *list, struct err *err)
{
	const struct import *import = list->graph.import;
	size_t named = 0;

	if (check_wanted(list, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		named += list->images[i].names.count > 0;
	if (named == 0)
		return nothing_named(list, err);
	if (check_platforms(list, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (list->images[i].names.count == 0 && list->images[i].chosen &&
		    !list->images[i].below)
			event_warning(import->sink, "%s: %s has no name: skipped",
			              import->source.text, list->images[i].path);
	return check_tags(list, err);
}
