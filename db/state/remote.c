#include "db/state/remote.h"

#include "db/state/meta.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_NAME_MAX = 32 };

#define NO_CONDITIONS   "\"no_conditions_since\":"
#define IF_MATCH_QUOTED "\"if_match_quoted\":true"

/* What was learned of a remote; a later version may write more beside it. */
static void read_quirks(struct remote_row *row, const char *quirks)
{
	const char *since = strstr(quirks, NO_CONDITIONS);

	row->no_conditions_since = since ? strtoll(since + strlen(NO_CONDITIONS), NULL, 10) : 0;
	row->if_match_quoted = strstr(quirks, IF_MATCH_QUOTED) != NULL;
}

int remote_find(struct db *db, const char *endpoint, const char *bucket, const char *prefix,
                struct remote_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	memset(row, 0, sizeof(*row));
	if (query_start_with(&q, db, err,
	                     "SELECT id, region, generation, synced_at, quirks FROM remote "
	                     "WHERE endpoint = ?1 AND bucket = ?2 AND prefix = ?3",
	                     BIND_TEXT(endpoint), BIND_TEXT(bucket), BIND_TEXT(prefix)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	row->id = query_int(&q, 0);
	(void)snprintf(row->region, sizeof(row->region), "%s", query_text(&q, 1));
	row->generation = query_int(&q, 2);
	row->synced_at = query_int(&q, 3);
	read_quirks(row, query_text(&q, 4));
	return 1;
}

int remote_need(struct db *db, const char *endpoint, const char *bucket, const char *prefix,
                struct remote_row *row, struct err *err)
{
	int got = remote_find(db, endpoint, bucket, prefix, row, err);

	if (got != 0)
		return got < 0 ? -1 : 0;
	if (db_run(db, err, "INSERT INTO remote (endpoint, bucket, prefix) VALUES (?1, ?2, ?3)",
	           BIND_TEXT(endpoint), BIND_TEXT(bucket), BIND_TEXT(prefix)) < 0)
		return -1;
	row->id = db_last_id(db);
	return 0;
}

int remote_rename(struct db *db, int64_t id, const char *endpoint, struct err *err)
{
	return db_run(db, err, "UPDATE remote SET endpoint = ?2 WHERE id = ?1", BIND_INT(id),
	              BIND_TEXT(endpoint));
}

int remote_names_each(struct db *db, const char *bucket, const char *prefix, remote_name_fn *fn,
                      void *context, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got, result = 0;

	if (query_start_with(&q, db, err,
	                     "SELECT id, endpoint FROM remote WHERE bucket = ?1 AND prefix = ?2 "
	                     "ORDER BY synced_at IS NULL, synced_at DESC, id",
	                     BIND_TEXT(bucket), BIND_TEXT(prefix)) < 0)
		return -1;
	while (result == 0 && (got = query_step(&q, err)) > 0)
		result = fn(context, query_int(&q, 0), query_text(&q, 1), err);
	return result != 0 ? result : got;
}

int remote_each(struct db *db, remote_fn *fn, void *context, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got, result;

	if (query_start(&q, db, "SELECT id, endpoint, bucket, prefix FROM remote ORDER BY id",
	                err) < 0)
		return -1;
	while ((got = query_step(&q, err)) > 0) {
		const struct remote_name name = {query_int(&q, 0), query_text(&q, 1),
		                                 query_text(&q, 2), query_text(&q, 3)};

		result = fn(context, &name, err);
		if (result)
			return result;
	}
	return got;
}

static const char *note_name(int64_t id, char name[NOTE_NAME_MAX])
{
	(void)snprintf(name, NOTE_NAME_MAX, "unrecorded.%" PRId64, id);
	return name;
}

int remote_note_get(struct db *db, int64_t id, struct remote_note *note, struct err *err)
{
	char name[NOTE_NAME_MAX], value[2 * UPLOAD_TOKEN_TEXT_MAX];
	char *end;
	int got = meta_get(db, note_name(id, name), value, sizeof(value), err);

	if (got <= 0)
		return got;
	note->since = strtoll(value, &end, 10);
	(void)snprintf(note->token, sizeof(note->token), "%s", *end ? end + 1 : "");
	return 1;
}

int remote_note_put(struct db *db, int64_t id, const struct remote_note *note, struct err *err)
{
	char name[NOTE_NAME_MAX], value[2 * UPLOAD_TOKEN_TEXT_MAX];

	(void)snprintf(value, sizeof(value), "%" PRId64 " %s", note->since, note->token);
	return meta_set(db, note_name(id, name), value, err);
}

int remote_note_clear(struct db *db, int64_t id, struct err *err)
{
	char name[NOTE_NAME_MAX];

	return meta_clear(db, note_name(id, name), err);
}

int remote_set_region(struct db *db, int64_t id, const char *region, struct err *err)
{
	return db_run(db, err, "UPDATE remote SET region = ?2 WHERE id = ?1", BIND_INT(id),
	              BIND_TEXT(region));
}

int remote_set_quirks(struct db *db, const struct remote_row *row, struct err *err)
{
	char quirks[sizeof(NO_CONDITIONS IF_MATCH_QUOTED) + 32];

	(void)snprintf(quirks, sizeof(quirks), "{" NO_CONDITIONS "%" PRId64 "%s}",
	               row->no_conditions_since, row->if_match_quoted ? "," IF_MATCH_QUOTED : "");
	return db_run(db, err, "UPDATE remote SET quirks = ?2 WHERE id = ?1", BIND_INT(row->id),
	              BIND_TEXT(quirks));
}

int remote_synced(struct db *db, int64_t id, int64_t started_at, struct err *err)
{
	return db_run(db, err,
	              "UPDATE remote SET generation = generation + 1, synced_at = ?2 "
	              "WHERE id = ?1",
	              BIND_INT(id), BIND_INT(started_at));
}
