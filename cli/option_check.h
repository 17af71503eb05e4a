/*
 * option_check: whether a text is a value of an option, as far as that can be known without the
 * other options, the root and the network: its type, its bounds, and the form of what it names.
 * Pure.
 *
 * Every source of values asks: the command line, DRYDOCK_* and the files, these also for options
 * that the command does not take. What depends on the command (sync sends 256 requests at once,
 * stage 64) is its own to say.
 */
#ifndef DRYDOCK_CLI_OPTION_CHECK_H
#define DRYDOCK_CLI_OPTION_CHECK_H

#include "base/err.h"
#include "cli/option_table.h"

#include <stddef.h>
#include <stdint.h>

/* One value, as it stands on a command line. Mostly ERR_USAGE; the message quotes it. */
int option_check(const struct option_spec *spec, const char *value, struct err *err) MUST_CHECK;
/* What a file or a variable says, where a flag is yes or no and a list has commas. ERR_CONFIG,
 * beginning with `origin`. */
int option_check_text(const struct option_spec *spec, const char *text, const char *origin,
                      struct err *err) MUST_CHECK;

/* 1 for yes, 0 for no, -1 for neither. */
int option_truth(const char *text);
/* The position of `value` in "a|b|c", or -1. */
int option_choice_at(const char *choices, const char *value);
int option_number_parse(const char *text, uint64_t *number, struct err *err) MUST_CHECK;
/* Moves *list to its next item and returns the item's length; 0: there are no more. */
size_t option_next_item(const char **list);

#endif
