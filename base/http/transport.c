#include "base/http/transport.h"

#include <string.h>

const char *http_method_name(enum http_method method)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET",   [HTTP_HEAD] = "HEAD",     [HTTP_PUT] = "PUT",
		[HTTP_POST] = "POST", [HTTP_DELETE] = "DELETE",
	};

	return names[method];
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int http_headers_add(struct str *headers, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	const char *value, *end = line + len;

	/* Status lines, the empty line at the end, and what no header can be. */
	if (!colon || colon == line || memchr(line, '\0', len))
		return 0;
	for (value = colon + 1; value < end && is_blank(*value); value++)
		;
	for (; end > value && is_blank(end[-1]); end--)
		;
	for (const char *p = line; p < colon; p++)
		(void)str_addc(headers, (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p));
	(void)str_adds(headers, ": ");
	(void)str_add(headers, value, (size_t)(end - value));
	(void)str_addc(headers, '\0');
	return headers->failed ? -1 : 0;
}

const char *http_headers_next(const struct str *headers, const char *name, const char *after)
{
	size_t name_len = strlen(name);
	size_t at = after ? (size_t)(after - headers->data) + strlen(after) + 1 : 0;

	while (at < headers->len) {
		const char *line = headers->data + at;
		size_t len = strlen(line);

		if (len >= name_len + 2 && memcmp(line, name, name_len) == 0 &&
		    line[name_len] == ':')
			return line + name_len + 2;
		at += len + 1;
	}
	return NULL;
}

const char *http_headers_get(const struct str *headers, const char *name)
{
	const char *found = NULL;

	for (const char *value = NULL; (value = http_headers_next(headers, name, value));)
		found = value;
	return found;
}
