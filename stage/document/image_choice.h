/*
 * image_choice: which of a source's images were asked for, by --image or behind the path of a
 * source, as skopeo has it (I10). What is asked for is a name as it stands in the archive (a tag
 * alone where a layout has no more), the same name in any other form, the digest of its manifest
 * or, in a docker-archive, of its config, or "@N" for entry N of index.json or manifest.json, from
 * 0.
 *
 *     image_choice_init(&choice, asked, count, hosts, err)
 *     image_choice_takes(&choice, number, &digest, &from, err)    for each entry
 *     image_choice_check(&choice, err)                   whether each was there
 *     image_choice_release(&choice)
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_IMAGE_CHOICE_H
#define DRYDOCK_STAGE_DOCUMENT_IMAGE_CHOICE_H

#include "base/nearest.h"
#include "stage/document/image_names.h"

#include <stdint.h>

#define IMAGE_CHOICE_NO_NUMBER SIZE_MAX

struct image_choice_asked {
	const char *text;       /* borrowed */
	size_t number;          /* of "@N"; else IMAGE_CHOICE_NO_NUMBER */
	struct digest digest;   /* that of "sha256:…" or "app@sha256:…"; else DIGEST_NONE */
	struct name_set name;   /* the text as a whole name; empty when it cannot be one */
	struct name_set found;  /* the name of the first entry that it took; empty if that has none
	                         */
	struct nearest nearest; /* to the text, of all names that are there */
	bool was_there;
};

struct image_choice {
	struct image_choice_asked *asked; /* owned */
	enum name_hosts hosts;            /* which stay in a name when names are compared */
	size_t count;                     /* 0: nothing was asked for, every image is taken */
	struct name_set there;            /* what the archive has, for messages; not all of many */
	bool more;                        /* `there` is not all */
};

/* The texts are borrowed. Release also after an error. */
int image_choice_init(struct image_choice *choice, const char *const *asked, size_t count,
                      enum name_hosts hosts, struct err *err) MUST_CHECK;
void image_choice_release(struct image_choice *choice);

/*
 * 1 when the entry is asked for, else 0. `from` has one name at most, but for a ref.name that is
 * the tag of it. ERR_USAGE when a tag alone could mean images of several names.
 */
int image_choice_takes(struct image_choice *choice, size_t number, const struct digest *digest,
                       const struct name_sources *from, struct err *err) MUST_CHECK;

/* ERR_NOT_FOUND, with the names that are there and the nearest of them, when one that was asked for
 * is not. */
int image_choice_check(const struct image_choice *choice, struct err *err) MUST_CHECK;

#endif
