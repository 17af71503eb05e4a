/*
 * run: what the parts of one sync share. sync.c makes it and drives the parts in this order:
 *
 *     recover        what an earlier run could not write down, into the state        unrecorded.h
 *   while the root is locked, so that its rows and lists are of one moment:
 *     scope          which keys of the state this is about  -> table                 selection.h
 *     list, scan     the bucket's keys against the state's -> plan, extra keys      scan.h
 *     resume         uploads that an earlier run left      -> plan                  resume.h
 *     resolve        copies, unknown ETags                 -> plan                  resolve.h
 *     derived        lists merged with the bucket's        -> plan                  documents.h
 *     order          edges and ranks publication_order.h after that: metadata       headers that
 * are wrong, if asked for  -> plan                  check_headers.h prune          what --delete
 * may remove              -> plan                  prune.h transfer       the plan -> the bucket
 * transfer.h prune          removals, when all else went well                              prune.h
 */
#ifndef DRYDOCK_SYNC_RUN_RUN_H
#define DRYDOCK_SYNC_RUN_RUN_H

#include "sync/dispatch/dispatch.h"
#include "sync/plan/plan.h"
#include "sync/plan/tag_filter.h"
#include "sync/run/journal.h"
#include "sync/run/options.h"
#include "sync/run/session.h"

#include "base/event.h"
#include "db/root/root.h"
#include "db/state/remote.h"

enum { TOKEN_TEXT_MAX = UPLOAD_TOKEN_TEXT_MAX };

struct sync_run {
	struct root *root;                  /* borrowed */
	struct db *db;                      /* borrowed: the root's */
	const struct sync_options *options; /* borrowed */
	const struct event_sink *sink;      /* borrowed */
	struct event_summary *summary;      /* borrowed */

	struct tag_filter filter; /* --include and --exclude: selection.h */
	struct session session;
	struct dispatch dispatch;
	struct plan plan;
	struct journal journal;
	struct remote_row remote; /* id 0: never synced, and this is a dry run */
	int64_t started_ms, started_at;
	char token[TOKEN_TEXT_MAX]; /* of this run's single PUTs */

	/* Options with their defaults. */
	uint64_t part_size_min_bytes, threshold_bytes;

	/* Requests that the plan will make, for the dry run. */
	uint64_t planned_requests[REQUEST_KINDS];
	enum err_code worst; /* what the objects that failed make of the run; ERR_NONE: none did */
	bool noted;          /* unrecorded.h: the state holds a note of a run */
	bool unsure;         /* …and must keep it: what became of a request is not known */
	bool remembers;      /* the state has records of objects of this remote */
	bool planned;        /* the plan is made: there will be a summary */
	bool contested;      /* somebody moved a tag that we were about to remove: it stays */
};

static inline bool sync_run_dry(const struct sync_run *run)
{
	return run->options->mode == SYNC_DRY_RUN;
}

static inline const struct provider *sync_run_provider(const struct sync_run *run)
{
	return run->session.endpoint.provider;
}

/*
 * Opens the session and readies the queue; sends nothing. root, db, options, sink and summary are
 * set, everything else is zero (session: SESSION_INIT).
 */
int sync_run_open(struct sync_run *run, struct err *err) MUST_CHECK;
/* What is recorded of this remote, if anything. */
int sync_run_find_remote(struct sync_run *run, struct err *err) MUST_CHECK;
/* The records of this remote; a dry run makes none. */
int sync_run_open_remote(struct sync_run *run, struct err *err) MUST_CHECK;
/* Records the region, where the server named another one than was known (A3). */
int sync_run_record_region(struct sync_run *run, struct err *err) MUST_CHECK;
void sync_run_close(struct sync_run *run);

/* How an object of this size is sent now. 0 parts: as a single PUT. */
uint64_t sync_run_part_size(const struct sync_run *run, uint64_t size_bytes);
uint64_t sync_run_part_total(const struct sync_run *run, uint64_t size_bytes);

/*
 * Where the bytes of an item are in the root: its own key, or for a tag the manifest that it points
 * to, because stage may move the tag while we send. Returns `key`.
 */
const char *sync_run_source_key(const struct plan_item *item, char key[KEY_MAX]);

/*
 * Whether an error met while one object was looked at, read or merged is about the run. If not, it
 * is about that object alone, and everything else goes on (F3).
 */
bool sync_run_ends_with(const struct sync_run *run, const struct err *err);
/* One object failed: says so, and remembers the worst code. */
void sync_run_object_failed(struct sync_run *run, const struct err *err);

/* 128 random bits in hex. */
int sync_run_make_token(char token[TOKEN_TEXT_MAX], struct err *err) MUST_CHECK;

#endif
