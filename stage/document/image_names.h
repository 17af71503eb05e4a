/*
 * image_names: under which repositories and tags an image is published (I8).
 *
 * What can name an image, the first that there is: --name; the annotation io.containerd.image.name;
 * a full org.opencontainers.image.ref.name (containerd writes only the tag there, podman a whole
 * reference); RepoTags. A tag that is missing is taken from a bare ref.name, else it is `latest`.
 * A --name without a tag takes the tags of the image's own names. A name by digest
 * (app@sha256:<hex>) names no tag, and an image id (sha256:<hex>) no repository: both name nothing.
 * A ref.name that is no tag is an error only when nothing else names the image.
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_IMAGE_NAMES_H
#define DRYDOCK_STAGE_DOCUMENT_IMAGE_NAMES_H

#include "base/name.h"

#include <stddef.h>

#define ANNOTATION_CONTAINERD_NAME "io.containerd.image.name"
#define ANNOTATION_REF_NAME        "org.opencontainers.image.ref.name"
#define IMAGE_NAMES_DEFAULT_TAG    "latest"

/* One repository and tag, both checked by the grammar. */
struct image_name {
	char *repo;      /* owned; the tag lies in the same memory */
	const char *tag; /* "": only the repository is meant */
};

/* A set without duplicates, in the order of adding. Zero-initialise; release. */
struct name_set {
	struct image_name *names; /* owned */
	size_t count, cap;
};

/* What an archive says of one image. All borrowed; NULL or 0 where it says nothing. */
struct name_sources {
	const char *containerd_name;  /* ANNOTATION_CONTAINERD_NAME */
	const char *ref_name;         /* ANNOTATION_REF_NAME: a full name, or a tag alone */
	const char *const *repo_tags; /* RepoTags of manifest.json */
	size_t repo_tag_count;
};

/* Called for a name whose host was dropped. */
typedef void (*image_names_note_fn)(void *context, const char *text, const char *repo);

struct image_names {                    /* the rules by which names are chosen */
	const struct reference *wanted; /* --name, borrowed; NULL: not given */
	enum name_hosts hosts;          /* which hosts stay in a name */
	image_names_note_fn note;       /* NULL: nothing is told */
	void *context;                  /* borrowed, for `note` */
};

/* Adds the names of one image; adds none when nothing names it. ERR_REFUSED for a bad name. */
int image_names_choose(const struct image_names *rules, const struct name_sources *from,
                       struct name_set *out, struct err *err) MUST_CHECK;

enum names_kind {             /* what an archive says of one image's name */
	          NAMES_NONE, /* nothing that names it */
	          NAMES_ODD,  /* a ref.name that is no tag, such as the version 1.0.0+build.5 */
	          NAMES_TAG,  /* a tag without a repository */
	          NAMES_FULL, /* a repository */
};
enum names_kind image_names_kind(const struct name_sources *from);

int name_set_add(struct name_set *set, const char *repo, const char *tag,
                 struct err *err) MUST_CHECK;
/* Those behind it move up. */
void name_set_drop(struct name_set *set, size_t index);
void name_set_release(struct name_set *set);

#endif
