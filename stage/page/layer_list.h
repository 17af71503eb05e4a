/* layer_list: the layers of one image: their sizes, what made them, and what else has them. */
#ifndef DRYDOCK_STAGE_PAGE_LAYER_LIST_H
#define DRYDOCK_STAGE_PAGE_LAYER_LIST_H

#include "stage/document/manifest.h"
#include "stage/page/repository_view.h"

struct layer_list { /* all borrowed */
	const struct repository_view *view;
	uint32_t image;             /* in the survey */
	const struct manifest *doc; /* the image's */
	const json_t *config;       /* NULL: not known */
	size_t *budget;             /* of what its author wrote */
};

/*
 * How large the layers are: as they are stored, and unpacked where each of them tells: tars as they
 * are, and those with an annotation that says so (eStargz).
 */
void layer_list_sizes(const struct layer_list *list, struct str *out);
int layer_list_write(const struct layer_list *list, struct str *out, struct err *err) MUST_CHECK;

#endif
