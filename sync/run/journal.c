#include "sync/run/journal.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_PATIENCE_MS = 50 };

enum entry_kind { ENTRY_OBJECT, ENTRY_FORGET, ENTRY_PART, ENTRY_UPLOAD_GONE };

struct journal_entry {
	enum entry_kind kind;
	char key[KEY_MAX];
	struct remote_object_row row; /* OBJECT; of PART the ETag and the size */
	int64_t upload;
	uint32_t number;
	uint8_t md5[MD5_BYTES];
};

int journal_open(struct journal *j, struct db *db, int64_t remote, struct err *err)
{
	memset(j, 0, sizeof(*j));
	j->db = db;
	j->remote = remote;
	if (remote == 0)
		return 0;
	j->entries = malloc(JOURNAL_MAX * sizeof(*j->entries));
	return j->entries ? 0 : err_memory(err);
}

void journal_close(struct journal *j)
{
	free(j->entries);
	memset(j, 0, sizeof(*j));
}

static int add_entry(struct journal *j, const struct journal_entry *entry, struct err *err)
{
	if (j->remote == 0)
		return 0;
	if (j->count == JOURNAL_MAX && journal_flush(j, err) < 0)
		return -1;
	if (j->count == 0)
		j->first_at_ms = monotonic_ms();
	j->entries[j->count++] = *entry;
	return 0;
}

int journal_object(struct journal *j, const char *key, const struct remote_object_row *row,
                   struct err *err)
{
	struct journal_entry e = {.kind = ENTRY_OBJECT, .row = *row};

	(void)snprintf(e.key, sizeof(e.key), "%s", key);
	return add_entry(j, &e, err);
}

int journal_forget(struct journal *j, const char *key, struct err *err)
{
	struct journal_entry e = {.kind = ENTRY_FORGET};

	(void)snprintf(e.key, sizeof(e.key), "%s", key);
	return add_entry(j, &e, err);
}

int journal_part(struct journal *j, int64_t upload, uint32_t number, uint64_t size_bytes,
                 const uint8_t md5[MD5_BYTES], const char *etag, struct err *err)
{
	struct journal_entry e = {.kind = ENTRY_PART, .upload = upload, .number = number};

	e.row.size_bytes = size_bytes;
	memcpy(e.md5, md5, MD5_BYTES);
	(void)snprintf(e.row.etag, sizeof(e.row.etag), "%s", etag);
	return add_entry(j, &e, err);
}

int journal_upload_gone(struct journal *j, int64_t upload, struct err *err)
{
	const struct journal_entry e = {.kind = ENTRY_UPLOAD_GONE, .upload = upload};

	return add_entry(j, &e, err);
}

static int write_entry(struct journal *j, const struct journal_entry *e, struct err *err)
{
	switch (e->kind) {
	case ENTRY_OBJECT:
		return remote_object_put(j->db, j->remote, e->key, &e->row, err);
	case ENTRY_FORGET:
		return remote_object_delete(j->db, j->remote, e->key, err);
	case ENTRY_PART:
		return upload_part_put(j->db, e->upload, e->number, e->row.size_bytes, e->md5,
		                       e->row.etag, err);
	case ENTRY_UPLOAD_GONE:
		return upload_delete(j->db, e->upload, err);
	}
	return 0;
}

static int write_all(struct journal *j, struct err *err)
{
	if (db_begin(j->db, err) < 0)
		return -1;
	for (size_t i = 0; i < j->count; i++)
		if (write_entry(j, &j->entries[i], err) < 0) {
			db_rollback(j->db);
			return -1;
		}
	if (db_commit(j->db, err) < 0)
		return -1;
	j->count = 0;
	j->wrote = true;
	return 0;
}

int journal_flush(struct journal *j, struct err *err)
{
	if (j->count == 0)
		return 0;
	if (write_all(j, err) == 0)
		return 0;
	j->lost = true;
	return -1;
}

int journal_tick(struct journal *j, struct err *err)
{
	int64_t patience_ms, now = monotonic_ms();
	int result;

	if (j->count == 0 || now < j->not_before_ms ||
	    (j->count < JOURNAL_BATCH && now - j->first_at_ms < JOURNAL_DELAY_MS))
		return 0;
	patience_ms = db_set_patience(j->db, TICK_PATIENCE_MS);
	result = write_all(j, err);
	(void)db_set_patience(j->db, patience_ms);
	if (result == 0)
		return 0;
	if (err->code != ERR_LOCKED) {
		j->lost = true;
		return -1;
	}
	/* Another process writes for long, and the requests under way cannot wait for it. */
	*err = (struct err)ERR_INIT;
	j->not_before_ms = monotonic_ms() + JOURNAL_DELAY_MS;
	return 0;
}
