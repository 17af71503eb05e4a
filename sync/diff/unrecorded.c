#include "sync/diff/unrecorded.h"

#include "sync/dispatch/ask.h"
#include "sync/dispatch/list_bucket.h"
#include "sync/run/ping.h"
#include "sync/s3/etag.h"

#include "db/state/object.h"
#include "db/state/remote_object.h"
#include "db/state/upload.h"

#include <stdio.h>
#include <string.h>

/* LastModified and Date have whole seconds. */
enum { CLOCK_SLACK_S = 2, CACHE_KIB = 1024 };

static const char SCHEMA[] =
	"CREATE TABLE doubt (key TEXT PRIMARY KEY, etag TEXT NOT NULL, size INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE gone (key TEXT PRIMARY KEY) WITHOUT ROWID";

struct unrecorded {
	struct sync_run *run;
	struct remote_note note;
	struct db *scratch; /* owned */
};

/* ---- looking: which keys may hold what no run has recorded */

/* Carries out a statement about one key of the scratch tables. */
static int change_key(struct unrecorded *r, const char *sql, const char *key, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, r->scratch, sql, err) < 0)
		return -1;
	query_bind_text(&q, 1, key);
	return query_run(&q, err);
}

static int find_unneeded(struct unrecorded *r, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, r->run->db,
	                "SELECT key FROM remote_object WHERE remote = ?1 AND NOT EXISTS "
	                "(SELECT 1 FROM object WHERE object.key = remote_object.key)",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, r->run->remote.id);
	while ((got = query_step(&q, err)) > 0)
		if (change_key(r, "INSERT INTO gone (key) VALUES (?1)", query_text(&q, 0), err) < 0)
			return -1;
	return got;
}

static int note_doubt(struct unrecorded *r, const struct s3_object *object, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, r->scratch,
	                "INSERT OR REPLACE INTO doubt (key, etag, size) VALUES (?1, ?2, ?3)",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, object->key);
	query_bind_text(&q, 2, object->etag);
	query_bind_int(&q, 3, (int64_t)object->size_bytes);
	return query_run(&q, err);
}

/* A multipart object may be dated by the beginning of its upload, which an earlier run made. */
static int is_late(struct unrecorded *r, const struct s3_object *object, struct err *err)
{
	struct upload_row upload;

	if (object->modified_at_ms < 0 ||
	    object->modified_at_ms / 1000 >= r->note.since - CLOCK_SLACK_S)
		return 1;
	return upload_get(r->run->db, r->run->remote.id, object->key, &upload, err);
}

static int look_at(struct unrecorded *r, const struct s3_object *object, struct err *err)
{
	struct remote_object_row row;
	struct key_parts parts;
	int got;

	if (!layout_parse(&parts, object->key))
		return 0;
	got = change_key(r, "DELETE FROM gone WHERE key = ?1", object->key, err);
	if (got == 0)
		got = is_late(r, object, err);
	if (got <= 0)
		return got;
	got = remote_object_get(r->run->db, r->run->remote.id, object->key, &row, err);
	if (got < 0)
		return -1;
	return got > 0 && etag_same(row.etag, object->etag) ? 0 : note_doubt(r, object, err);
}

static int look_at_page(void *context, const struct list_page *page, struct err *err)
{
	for (size_t i = 0; i < page->count; i++)
		if (look_at(context, &page->objects[i], err) < 0)
			return -1;
	return 0;
}

/* ---- asking: which of them are ours */

/* What the key holds in the root; 1, 0 when it is not staged any more, -1. */
static int find_local(struct unrecorded *r, const char *key, struct object_row *row,
                      struct err *err)
{
	if (strcmp(key, LAYOUT_PREFIX) == 0)
		return ping_row(row, err) < 0 ? -1 : 1;
	return object_get(r->run->db, key, row, err);
}

/*
 * Of which bytes of ours the object was made. The digest of a list is that of our part of it, which
 * is known only where it is the whole; otherwise one that nothing has, so that it is merged again.
 */
static int find_digest(struct unrecorded *r, const struct key_parts *parts, const char *key,
                       const struct ask_head *head, struct digest *digest, struct err *err)
{
	static const uint8_t none[SHA256_BYTES];
	struct object_row local;
	int got = find_local(r, key, &local, err);
	struct err ignored;

	if (got < 0)
		return -1;
	*digest = digest_from_sha256(none);
	if (object_class_immutable(parts->object_class))
		*digest = parts->digest;
	else if (got > 0 && etag_is_md5(head->etag, local.md5))
		*digest = local.digest;
	else if (parts->object_class == CLASS_TAG &&
	         digest_parse(digest, head->digest, strlen(head->digest), &ignored) < 0)
		*digest = digest_from_sha256(none);
	return 0;
}

