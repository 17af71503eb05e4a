#include "db/state/object.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define COLUMNS "key, class, digest, size, md5, content_type, changed_at"

static int read_row(struct query *q, struct object_row *row, struct err *err)
{
	const char *type;

	memset(row, 0, sizeof(*row));
	(void)snprintf(row->key, sizeof(row->key), "%s", query_text(q, 0));
	row->object_class = (enum object_class)query_int(q, 1);
	row->size_bytes = (uint64_t)query_int(q, 3);
	row->changed_at = query_int(q, 6);
	if (query_digest(q, 2, &row->digest, err) < 0 ||
	    query_copy(q, 4, row->md5, sizeof(row->md5), err) < 0)
		return -1;
	type = query_is_null(q, 5) ? object_class_content_type(row->object_class)
	                           : query_text(q, 5);
	(void)snprintf(row->content_type, sizeof(row->content_type), "%s", type ? type : "");
	return 0;
}

int object_get(struct db *db, const char *key, struct object_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, db, err, "SELECT " COLUMNS " FROM object WHERE key = ?1",
	                     BIND_TEXT(key)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0 && read_row(&q, row, err) < 0)
		return -1;
	return got;
}

int object_has(struct db *db, const char *key, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, db, err, "SELECT 1 FROM object WHERE key = ?1", BIND_TEXT(key)) <
	    0)
		return -1;
	return query_step(&q, err);
}

int object_put(struct db *db, const struct object_row *row, struct err *err)
{
	const char *own_type = object_class_content_type(row->object_class);
	bool is_own = own_type && strcmp(own_type, row->content_type) == 0;

	return db_run(db, err,
	              "INSERT INTO object (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	              "ON CONFLICT (key) DO UPDATE SET class = excluded.class, "
	              "changed_at = CASE WHEN digest = excluded.digest THEN changed_at "
	              "ELSE excluded.changed_at END, "
	              "digest = excluded.digest, size = excluded.size, md5 = excluded.md5, "
	              "content_type = excluded.content_type",
	              BIND_TEXT(row->key), BIND_INT(row->object_class), BIND_DIGEST(&row->digest),
	              BIND_INT((int64_t)row->size_bytes), BIND_BYTES(row->md5, sizeof(row->md5)),
	              BIND_TEXT(row->content_type[0] && !is_own ? row->content_type : NULL),
	              BIND_INT(time(NULL)));
}

int object_delete(struct db *db, const char *key, struct err *err)
{
	return db_run(db, err, "DELETE FROM object WHERE key = ?1", BIND_TEXT(key));
}

int object_page(struct db *db, const char *after, const char *until, struct object_row *rows,
                int max, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int count = 0, got = 0;

	/* Two statements, because "?2 IS NULL OR …" would keep SQLite from using the upper bound.
	 */
	if (query_start_with(&q, db, err,
	                     until ? "SELECT " COLUMNS " FROM object WHERE key > ?1 AND key < ?3 "
	                             "ORDER BY key LIMIT ?2"
	                           : "SELECT " COLUMNS
	                             " FROM object WHERE key > ?1 ORDER BY key LIMIT ?2",
	                     BIND_TEXT(after), BIND_INT(max)) < 0)
		return -1;
	if (until)
		query_bind_text(&q, 3, until);
	while (count < max && (got = query_step(&q, err)) > 0) {
		if (read_row(&q, &rows[count], err) < 0)
			return -1;
		count++;
	}
	return got < 0 ? -1 : count;
}

int object_with_digest(struct db *db, const struct digest *d, enum object_class object_class,
                       char key[KEY_MAX], struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(
		    &q, db, err,
		    "SELECT key FROM object WHERE digest = ?1 AND class = ?2 ORDER BY key LIMIT 1",
		    BIND_DIGEST(d), BIND_INT(object_class)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0)
		(void)snprintf(key, KEY_MAX, "%s", query_text(&q, 0));
	return got;
}

int64_t object_count(struct db *db, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, db, "SELECT count(*) FROM object", err) < 0 || query_step(&q, err) <= 0)
		return -1;
	return query_int(&q, 0);
}

int64_t object_bytes(struct db *db, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, db, "SELECT coalesce(sum(size), 0) FROM object", err) < 0 ||
	    query_step(&q, err) <= 0)
		return -1;
	return query_int(&q, 0);
}
