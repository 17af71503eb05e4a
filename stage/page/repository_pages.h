/*
 * repository_pages: the pages of one repository: its tags, and its images below them or, where
 * these are many, on pages of their own. Which images share such a page follows from their digests
 * alone, so that a new one changes one of them.
 */
#ifndef DRYDOCK_STAGE_PAGE_REPOSITORY_PAGES_H
#define DRYDOCK_STAGE_PAGE_REPOSITORY_PAGES_H

#include "stage/page/page_files.h"
#include "stage/page/survey.h"

enum {
	IMAGES_A_PAGE = 48,       /* about: more go on several pages */
	PAGE_BYTES_MAX = 1 << 29, /* of one page */
};

struct repository_pages {
	struct survey *survey;         /* borrowed */
	struct page_files *files;      /* borrowed */
	const char *site;              /* borrowed; what the catalogue is called */
	const char *pull_host;         /* borrowed; NULL: where the page was loaded from */
	const struct event_sink *sink; /* borrowed */
};

int repository_pages_write(const struct repository_pages *pages, struct err *err) MUST_CHECK;

/* How many digits of their digests tell on which page so many images are; 0: all on one. */
unsigned repository_pages_digits(size_t images);

#endif
