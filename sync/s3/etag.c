#include "sync/s3/etag.h"

#include "base/part_size.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_parts(const char *text, uint32_t *parts)
{
	uint32_t n = 0;

	if (*text < '1' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (uint32_t)(*text - '0');
		if (n > PART_COUNT_MAX)
			return false;
	}
	*parts = n;
	return *text == '\0';
}

bool etag_parse(struct etag *etag, const char *text)
{
	size_t len = strlen(text);

	memset(etag, 0, sizeof(*etag));
	if (len < 2 * MD5_BYTES || hex_parse(text, 2 * MD5_BYTES, etag->md5, MD5_BYTES) < 0)
		return false;
	if (len == 2 * MD5_BYTES)
		return true;
	return text[2 * MD5_BYTES] == '-' && parse_parts(text + 2 * MD5_BYTES + 1, &etag->parts);
}

const char *etag_text(const struct etag *etag, char text[ETAG_TEXT_MAX])
{
	(void)hex_text(etag->md5, MD5_BYTES, text);
	if (etag->parts > 0)
		(void)snprintf(text + 2 * MD5_BYTES, ETAG_TEXT_MAX - 2 * MD5_BYTES, "-%" PRIu32,
		               etag->parts);
	return text;
}

bool etag_equal(const struct etag *a, const struct etag *b)
{
	return a->parts == b->parts && memcmp(a->md5, b->md5, MD5_BYTES) == 0;
}

bool etag_same(const char *a, const char *b)
{
	struct etag left, right;

	if (etag_parse(&left, a) && etag_parse(&right, b))
		return etag_equal(&left, &right);
	return strcmp(a, b) == 0;
}

bool etag_is_md5(const char *text, const uint8_t md5[MD5_BYTES])
{
	struct etag here = etag_of_md5(md5), there;
	struct err ignored;

	if (!etag_parse(&there, text))
		return false;
	/* Of an upload of one part: the MD5 of the MD5. */
	if (there.parts == 1 &&
	    etag_of_parts(&here, (const uint8_t(*)[MD5_BYTES])md5, 1, &ignored) < 0)
		return false;
	return etag_equal(&there, &here);
}

struct etag etag_of_md5(const uint8_t md5[MD5_BYTES])
{
	return etag_of_composite(md5, 0);
}

struct etag etag_of_composite(const uint8_t composite[MD5_BYTES], uint32_t parts)
{
	struct etag etag;

	memcpy(etag.md5, composite, MD5_BYTES);
	etag.parts = parts;
	return etag;
}

int etag_of_parts(struct etag *etag, const uint8_t (*part_md5)[MD5_BYTES], uint32_t parts,
                  struct err *err)
{
	etag->parts = parts;
	return hash_once(HASH_MD5, part_md5, (size_t)parts * MD5_BYTES, etag->md5, err);
}

int etag_candidates(uint64_t size_bytes, uint32_t parts, uint64_t part_bytes[ETAG_CANDIDATES_MAX])
{
	static const uint64_t known[ETAG_CANDIDATES_MAX] = {
		5 * MIB,  8 * MIB,  10 * MIB, 15 * MIB, 16 * MIB,
		50000000, 50 * MIB, 64000000, 64 * MIB, 100 * MIB,
	};
	int count = 0;

	for (int i = 0; parts > 1 && i < ETAG_CANDIDATES_MAX; i++)
		if (part_count(size_bytes, known[i]) == parts)
			part_bytes[count++] = known[i];
	return count;
}
