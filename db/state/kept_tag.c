#include "db/state/kept_tag.h"

#include "db/state/meta.h"

#include "base/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = KEY_MAX + 32, ETAG_MAX_BYTES = 256 };

static const char *name_of(char name[NAME_MAX_BYTES], int64_t remote, const char *key)
{
	(void)snprintf(name, NAME_MAX_BYTES, "kept.%" PRId64 ".%s", remote, key);
	return name;
}

int kept_tag_has(struct db *db, int64_t remote, const char *key, const char *etag, struct err *err)
{
	char name[NAME_MAX_BYTES], known[ETAG_MAX_BYTES];
	int got = meta_get(db, name_of(name, remote, key), known, sizeof(known), err);

	return got <= 0 ? got : strcmp(known, etag) == 0;
}

int kept_tag_put(struct db *db, int64_t remote, const char *key, const char *etag, struct err *err)
{
	char name[NAME_MAX_BYTES];

	return meta_set(db, name_of(name, remote, key), etag, err);
}

int kept_tag_delete(struct db *db, int64_t remote, const char *key, struct err *err)
{
	char name[NAME_MAX_BYTES];

	return meta_clear(db, name_of(name, remote, key), err);
}

int kept_tag_next(struct db *db, int64_t remote, const char *after, char *key, size_t cap,
                  struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	char from[NAME_MAX_BYTES], start[NAME_MAX_BYTES];
	size_t cut = strlen(name_of(start, remote, ""));
	int got;

	if (query_start_with(&q, db, err, "SELECT name FROM meta WHERE name > ?1 LIMIT 1",
	                     BIND_TEXT(name_of(from, remote, after))) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0 || strncmp(query_text(&q, 0), start, cut) != 0)
		return got < 0 ? -1 : 0;
	(void)snprintf(key, cap, "%s", query_text(&q, 0) + cut);
	return 1;
}

int kept_tag_count(struct db *db, int64_t remote, uint64_t *count, struct err *err)
{
	char key[KEY_MAX] = "";
	int got;

	for (*count = 0; (got = kept_tag_next(db, remote, key, key, sizeof(key), err)) > 0;)
		++*count;
	return got;
}
