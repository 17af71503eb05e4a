/*
 * repository_view: how the pages of one repository see it: what is known of it, where its images
 * are shown, and what commands are told. Shared by all that draws them.
 */
#ifndef DRYDOCK_STAGE_PAGE_REPOSITORY_VIEW_H
#define DRYDOCK_STAGE_PAGE_REPOSITORY_VIEW_H

#include "base/event.h"
#include "stage/page/survey.h"

struct repository_view {
	struct survey *survey; /* borrowed; what is read of its images is noted there */
	const char *pull_host; /* borrowed; NULL: a placeholder, which the script fills in */
	const char *up;        /* borrowed; from the page to the root */
	unsigned digits;       /* of pages of images (page_path); 0: all are on one page */
	const struct event_sink *sink; /* borrowed; is warned of documents that cannot be read */
};

enum { IMAGE_ANCHOR_MAX = 24, IMAGE_LINK_MAX = 96 };

/* The id of an image's section, by digits of its digest that no two of a repository share. */
const char *repository_view_anchor(char id[IMAGE_ANCHOR_MAX], const struct digest *image);
/* Where that is, as a link from any page of the repository: "_images-3f.html#i-3fa0…". */
const char *repository_view_link(char link[IMAGE_LINK_MAX], const struct repository_view *view,
                                 uint32_t image);

#endif
