#include "stage/registry/challenge.h"

#include "base/http/header.h"
#include "base/http/transport.h"

#include "base/cleanup.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define HEADER "WWW-Authenticate"
#define ALNUM  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char TOKEN68_CHARS[] = ALNUM "-._~+/"; /* RFC 9110, 11.2 */

static int malformed(struct err *err, const char *why)
{
	return err_set(err, ERR_MALFORMED, HEADER ": %s", why);
}

static bool equals(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* Where `text` ends if it is a token68 up to a comma or the end of the header; else `text`. */
static const char *skip_token68(const char *text)
{
	const char *end = text + strspn(text, TOKEN68_CHARS);

	if (end == text)
		return text;
	end += strspn(end, "=");
	end += strspn(end, HEADER_BLANK);
	return *end == ',' || !*end ? end : text;
}

static int begin_challenge(struct challenge_list *list, const char *scheme, size_t len,
                           struct err *err)
{
	struct challenge *c = &list->items[list->count];

	if (list->count == CHALLENGES_MAX)
		return err_set(err, ERR_REFUSED, HEADER ": more than %d challenges",
		               CHALLENGES_MAX);
	memset(c, 0, sizeof(*c));
	if (equals(scheme, len, "Bearer"))
		c->scheme = CHALLENGE_BEARER;
	else if (equals(scheme, len, "Basic"))
		c->scheme = CHALLENGE_BASIC;
	list->count++;
	return 0;
}

/* The place of a parameter that counts; NULL: of none. */
static char **find_place(struct challenge *c, const char *name, size_t len)
{
	struct {
		const char *name;
		char **place;
	} known[] = {{"realm", &c->realm},
	             {"service", &c->service},
	             {"scope", &c->scope},
	             {"error", &c->error}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (equals(name, len, known[i].name))
			return known[i].place;
	return NULL;
}

static int read_parameter(struct challenge *c, const char *name, size_t len, const char **at,
                          struct err *err)
{
	AUTO_STR struct str value = STR_INIT(CHALLENGE_HEADER_MAX);
	char **place = find_place(c, name, len);

	if (header_read_value(at, ",", &value, err) < 0)
		return err_context(err, HEADER);
	if (!place)
		return 0;
	if (*place)
		return malformed(err, "a parameter is given twice");
	*place = str_steal(&value);
	return *place ? 0 : err_memory(err);
}

int challenge_list_add(struct challenge_list *list, const char *value, struct err *err)
{
	size_t first = list->count;
	const char *p = value;

	if (strnlen(value, CHALLENGE_HEADER_MAX + 1) > CHALLENGE_HEADER_MAX)
		return err_set(err, ERR_REFUSED, HEADER ": more than %d bytes",
		               CHALLENGE_HEADER_MAX);
	/* A word with a `=` is a parameter of the challenge before it, any other begins one. */
	for (p += strspn(p, HEADER_BLANK ","); *p; p += strspn(p, HEADER_BLANK ",")) {
		size_t len = header_token_length(p);
		const char *after = p + len + strspn(p + len, HEADER_BLANK);

		if (len == 0)
			return malformed(err, "a name was expected");
		if (*after != '=') {
			if (begin_challenge(list, p, len, err) < 0)
				return -1;
			p = after > p + len ? skip_token68(after) : after;
			continue;
		}
		if (list->count == first)
			return malformed(err, "a parameter stands before any scheme");
		after++;
		after += strspn(after, HEADER_BLANK);
		if (read_parameter(&list->items[list->count - 1], p, len, &after, err) < 0)
			return -1;
		p = after;
	}
	return 0;
}

int challenge_list_read(struct challenge_list *list, const struct str *headers, struct err *err)
{
	for (const char *value = NULL;
	     (value = http_headers_next(headers, "www-authenticate", value));)
		if (challenge_list_add(list, value, err) < 0)
			return -1;
	return 0;
}

void challenge_list_release(struct challenge_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].realm);
		free(list->items[i].service);
		free(list->items[i].scope);
		free(list->items[i].error);
	}
	list->count = 0;
}

const struct challenge *challenge_find(const struct challenge_list *list,
                                       enum challenge_scheme scheme)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].scheme == scheme)
			return &list->items[i];
	return NULL;
}
