/* report_text: the lines of single events, as people read them. */
#ifndef DRYDOCK_CLI_REPORT_TEXT_H
#define DRYDOCK_CLI_REPORT_TEXT_H

#include "base/event.h"
#include "base/layout.h"
#include "base/str.h"

#include <stdbool.h>

struct report_style {
	bool color;     /* whatever has one has a word, too */
	bool full_keys; /* digests are told whole */
};

/* All append to `out`; lines with their end. "v2/app/blobs/sha256:ab12cd34ef56…" */
void report_text_key(struct str *out, const char *key, struct report_style style);
/* "upload  v2/app/blobs/sha256:ab12…   52.1 MiB  missing" */
void report_text_action(struct str *out, const struct event_action *a, struct report_style style);
/* "staged app:1  sha256:ab12…  52.1 MiB, 3 new blobs (12.0 MiB)" */
void report_text_staged(struct str *out, const struct event_staged *s, struct report_style style);
/* "add   app:1  sha256:ab12…  linux/amd64  52.1 MiB, 7 new blobs (48.9 MiB), 3 there" */
void report_text_stage(struct str *out, const struct event_stage *s, struct report_style style);
void report_text_stage_summary(struct str *out, const struct event_stage_summary *s);
/* "app:1 is complete: 3 layers, 52.0 MiB sent, pull HOST/app:1"; of a plan "… to send" */
void report_text_image(struct str *out, const struct event_image *i, struct report_style style);
/* "app:1 goes: untagged here", or when it is done "app:1 is removed: …". */
void report_text_removal(struct str *out, const struct key_parts *tag, const char *why, bool done,
                         struct report_style style);
void report_text_summary(struct str *out, const struct event_summary *s);

#endif
