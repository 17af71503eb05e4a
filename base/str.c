#include "base/str.h"

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

	if (extra > s->max || s->len > s->max - extra)
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
	va_list args;
	int need;
	char *to;

	va_start(args, fmt);
	need = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (need < 0)
		return -1;
	to = str_reserve(s, (size_t)need);
	if (!to)
		return -1;
	va_start(args, fmt);
	(void)vsnprintf(to, (size_t)need + 1, fmt, args);
	va_end(args);
	str_grew(s, (size_t)need);
	return 0;
}

int str_add_hex(struct str *s, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = data;
	char *to;

	if (len > SIZE_MAX / 2)
		return -1;
	to = str_reserve(s, len * 2);
	if (!to)
		return -1;
	for (size_t i = 0; i < len; i++) {
		*to++ = digits[in[i] >> 4];
		*to++ = digits[in[i] & 15];
	}
	str_grew(s, len * 2);
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

/* Length of the well-formed UTF-8 sequence at `p`, or 0 (RFC 3629: no surrogates, no overlongs). */
static size_t utf8_sequence(const unsigned char *p)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2)
		return 0;
	if ((p[1] & 0xC0) != 0x80)
		return 0;
	if (p[0] < 0xE0)
		return 2;
	if ((p[2] & 0xC0) != 0x80)
		return 0;
	if (p[0] < 0xF0) {
		if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F))
			return 0;
		return 3;
	}
	if ((p[3] & 0xC0) != 0x80 || p[0] > 0xF4)
		return 0;
	if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return 4;
}

int str_add_json(struct str *s, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	(void)str_addc(s, '"');
	while (*p) {
		n = utf8_sequence(p);
		if (n == 0) {
			(void)str_adds(s, "\\ufffd");
			p++;
		} else if (*p == '"' || *p == '\\') {
			(void)str_addf(s, "\\%c", *p);
			p++;
		} else if (*p < 0x20 || *p == 0x7F) {
			(void)str_addf(s, "\\u%04x", *p);
			p++;
		} else {
			(void)str_add(s, p, n);
			p += n;
		}
	}
	(void)str_addc(s, '"');
	return s->failed ? -1 : 0;
}

int str_add_printable(struct str *s, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7F)
			(void)str_addf(s, "\\x%02x", c);
		else
			(void)str_addc(s, (char)c);
	}
	return s->failed ? -1 : 0;
}
