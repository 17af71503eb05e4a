#include "stage/serve/range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* NULL unless a digit stands at `p`. What is beyond 64 bits is the greatest number. */
static const char *parse_number(const char *p, uint64_t *number)
{
	const char *end = p + strspn(p, "0123456789");

	if (end == p)
		return NULL;
	for (*number = 0; p < end; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		*number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *number * 10 + digit;
	}
	return end;
}

/*
 * first-last, first- or -suffix. Returns what follows, or NULL when it is none of these; the
 * range's length is 0 when no byte of the blob is in it.
 */
static const char *parse_spec(const char *p, struct byte_range *range, uint64_t size_bytes)
{
	uint64_t first, last = UINT64_MAX;

	*range = (struct byte_range){0, 0};
	if (*p == '-') {
		p = parse_number(p + 1, &last);
		range->length = p && last < size_bytes ? last : size_bytes;
		range->first = size_bytes - range->length;
		return p;
	}
	p = parse_number(p, &first);
	if (!p || *p++ != '-')
		return NULL;
	if (*p >= '0' && *p <= '9')
		p = parse_number(p, &last);
	if (last < first)
		return NULL;
	if (first < size_bytes) {
		range->first = first;
		range->length = (last < size_bytes ? last : size_bytes - 1) - first + 1;
	}
	return p;
}

enum range_answer ranges_parse(struct ranges *ranges, const char *header, uint64_t size_bytes)
{
	uint64_t wanted_bytes = 0;
	size_t specs = 0;
	const char *p;

	ranges->count = 0;
	if (!header || strncasecmp(header, "bytes", 5) != 0)
		return RANGE_WHOLE;
	p = skip_space(header + 5);
	if (*p++ != '=')
		return RANGE_WHOLE;
	for (;;) {
		struct byte_range range;

		p = skip_space(p);
		if (*p && *p != ',') {
			p = parse_spec(p, &range, size_bytes);
			if (!p)
				return RANGE_WHOLE;
			if (++specs > RANGES_MAX)
				return RANGE_UNSATISFIABLE;
			if (range.length > 0) {
				if (range.length > size_bytes - wanted_bytes)
					return RANGE_UNSATISFIABLE;
				wanted_bytes += range.length;
				ranges->list[ranges->count++] = range;
			}
			p = skip_space(p);
		}
		if (!*p)
			break;
		if (*p++ != ',')
			return RANGE_WHOLE;
	}
	if (specs == 0)
		return RANGE_WHOLE;
	return ranges->count ? RANGE_PARTS : RANGE_UNSATISFIABLE;
}
