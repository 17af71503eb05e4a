/*
 * shell_words: a line taken apart into words as a POSIX shell would (XCU 2.2), without expanding
 * anything: blanks separate words; '…' keeps all, "…" all but a backslash before one of $ ` " \;
 * elsewhere a backslash keeps the next byte; # at the beginning of a word ends the line. All other
 * bytes, $ and * and ; among them, stand for themselves.
 */
#ifndef DRYDOCK_CLI_SHELL_WORDS_H
#define DRYDOCK_CLI_SHELL_WORDS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes `line` apart in place: words[0] to words[n - 1] point into it. Returns n, at most `max`, or
 * -1: ERR_USAGE for a quote that is not closed, a backslash at the end, and more words than `max`.
 */
int shell_words_split(char *line, char **words, int max, struct err *err) MUST_CHECK;

/* Of a command that is to be run without a shell. */
enum { COMMAND_WORDS_MAX = 63 };
/* Whether it is one: a word at least. ERR_USAGE. */
int shell_words_check(const char *command, struct err *err) MUST_CHECK;

#endif
