#include "base/str.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void str_init(struct str *s, size_t max)
{
	*s = (struct str)STR_INIT(max);
}

void str_release(struct str *s)
{
	free(s->data);
	s->data = NULL;
	s->len = s->cap = 0;
}

void str_wipe(struct str *s)
{
	if (s->data)
		OPENSSL_cleanse(s->data, s->cap);
	str_release(s);
}

void str_clear(struct str *s)
{
	s->len = 0;
	s->failed = false;
	if (s->data)
		s->data[0] = '\0';
}

char *str_reserve(struct str *s, size_t extra)
{
	size_t need, cap;
	char *data;

	if (extra > s->max || s->len > s->max - extra || extra >= SIZE_MAX - s->len)
		goto refused;
	need = s->len + extra + 1;
	if (need > s->cap) {
		cap = s->cap < 64 ? 64 : s->cap;
		while (cap < need)
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		data = realloc(s->data, cap);
		if (!data)
			goto refused;
		s->data = data;
		s->cap = cap;
		s->data[s->len] = '\0';
	}
	return s->data + s->len;

refused:
	s->failed = true;
	return NULL;
}

void str_grew(struct str *s, size_t extra)
{
	s->len += extra;
	s->data[s->len] = '\0';
}

int str_add(struct str *s, const void *data, size_t len)
{
	char *to = str_reserve(s, len);

	if (!to)
		return -1;
	if (len)
		memcpy(to, data, len);
	str_grew(s, len);
	return 0;
}

int str_adds(struct str *s, const char *text)
{
	return str_add(s, text, strlen(text));
}

int str_addc(struct str *s, char c)
{
	return str_add(s, &c, 1);
}

int str_addf(struct str *s, const char *fmt, ...)
{
	size_t room = s->data && s->len < s->max ? s->cap - s->len : 0;
	va_list args;
	int need;
	char *to;

	/* Mostly there is room for it already; else this tells how much it takes. */
	va_start(args, fmt);
	need = vsnprintf(room ? s->data + s->len : NULL, room, fmt, args);
	va_end(args);
	if (need >= 0 && (size_t)need < room && (size_t)need <= s->max - s->len) {
		str_grew(s, (size_t)need);
		return 0;
	}
	if (room)
		s->data[s->len] = '\0';
	if (need < 0) {
		s->failed = true;
		return -1;
	}
	to = str_reserve(s, (size_t)need);
	if (!to)
		return -1;
	va_start(args, fmt);
	(void)vsnprintf(to, (size_t)need + 1, fmt, args);
	va_end(args);
	str_grew(s, (size_t)need);
	return 0;
}

const char *str_text(const struct str *s)
{
	return s->data ? s->data : "";
}

int str_check(const struct str *s, const char *what, struct err *err)
{
	if (!s->failed)
		return 0;
	return err_set(err, ERR_MEMORY, "%s is longer than %zu bytes, or memory ran out", what,
	               s->max);
}

char *str_steal(struct str *s)
{
	char *data;

	if (s->failed || (!s->data && !str_reserve(s, 0)))
		return NULL;
	data = s->data;
	s->data = NULL;
	s->len = s->cap = 0;
	return data;
}

/*
 * Length of the well-formed UTF-8 sequence at the beginning of `len` > 0 bytes, or 0 (RFC 3629: no
 * surrogates, no overlongs, nothing above U+10FFFF).
 */
static size_t utf8_sequence(const unsigned char *p, size_t len)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

	if (n > len || p[0] > 0xF4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return n;
}

/* What several appends began is taken back when one of them was refused. */
static int all_or_nothing(struct str *s, size_t len_before)
{
	if (!s->failed)
		return 0;
	s->len = len_before;
	if (s->data)
		s->data[s->len] = '\0';
	return -1;
}

int str_add_json(struct str *s, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), before = s->len;

	(void)str_addc(s, '"');
	while (left) {
		size_t n = utf8_sequence(p, left);

		if (n == 0)
			(void)str_adds(s, "\\ufffd");
		else if (*p == '"' || *p == '\\')
			(void)str_addf(s, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7F)
			(void)str_addf(s, "\\u%04x", *p);
		else
			(void)str_add(s, p, n);
		p += n ? n : 1;
		left -= n ? n : 1;
	}
	(void)str_addc(s, '"');
	return all_or_nothing(s, before);
}

int str_add_shell_word(struct str *s, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "./:_-";

	if (*text && strspn(text, plain) == strlen(text))
		return str_adds(s, text);
	(void)str_addc(s, '\'');
	for (; *text; text++)
		(void)(*text == '\'' ? str_adds(s, "'\\''") : str_addc(s, *text));
	return str_addc(s, '\'');
}

/*
 * Whether a terminal may be given these `n` bytes, which are one UTF-8 sequence: not the control
 * characters (C0, DEL, and C1 as UTF-8), the line separators U+2028 and U+2029, and the characters
 * that reorder what stands beside them (U+202A to U+202E, U+2066 to U+2069).
 */
static bool harmless(const unsigned char *p, size_t n)
{
	if (n == 1)
		return p[0] >= 0x20 && p[0] != 0x7F;
	if (n == 2)
		return p[0] != 0xC2 || p[1] >= 0xA0;
	if (n == 3 && p[0] == 0xE2 && p[1] == 0x80)
		return p[2] < 0xA8 || p[2] > 0xAE;
	if (n == 3 && p[0] == 0xE2 && p[1] == 0x81)
		return p[2] < 0xA6 || p[2] > 0xA9;
	return n == 3 || n == 4;
}

int str_add_printable(struct str *s, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t before = s->len;

	while (len) {
		size_t n = utf8_sequence(p, len);
		bool as_is = n > 0 && harmless(p, n);

		n = n ? n : 1;
		if (as_is)
			(void)str_add(s, p, n);
		for (size_t i = 0; i < n && !as_is; i++)
			(void)str_addf(s, "\\x%02x", p[i]);
		p += n;
		len -= n;
	}
	return all_or_nothing(s, before);
}
