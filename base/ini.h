/*
 * ini: reads AWS's shared files and drydock's own configuration. Pure; hostile input.
 *
 *     [section name] ; comment
 *     key = value # comment          a comment needs white space before it
 *     key =
 *       sub = value                  indented below a key: reported as "key.sub"
 *
 * Lines that begin with # or ; are comments, and nothing else stands behind a section's ] (INI_AWS
 * takes no notice of what does). Keys are lower-cased, values keep their case. A file
 * with anything but sections, comments and blank lines before the first section is ERR_CONFIG.
 */
#ifndef DRYDOCK_BASE_INI_H
#define DRYDOCK_BASE_INI_H

#include "base/err.h"

#include <stddef.h>

enum {
	INI_FILE_MAX = 1 << 20,
	INI_SECTION_MAX = 255,
	INI_KEY_MAX = 255, /* "key.sub" together */
};

enum ini_dialect {
	INI_AWS,    /* indented lines belong to the key above; what is malformed is skipped */
	INI_STRICT, /* git-style: indentation means nothing; what is malformed is ERR_CONFIG */
};

/*
 * `key` is "" once for each section header, so that an empty section is seen too. `line` counts
 * from 1.
 */
typedef int ini_fn(void *context, const char *section, const char *key, const char *value,
                   unsigned line, struct err *err);

/*
 * `text` need not end with a NUL. Stops with -1 when `fn` does. Line numbers are in messages, with
 * INI_STRICT in those of `fn` too.
 */
int ini_parse(const char *text, size_t len, enum ini_dialect dialect, ini_fn *fn, void *context,
              struct err *err) MUST_CHECK;

/* Of *len bytes behind a line's '=', those that are the value: no comment, no white space around.
 */
void ini_value_span(const char **text, size_t *len);

#endif
