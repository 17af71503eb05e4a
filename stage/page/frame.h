/*
 * frame: what all pages have around their content. Style and script stand in the page itself, and
 * its policy (CSP by meta) allows these two, by their hashes, and nothing else: no page loads
 * anything, and what an archive might get into one would not run.
 *
 *     struct frame frame = {.site = "Images", .heading = "app", .up = "../../"};
 *     if (frame_begin(&frame, out, err) < 0) …      content …      frame_end(out);
 *
 * The sources are style.css and script.js.
 */
#ifndef DRYDOCK_STAGE_PAGE_FRAME_H
#define DRYDOCK_STAGE_PAGE_FRAME_H

#include "base/str.h"

struct frame {               /* all borrowed, and plain text */
	const char *site;    /* what the catalogue is called */
	const char *heading; /* of this page */
	const char *up;      /* from this page to the root: "", "../../" */
	const char *back;    /* heading of the page above this one but the first; NULL: none … */
	const char *back_to; /* … and its address */
};

int frame_begin(const struct frame *frame, struct str *out, struct err *err) MUST_CHECK;
void frame_end(struct str *out);

/* What the columns of the list that follows are, for those who see them. */
void frame_columns(struct str *out, const char *const names[5]);

/*
 * A field that shows, of the list that follows (<ul id="list" class="rows">), only what has the
 * words that are typed; it is seen where the script runs.
 */
void frame_search(struct str *out, const char *label);

#endif
