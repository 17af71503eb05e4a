#include "base/ini.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_MAX = 20000 }; /* session tokens are the longest */

struct reader {
	enum ini_dialect dialect;
	ini_fn *fn;
	void *context;
	unsigned line;
	bool in_section;
	bool skipping; /* the section's header could not be read */
	char section[INI_SECTION_MAX + 1];
	char parent[INI_KEY_MAX + 1]; /* the last key with an empty value, or "" */
	char value[VALUE_MAX + 1];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **text, size_t *len)
{
	while (*len > 0 && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && is_blank((*text)[*len - 1]))
		(*len)--;
}

/* The length without a comment, which begins with # or ; after white space. */
static size_t without_comment(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] == '#' || text[i] == ';') && i > 0 && is_blank(text[i - 1]))
			return i;
	return len;
}

void ini_value_span(const char **text, size_t *len)
{
	*len = without_comment(*text, *len);
	trim(text, len);
}

/* Copies with single spaces and no control characters; false if it does not fit. */
static bool copy_name(char *out, size_t max, const char *text, size_t len, bool lower)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i] == '\t' ? ' ' : text[i];

		if ((unsigned char)c < 0x20 || (c == ' ' && n > 0 && out[n - 1] == ' '))
			continue;
		if (n == max)
			return false;
		out[n++] = (char)(lower && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	out[n] = '\0';
	return n > 0;
}

/* AWS's tools skip what they cannot read; our own files are told. */
static int malformed(const struct reader *r, const char *what, struct err *err)
{
	if (r->dialect == INI_AWS)
		return 0;
	return err_set(err, ERR_CONFIG, "line %u: %s", r->line, what);
}

static int tell(const struct reader *r, const char *key, const char *value, struct err *err)
{
	if (r->fn(r->context, r->section, key, value, r->line, err) == 0)
		return 0;
	return r->dialect == INI_STRICT ? err_context(err, "line %u", r->line) : -1;
}

/* Nothing, or a comment. */
static bool is_empty(const char *text, size_t len)
{
	trim(&text, &len);
	return len == 0 || text[0] == '#' || text[0] == ';';
}

static int read_section(struct reader *r, const char *text, size_t len, struct err *err)
{
	const char *end = memchr(text, ']', len);
	const char *name = text + 1;
	size_t name_len;

	r->in_section = true;
	r->parent[0] = '\0';
	r->skipping = true;
	if (!end)
		return err_set(err, ERR_CONFIG, "line %u: a section's header has no ]", r->line);
	name_len = (size_t)(end - name);
	if (r->dialect == INI_STRICT && !is_empty(end + 1, len - (size_t)(end + 1 - text)))
		return err_set(err, ERR_CONFIG,
		               "line %u: text behind the ] of a section's header: it belongs on a "
		               "line of its own",
		               r->line);
	trim(&name, &name_len);
	r->skipping = !copy_name(r->section, INI_SECTION_MAX, name, name_len, false);
	if (r->skipping)
		return malformed(r, "a section's name is empty or too long", err);
	return tell(r, "", "", err);
}

static int read_pair(struct reader *r, const char *text, size_t len, bool nested, struct err *err)
{
	const char *equals = memchr(text, '=', len);
	const char *value;
	char key[INI_KEY_MAX + 1];
	size_t value_len, key_len, used = 0;

	if (!r->in_section)
		return err_set(err, ERR_CONFIG, "line %u: text before the first [section]",
		               r->line);
	if (r->skipping)
		return 0;
	if (!equals)
		return malformed(r, "neither a [section] nor key = value", err);
	value = equals + 1;
	value_len = len - (size_t)(value - text);
	ini_value_span(&value, &value_len);
	key_len = (size_t)(equals - text);
	trim(&text, &key_len);
	if (nested) {
		used = strlen(r->parent);
		memcpy(key, r->parent, used);
		if (used < INI_KEY_MAX)
			key[used++] = '.';
	}
	if (!copy_name(key + used, INI_KEY_MAX - used, text, key_len, true) ||
	    value_len > VALUE_MAX || memchr(value, '\0', value_len))
		return malformed(
			r,
			"the key is empty, the key or the value is too long, or a NUL byte "
			"is in the value",
			err);
	memcpy(r->value, value, value_len);
	r->value[value_len] = '\0';
	if (!nested)
		(void)snprintf(r->parent, sizeof(r->parent), "%s", value_len ? "" : key);
	return tell(r, key, r->value, err);
}

static int read_line(struct reader *r, const char *text, size_t len, struct err *err)
{
	bool indented = r->dialect == INI_AWS && len > 0 && is_blank(text[0]);

	trim(&text, &len);
	if (is_empty(text, len))
		return 0;
	if (indented) {
		/* Elsewhere an indented line continues a value; none that we read has two lines. */
		return r->parent[0] ? read_pair(r, text, len, true, err) : 0;
	}
	if (text[0] == '[')
		return read_section(r, text, len, err);
	return read_pair(r, text, len, false, err);
}

int ini_parse(const char *text, size_t len, enum ini_dialect dialect, ini_fn *fn, void *context,
              struct err *err)
{
	struct reader r = {.dialect = dialect, .fn = fn, .context = context};
	int status = 0;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	while (len > 0 && status == 0) {
		const char *newline = memchr(text, '\n', len);
		size_t line_len = newline ? (size_t)(newline - text) : len;

		r.line++;
		status = read_line(&r, text, line_len, err);
		text += newline ? line_len + 1 : line_len;
		len -= newline ? line_len + 1 : line_len;
	}
	OPENSSL_cleanse(&r, sizeof(r)); /* the last value may be a secret */
	return status;
}
