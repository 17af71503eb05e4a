/* list_images: the images of one source (stage/image/list.h), one for each manifest. */
#ifndef DRYDOCK_STAGE_IMAGE_LIST_IMAGES_H
#define DRYDOCK_STAGE_IMAGE_LIST_IMAGES_H

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
	bool waits;                  /* for another one of the list (companions.h) */
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

/* A new one, zeroed; NULL with the error. */
struct image *list_add_image(struct image_list *list, struct err *err) MUST_CHECK;
/* That of the graph's node; NULL: there is none. */
struct image *list_find_image(const struct image_list *list, uint32_t node);
/* The same, made when there is none; NULL with the error. */
struct image *list_image_of(struct image_list *list, uint32_t node, struct err *err) MUST_CHECK;

#endif
