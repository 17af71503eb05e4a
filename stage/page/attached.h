/*
 * attached: what says something about a manifest: its provenance in the same index (BuildKit's
 * attestations), its referrers, and cosign's tags. Whether any of it can be trusted is not looked
 * at.
 */
#ifndef DRYDOCK_STAGE_PAGE_ATTACHED_H
#define DRYDOCK_STAGE_PAGE_ATTACHED_H

#include "stage/document/manifest.h"
#include "stage/page/repository_view.h"

struct attached { /* all borrowed */
	const struct repository_view *view;
	struct survey_image *image; /* whose count of what is attached grows */
	const struct manifest *doc;
	const struct digest *digest; /* of `doc` */
	size_t *budget;              /* of what others wrote */
};

/* Appends a list, or nothing where nothing is attached. */
int attached_write(const struct attached *attached, struct str *out, struct err *err) MUST_CHECK;

#endif
