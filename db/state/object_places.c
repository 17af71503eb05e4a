#include "db/state/object_places.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REPOS_MAX_BYTES = 64 << 20,
	PAGE_ALL = 64, /* rows in memory at once */
	PAGE_ONLY =
		2, /* of one digest at first: most are in one place, or the first place will do */
};

/* The names are collected first, so that no statement is open while the caller writes. */
static int collect(struct db *db, const struct digest *d, enum object_class object_class,
                   struct str *repos, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct key_parts parts;
	int got;

	if (query_start_with(&q, db, err,
	                     "SELECT key FROM object WHERE digest = ?1 AND class = ?2 ORDER BY key",
	                     BIND_DIGEST(d), BIND_INT(object_class)) < 0)
		return -1;
	while ((got = query_step(&q, err)) > 0) {
		if (!layout_parse(&parts, query_text(&q, 0)))
			return err_set(err, ERR_NO_STATE, "state file is damaged: key '%.200s'",
			               query_text(&q, 0));
		(void)str_add(repos, parts.repo, strlen(parts.repo) + 1);
	}
	return got < 0 ? -1 : str_check(repos, "list of repositories", err);
}

int object_places_each(struct db *db, const struct digest *d, enum object_class object_class,
                       repo_fn fn, void *context, struct err *err)
{
	AUTO_STR struct str repos = STR_INIT(REPOS_MAX_BYTES);
	const char *at, *end;

	if (collect(db, d, object_class, &repos, err) < 0)
		return -1;
	at = str_text(&repos);
	end = at + repos.len;
	for (; at < end; at += strlen(at) + 1) {
		int result = fn(context, at, err);

		if (result)
			return result;
	}
	return 0;
}

int object_places_page(struct db *db, const struct object_place *after, struct object_place *rows,
                       int max, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int count = 0, got = 0;

	if (query_start_with(
		    &q, db, err,
		    after ? "SELECT digest, class, key, size FROM object WHERE (digest, class, "
			    "key) > (?2, ?3, ?4) ORDER BY digest, class, key LIMIT ?1"
			  : "SELECT digest, class, key, size FROM object "
			    "ORDER BY digest, class, key LIMIT ?1",
		    BIND_INT(max)) < 0)
		return -1;
	if (after) {
		query_bind_digest(&q, 2, &after->digest);
		query_bind_int(&q, 3, after->object_class);
		query_bind_text(&q, 4, after->key);
	}
	while (count < max && (got = query_step(&q, err)) > 0) {
		struct object_place *row = &rows[count];

		if (query_digest(&q, 0, &row->digest, err) < 0)
			return -1;
		row->object_class = (enum object_class)query_int(&q, 1);
		(void)snprintf(row->key, sizeof(row->key), "%s", query_text(&q, 2));
		row->size_bytes = (uint64_t)query_int(&q, 3);
		count++;
	}
	return got < 0 ? -1 : count;
}

int object_places_walk(struct db *db, const struct digest *only, object_place_fn fn, void *context,
                       struct err *err)
{
	AUTO_FREE struct object_place *page = malloc((PAGE_ALL + 1) * sizeof(*page));
	int max = only ? PAGE_ONLY : PAGE_ALL, count = 0;
	struct object_place *after = NULL;

	if (!page)
		return err_memory(err);
	if (only) {
		page[0].digest = *only;
		page[0].object_class = CLASS_NONE; /* before all of its keys */
		page[0].key[0] = '\0';
		after = page;
	}
	for (bool more = true; more; max = PAGE_ALL) {
		count = object_places_page(db, after, page + 1, max, err);
		more = count == max;
		for (int i = 1; i <= count; i++) {
			int result;

			if (only && !digest_equal(&page[i].digest, only))
				return 0;
			result = fn(context, &page[i], err);
			if (result)
				return result;
		}
		if (count > 0)
			page[0] = page[count];
		after = page;
	}
	return count < 0 ? -1 : 0;
}