/* Whether the run that left the note, or an upload in the state, made the object; its part size. */
static int is_ours(struct unrecorded *r, const char *key, const struct ask_head *head,
                   uint64_t *part_size_bytes, struct err *err)
{
	struct upload_row upload;
	int got;

	*part_size_bytes = 0;
	if (head->token[0] == '\0')
		return 0;
	if (strcmp(head->token, r->note.token) == 0)
		return 1;
	got = upload_get(r->run->db, r->run->remote.id, key, &upload, err);
	if (got <= 0 || strcmp(head->token, upload.token) != 0)
		return got < 0 ? -1 : 0;
	*part_size_bytes = upload.part_size_bytes;
	return 1;
}

/* An object that may be ours although the state does not say so. */
static int settle_doubt(struct unrecorded *r, const char *key, const char *etag,
                        uint64_t size_bytes, struct err *err)
{
	struct remote_object_row row = {.size_bytes = size_bytes,
	                                .verified_at = r->run->started_at,
	                                .generation = r->run->remote.generation + 1,
	                                .sent_by_us = 1};
	struct key_parts parts;
	struct ask_head head;
	int got = ask_head(&r->run->dispatch, key, &head, err);

	/* Written over meanwhile, or gone: not by this root. */
	if (got <= 0 || !etag_same(head.etag, etag))
		return got < 0 ? -1 : 0;
	got = is_ours(r, key, &head, &row.part_size_bytes, err);
	if (got <= 0)
		return got;
	if (!layout_parse(&parts, key))
		return err_set(err, ERR_BUG, "'%.200s' is no key", key);
	if (find_digest(r, &parts, key, &head, &row.digest, err) < 0)
		return -1;
	(void)snprintf(row.etag, sizeof(row.etag), "%s", head.etag);
	return journal_object(&r->run->journal, key, &row, err);
}

static int settle_all(struct unrecorded *r, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, r->scratch, "SELECT key, etag, size FROM doubt ORDER BY key", err) < 0)
		return -1;
	while ((got = query_step(&q, err)) > 0)
		if (settle_doubt(r, query_text(&q, 0), query_text(&q, 1),
		                 (uint64_t)query_int(&q, 2), err) < 0)
			return -1;
	return got;
}

static int forget_gone(struct unrecorded *r, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, r->scratch, "SELECT key FROM gone", err) < 0)
		return -1;
	while ((got = query_step(&q, err)) > 0)
		if (journal_forget(&r->run->journal, query_text(&q, 0), err) < 0)
			return -1;
	return got;
}

static int look_and_settle(struct unrecorded *r, struct err *err)
{
	if (db_exec(r->scratch, SCHEMA, err) < 0)
		return err_context(err, "scratch tables");
	if (find_unneeded(r, err) < 0 ||
	    list_bucket(&r->run->dispatch, r->run->db, look_at_page, r, err) < 0 ||
	    settle_all(r, err) < 0 || forget_gone(r, err) < 0)
		return -1;
	return journal_flush(&r->run->journal, err);
}

/* ---- */

int unrecorded_run(struct sync_run *run, struct err *err)
{
	struct unrecorded r = {.run = run};
	int got;

	if (sync_run_dry(run))
		return 0;
	got = remote_note_get(run->db, run->remote.id, &r.note, err);
	run->note = got > 0 ? NOTE_STANDS : NOTE_NONE;
	if (got <= 0 || r.note.token[0] == '\0')
		return got < 0 ? -1 : 0;
	event_log(run->sink, 1, "an earlier run did not end: looking for what it has sent");
	r.scratch = db_open_scratch(CACHE_KIB, err);
	if (!r.scratch)
		return -1;
	got = look_and_settle(&r, err);
	db_close(r.scratch);
	return got;
}

int unrecorded_begin(struct sync_run *run, struct err *err)
{
	struct remote_note note = {.since = dispatch_server_now(&run->dispatch)};

	(void)snprintf(note.token, sizeof(note.token), "%s", run->token);
	run->note = NOTE_STANDS;
	return remote_note_put(run->db, run->remote.id, &note, err);
}

/* Whether the bucket may hold what the state does not say. */
static bool is_unknown(const struct sync_run *run)
{
	return run->note == NOTE_STAYS || run->journal.lost;
}

int unrecorded_stop(struct sync_run *run, struct err *err)
{
	const struct remote_note settled = {.token = ""};

	if (run->note == NOTE_NONE || is_unknown(run))
		return 0;
	if (journal_flush(&run->journal, err) < 0)
		return -1;
	return remote_note_put(run->db, run->remote.id, &settled, err);
}

int unrecorded_end(struct sync_run *run, int awaited, struct err *err)
{
	bool whole = run->summary->failed == 0 && run->summary->held == 0 &&
	             !tag_filter_is_on(&run->filter);

	if (is_unknown(run) || !(run->journal.wrote || run->note != NOTE_NONE || awaited))
		return 0;
	if (db_begin(run->db, err) < 0)
		return -1;
	if ((run->note != NOTE_NONE && remote_note_clear(run->db, run->remote.id, err) < 0) ||
	    (whole && remote_synced(run->db, run->remote.id, run->started_at, err) < 0)) {
		db_rollback(run->db);
		return -1;
	}
	return db_commit(run->db, err);
}
