#include "sync/s3/xml_fields.h"

#include "base/http/uri.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int s3_malformed(struct err *err, const char *what)
{
	return err_set(err, ERR_MALFORMED, "S3's answer: %s", what);
}

/* Up to "Result", which some servers call "Response". */
static size_t stem_length(const char *root)
{
	static const char *const ends[] = {"Result", "Response"};
	size_t len = strlen(root);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (len > strlen(ends[i]) && strcmp(root + len - strlen(ends[i]), ends[i]) == 0)
			return len - strlen(ends[i]);
	return len;
}

int s3_expect_root(const char *expected, const char *found, struct err *err)
{
	size_t stem = stem_length(expected);

	if (stem == stem_length(found) && strncmp(expected, found, stem) == 0)
		return 0;
	return err_set(err, ERR_MALFORMED, "S3's answer: <%.60s> where <%s> was expected", found,
	               expected);
}

int s3_parse_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;
	unsigned long long parsed;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	parsed = strtoull(text, &end, 10);
	if (errno || *end || parsed > max)
		return -1;
	*value = parsed;
	return 0;
}

int s3_parse_etag(char etag[ETAG_MAX + 1], const char *text)
{
	size_t len;

	if (strncmp(text, "W/\"", 3) == 0)
		text += 2; /* weak: a proxy on the way changes the form, not the object */
	len = strlen(text);
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (len > ETAG_MAX)
		return -1;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F || text[i] == '"')
			return -1;
	memcpy(etag, text, len);
	etag[len] = '\0';
	return 0;
}

int64_t s3_parse_time(const char *text)
{
	int64_t ms;

	return time_parse(text, &ms) < 0 ? -1 : ms;
}

int s3_texts_init(struct str *texts, size_t max)
{
	str_init(texts, max);
	return str_addc(texts, '\0');
}

size_t s3_texts_keep(struct str *texts, const char *text)
{
	size_t at = texts->len;

	return str_add(texts, text, strlen(text) + 1) < 0 ? 0 : at;
}

int s3_texts_decode(struct str *texts, size_t offset)
{
	char *text = texts->data + offset;
	size_t len = strlen(text);
	AUTO_STR struct str plain = STR_INIT(len);

	/* A space comes as `+` from some servers, a plus as %2B from all. */
	if (!strpbrk(text, "%+"))
		return 0;
	if (uri_decode(&plain, text, len, true) < 0)
		return -1;
	memcpy(text, str_text(&plain), plain.len + 1); /* never longer than it was */
	return 0;
}
