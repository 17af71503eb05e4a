#include "stage/serve/list_page.h"

#include <stdio.h>
#include <string.h>

struct scan {
	const char *at, *end; /* what was not read yet */
	bool any;             /* an entry was read */
};

static int malformed(struct err *err)
{
	return err_set(err, ERR_MALFORMED, "this is no list that drydock has made");
}

/*
 * The next entry of the array, without its quotes: 1 with *entry and *len, 0 at the end of the
 * array, whose bracket is then at scan->at, -1.
 */
static int next_entry(struct scan *scan, const char **entry, size_t *len, struct err *err)
{
	const char *quote;

	if (scan->at < scan->end && *scan->at == ']')
		return 0;
	if (scan->any && (scan->at == scan->end || *scan->at++ != ','))
		return malformed(err);
	scan->any = true;
	if (scan->at == scan->end || *scan->at++ != '"')
		return malformed(err);
	quote = memchr(scan->at, '"', (size_t)(scan->end - scan->at));
	if (!quote || quote - scan->at > REPO_MAX)
		return malformed(err);
	*entry = scan->at;
	*len = (size_t)(quote - scan->at);
	if (memchr(*entry, '\\', *len))
		return malformed(err);
	scan->at = quote + 1;
	return 1;
}

static bool is_behind(const char *entry, size_t len, const char *last)
{
	size_t last_len = strlen(last);
	int order = memcmp(entry, last, len < last_len ? len : last_len);

	return order ? order > 0 : len > last_len;
}

int list_page(struct str *out, const char *document, size_t len, const struct page_wish *wish,
              char next[REPO_MAX + 1], struct err *err)
{
	const char *array = memchr(document, '[', len), *entry = "";
	struct scan scan = {array ? array + 1 : NULL, document + len, false};
	uint64_t taken = 0;
	size_t entry_len = 0;
	int got;

	next[0] = '\0';
	if (!array)
		return malformed(err);
	(void)str_add(out, document, (size_t)(array + 1 - document));
	while ((got = next_entry(&scan, &entry, &entry_len, err)) > 0) {
		if (!is_behind(entry, entry_len, wish->last))
			continue;
		if (taken == wish->n)
			break;
		(void)str_addf(out, "%s\"%.*s\"", taken ? "," : "", (int)entry_len, entry);
		taken++;
		(void)snprintf(next, REPO_MAX + 1, "%.*s", (int)entry_len, entry);
	}
	if (got < 0)
		return -1;
	if (got == 0)
		next[0] = '\0';
	(void)str_adds(out, "]}");
	return str_check(out, "page of a list", err);
}
