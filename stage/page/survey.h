/*
 * survey: what the state knows of one repository: its tags, the images that they name, and which
 * layers these share. A repository is the most that is in memory at a time.
 *
 *     struct survey survey;
 *     if (survey_open(&survey, root, repo, err) < 0) …
 *     … survey.tags[i], survey.images[survey.tags[i].image] …           survey_close(&survey);
 *
 * The cost is linear in tags, manifests and edges.
 */
#ifndef DRYDOCK_STAGE_PAGE_SURVEY_H
#define DRYDOCK_STAGE_PAGE_SURVEY_H

#include "base/digest_map.h"
#include "base/str.h"
#include "db/root/root.h"

enum {
	SURVEY_TEXT_MAX = 1 << 30,
	SURVEY_SHARED = 3,    /* images that are named of those which have a layer */
	SURVEY_ELSEWHERE = 4, /* and other repositories */
};

struct survey_tag {
	size_t name; /* in `texts` */
	struct digest digest;
	int64_t staged_at; /* seconds, UTC */
	uint32_t image;    /* in `images` */
	uint32_t next;     /* the image's next tag, + 1; 0: none */
	bool companion;    /* cosign's, of an image that its name holds: sha256-<hex>.sig */
};

struct survey_image {
	struct digest digest;
	uint64_t bytes;               /* of all that it reaches and is here, each once */
	uint32_t first_tag, last_tag; /* in `tags` */
	size_t platforms; /* in `texts`: "linux/amd64, linux/arm64", or an artifact's type; 0: "" */
	uint32_t layers;
	int64_t created_at; /* seconds, UTC; 0: not said. Whoever reads its config fills it in */
	uint32_t attached;  /* what refers to it: the same */
};

struct survey_layer {
	uint32_t images; /* that have it */
	uint32_t first[SURVEY_SHARED];
	size_t elsewhere; /* in `texts`: "a, b and more", other repositories; 0: not looked yet */
};

struct survey {
	const struct root *root; /* borrowed */
	const char *repo;        /* borrowed */
	struct str texts;        /* each with its NUL; the first is "" */
	struct survey_tag *tags; /* owned; newest first, companions last */
	size_t tag_count, tag_cap;
	struct survey_image *images; /* owned; in the order of their first tags */
	size_t image_count, image_cap;
	struct survey_layer *layers; /* owned */
	size_t layer_count, layer_cap;
	struct digest_map image_of, layer_of; /* by digest: which of those */
	size_t platforms;                     /* in `texts`: of all images, a few of them */
	uint64_t bytes;                       /* of all that the repository holds, each once */
	uint64_t unshared_bytes;              /* what its images would take if none shared */
	int64_t staged_at;                    /* of its newest tag; 0: it has none */
};

int survey_open(struct survey *s, const struct root *root, const char *repo,
                struct err *err) MUST_CHECK;
void survey_close(struct survey *s);

const char *survey_text(const struct survey *s, size_t at);
/* The layer with that digest; NULL: no image's. */
const struct survey_layer *survey_layer(const struct survey *s, const struct digest *d);
/* Other repositories that have it; "" for none. NULL with `err`. */
const char *survey_elsewhere(struct survey *s, const struct digest *layer, struct err *err);

#endif
