/*
 * html: text on its way into a page. Whatever comes from an archive goes through here, into the
 * text of an element or into an attribute within double quotes, and can neither end them nor
 * disturb what stands beside it: markup becomes character references; control characters, those
 * that reorder a line and bytes that are not UTF-8 become \xNN. Lines and tabs stay.
 */
#ifndef DRYDOCK_STAGE_PAGE_HTML_H
#define DRYDOCK_STAGE_PAGE_HTML_H

#include "base/str.h"

#include <stdint.h>

/* These append to `out`, which keeps count of what did not fit (str_check). */
void html_text(struct str *out, const char *text);
/* At most `max` bytes of it, then an ellipsis. */
void html_text_cut(struct str *out, const char *text, size_t max);

/*
 * What the author of an image wrote, of which there may be any amount: what goes beyond *budget,
 * which shrinks, or is longer than a value of use to people, is cut.
 */
void html_foreign(struct str *out, const char *text, size_t *budget);
/* The same, and a link where it is the URL of a web page and nothing else. */
void html_foreign_link(struct str *out, const char *text, size_t *budget);

/* http[s]://HOST… of plain characters: no other scheme, no spaces, quotes or user names. */
bool html_is_web_url(const char *text);

/* "52.1 MiB"; <time datetime="…">2026-11-23</time> of seconds since 1970. */
void html_size(struct str *out, uint64_t bytes);
void html_date(struct str *out, int64_t seconds);

#endif
