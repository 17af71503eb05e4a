/*
 * cells: how many columns of a terminal a text takes, and what of it fits. Text is UTF-8 without
 * control characters (str_add_printable); of bytes that are not UTF-8 each counts as a column.
 */
#ifndef DRYDOCK_CLI_CELLS_H
#define DRYDOCK_CLI_CELLS_H

#include "base/str.h"

#include <stddef.h>

/* The columns of the first `len` bytes. */
size_t cells_count(const char *text, size_t len);
/*
 * Appends the text, or of one that is wider than `columns` as much as leaves a column for `mark`
 * ("…", or an ASCII character where the terminal shows no UTF-8), and that. 0 columns: nothing.
 */
void cells_add_cut(struct str *out, const char *text, size_t columns, const char *mark);

#endif
