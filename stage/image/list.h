/*
 * list: the images of one source, whatever wrote it, and their names (D1, D2, D3, I8).
 *
 *     image_list_load(&list, import, &rules, err)      reads the documents; nothing is published
 *     list_names_join(&list, err) …                    see list_names.h
 *     for (i = 0; i < list.count; i++) … list.images[i] …
 *     image_list_release(&list);
 */
#ifndef DRYDOCK_STAGE_IMAGE_LIST_H
#define DRYDOCK_STAGE_IMAGE_LIST_H

#include "stage/document/cosign.h"
#include "stage/document/image_choice.h"
#include "stage/image/docker_archive.h"
#include "stage/image/graph.h"

struct image {
	char path[40]; /* "index.json: manifests[2]", for messages */
	uint32_t node; /* in the graph; 0: a docker image whose manifest is not made yet */
	struct docker_image docker;  /* when node is 0 */
	enum manifest_format format; /* of the manifest that is made: OCI beside index.json */
	unsigned cosign;             /* cosign_bit of each kind that index.json lists it as */
	struct digest about;         /* what it was saved for (companions.h); DIGEST_NONE: itself */
	enum names_kind says;        /* the most that an entry of the source says of its name */
	bool chosen;                 /* an entry of it was asked for, or everything is (I10) */
	bool below;                  /* another entry of index.json lists it */
	bool unwanted;               /* it is for none of the platforms that are wanted */
	struct name_set names; /* empty: unnamed. A name with an empty tag is a repository only */
};

struct image_list {
	const struct image_names *name_rules; /* borrowed while loading */
	struct image_choice choice;           /* which of the entries are wanted */
	struct graph graph;
	struct docker_archive docker;
	struct image *images; /* owned */
	size_t count, cap;
	struct digest_map by_node; /* digest of a node -> place in `images` */
	bool cosign_layout; /* one image and what belongs to it, as `cosign save` writes them */
};

/*
 * Finds out what the source is, reads its documents, and names each image by what is said of it
 * alone. ERR_MALFORMED when there is no image in it, ERR_NOT_FOUND when none is that was asked for.
 * Release the list also after an error.
 */
int image_list_load(struct image_list *list, struct import *import,
                    const struct image_names *name_rules, struct err *err) MUST_CHECK;
void image_list_release(struct image_list *list);

#endif
