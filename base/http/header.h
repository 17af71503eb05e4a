/*
 * header: what the values of header fields are made of (RFC 9110, 5.6), for readers of fields that
 * are lists of parameters. Pure.
 */
#ifndef DRYDOCK_BASE_HTTP_HEADER_H
#define DRYDOCK_BASE_HTTP_HEADER_H

#include "base/str.h"

#define HEADER_BLANK " \t"

/* The length of the token that `text` begins with; 0: it begins with none. */
size_t header_token_length(const char *text);

/*
 * Appends the value at *at, which is left behind it: a quoted-string without its quotes and
 * escapes, or else anything up to a blank, a quote or one of `ends`, which may be nothing at all.
 * ERR_MALFORMED for control characters and quotes that do not end. Reads each byte once.
 */
int header_read_value(const char **at, const char *ends, struct str *value,
                      struct err *err) MUST_CHECK;

#endif
