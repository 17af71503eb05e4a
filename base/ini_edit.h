/*
 * ini_edit: one change to the text of a configuration file as base/ini reads it with INI_STRICT.
 * Everything else of it stays byte for byte: comments, order, indentation, ends of lines. Pure.
 *
 *     struct str text = STR_INIT(INI_FILE_MAX);      the file's text, or empty
 *     ini_set(&text, "remote \"prod\"", "region", "fra1", err);
 *
 * A section is named as its header names it; white space outside of quotes does not matter. Keys
 * are the same in whatever case, with '-' or '_'. A section may stand in a file several times, and
 * a key in a section: the last one counts. ERR_CONFIG when the text cannot be read.
 */
#ifndef DRYDOCK_BASE_INI_EDIT_H
#define DRYDOCK_BASE_INI_EDIT_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/*
 * Gives the key its value: in the line that counts, where there is one, with the comment that
 * stands in it; else in a new line below the section's last; else in a new section at the end.
 * ERR_USAGE for what the file would not give back as it was put in: the format has no quotes.
 */
int ini_set(struct str *text, const char *section, const char *key, const char *value,
            struct err *err) MUST_CHECK;

/* Removes every line of the key; *removed tells how many there were. */
int ini_unset(struct str *text, const char *section, const char *key, size_t *removed,
              struct err *err) MUST_CHECK;

/*
 * Removes the section wherever it stands, with the comments in it; not those above its header, nor
 * those above the next one. *removed tells how many there were.
 */
int ini_remove_section(struct str *text, const char *section, size_t *removed,
                       struct err *err) MUST_CHECK;

#endif
