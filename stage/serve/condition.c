#include "stage/serve/condition.h"

#include <string.h>

bool condition_has(const char *if_none_match, const char *etag)
{
	const char *p = if_none_match;
	size_t len = strlen(etag);

	if (!p)
		return false;
	for (;;) {
		const char *end;

		p += strspn(p, " \t,");
		if (strcmp(p, "*") == 0)
			return true;
		if (p[0] == 'W' && p[1] == '/')
			p += 2;
		end = *p == '"' ? strchr(p + 1, '"') : NULL;
		if (!end)
			return false;
		if ((size_t)(end + 1 - p) == len && memcmp(p, etag, len) == 0)
			return true;
		p = end + 1;
	}
}

bool condition_range_counts(const char *if_range, const char *etag)
{
	return !if_range || strcmp(if_range, etag) == 0;
}
