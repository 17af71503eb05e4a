/*
 * str: a growable, bounded byte string. Every buffer that foreign input feeds is one of these (or a
 * fixed array), so that every such buffer has a maximum.
 *
 * `data` is always NUL-terminated (the NUL is not counted in `len`) and never NULL after the first
 * successful append. STR_INIT(max) needs no memory. Append functions return 0, or -1 when the
 * result would exceed `max` or memory ran out; the content is then unchanged and `failed` is set,
 * so that a builder may append many times and ask str_check() once.
 */
#ifndef DRYDOCK_BASE_STR_H
#define DRYDOCK_BASE_STR_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct str {
	char *data;  /* owned */
	size_t len;  /* bytes in use, without the NUL */
	size_t cap;  /* bytes allocated */
	size_t max;  /* greatest `len` allowed */
	bool failed; /* an append was refused since the last str_clear */
};

#define STR_INIT(max_len)                                                                          \
	{                                                                                          \
		NULL, 0, 0, (max_len), false                                                       \
	}

void str_init(struct str *s, size_t max);
void str_release(struct str *s);
void str_wipe(struct str *s);  /* of secrets: overwrites what str_release frees */
void str_clear(struct str *s); /* keeps the memory */

int str_add(struct str *s, const void *data, size_t len);
int str_adds(struct str *s, const char *text);
int str_addc(struct str *s, char c);
int str_addf(struct str *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Makes room for `extra` more bytes and returns where they go, or NULL; then str_grew(). */
char *str_reserve(struct str *s, size_t extra);
void str_grew(struct str *s, size_t extra);

/* The text, "" when nothing was ever appended. Borrowed until the next change. */
const char *str_text(const struct str *s);

/* 0, or -1 with ERR_MEMORY naming `what` when an append was refused. */
int str_check(const struct str *s, const char *what, struct err *err) MUST_CHECK;

/* Hands the text over to the caller, who frees it; `s` is empty afterwards. NULL if failed. */
char *str_steal(struct str *s);

/* Appends as a JSON string with quotes; bytes that are not UTF-8 become U+FFFD. */
int str_add_json(struct str *s, const char *text);

/* Appends as one word of a shell's command line: in quotes where it has to be. */
int str_add_shell_word(struct str *s, const char *text);

/*
 * Appends text that came from outside so that it cannot disturb a terminal or a log: control
 * characters, characters that reorder or break lines, and bytes that are not UTF-8 become \xNN.
 */
int str_add_printable(struct str *s, const char *text, size_t len);

#endif
