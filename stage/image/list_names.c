#include "stage/image/list_names.h"

#include "db/state/object_places.h"
#include "stage/document/tag_claims.h"
#include "stage/image/graph_walk.h"

static int add_repo(void *context, const char *repo, struct err *err)
{
	return name_set_add(context, repo, "", err);
}

/* Gives an unnamed referrer the repositories of its subject. */
static int join_subject(struct image_list *list, struct image *image, struct err *err)
{
	const struct digest *subject = &graph_node(&list->graph, image->node)->subject;

	for (size_t i = 0; i < list->count; i++) {
		const struct image *other = &list->images[i];
		int got;

		if (!other->node || other->names.count == 0)
			continue;
		got = graph_reaches(&list->graph, other->node, subject, err);
		for (size_t k = 0; got > 0 && k < other->names.count; k++)
			if (name_set_add(&image->names, other->names.names[k].repo, "", err) < 0)
				return -1;
		if (got < 0)
			return -1;
	}
	if (!image->chosen)
		return 0; /* it goes with images that were asked for, not with what the root has */
	return object_places_each(list->graph.import->root->db, subject, CLASS_MANIFEST, add_repo,
	                          &image->names, err);
}

/* Referrers of referrers are named in the round after their subjects. */
static int join_subjects(struct image_list *list, struct err *err)
{
	bool changed = true;

	for (int round = 0; changed && round < GRAPH_DEPTH_MAX; round++) {
		changed = false;
		for (size_t i = 0; i < list->count; i++) {
			struct image *image = &list->images[i];

			if (!image->node || image->names.count > 0 ||
			    graph_node(&list->graph, image->node)->subject.alg == DIGEST_NONE)
				continue;
			if (join_subject(list, image, err) < 0)
				return -1;
			if (image->names.count == 0)
				continue;
			image->about = graph_node(&list->graph, image->node)->subject;
			changed = true;
		}
	}
	return 0;
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
	struct tag_claims claims = {.digests = NULL};
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
