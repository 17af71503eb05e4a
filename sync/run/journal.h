/*
 * journal: what was learned about a remote and is not in the state file yet. Results are committed
 * together, at most a second after the first of them and a few hundred at once: a lost batch costs
 * a LIST or a ListParts, never bytes. Intents do not wait: journal_flush before a request that must
 * not be forgotten.
 */
#ifndef DRYDOCK_SYNC_RUN_JOURNAL_H
#define DRYDOCK_SYNC_RUN_JOURNAL_H

#include "db/state/remote_object.h"
#include "db/state/upload.h"

#include <stdbool.h>

enum {
	JOURNAL_DELAY_MS = 1000,
	/* So many are written in a few milliseconds, in which the requests under way still have
	 * something to do; thousands at once let all of them run dry. */
	JOURNAL_BATCH = 256,
	JOURNAL_MAX = 512,
};

struct journal_entry;

struct journal {
	struct db *db;                 /* borrowed: the state */
	int64_t remote;                /* 0: a dry run, nothing is kept */
	struct journal_entry *entries; /* owned */
	size_t count;                  /* of entries that are not written yet */
	int64_t first_at_ms;           /* monotonic: when the oldest of them came */
	int64_t not_before_ms; /* monotonic: another process is writing the state until then */
	bool lost;             /* a flush failed: entries may be gone */
	bool wrote;            /* anything was committed in this run */
};

int journal_open(struct journal *j, struct db *db, int64_t remote, struct err *err) MUST_CHECK;
/* What was not flushed is lost. */
void journal_close(struct journal *j);

int journal_object(struct journal *j, const char *key, const struct remote_object_row *row,
                   struct err *err) MUST_CHECK;
int journal_forget(struct journal *j, const char *key, struct err *err) MUST_CHECK;
int journal_part(struct journal *j, int64_t upload, uint32_t number, uint64_t size_bytes,
                 const uint8_t md5[MD5_BYTES], const char *etag, struct err *err) MUST_CHECK;
/* The upload ended: its row and its parts go, together with the entry that its object made. */
int journal_upload_gone(struct journal *j, int64_t upload, struct err *err) MUST_CHECK;

/*
 * Commits when the oldest entry is a second old or there is a batch of them, and puts it off while
 * another process is writing the state; flush: always, and waits for it.
 */
int journal_tick(struct journal *j, struct err *err) MUST_CHECK;
int journal_flush(struct journal *j, struct err *err) MUST_CHECK;

#endif
