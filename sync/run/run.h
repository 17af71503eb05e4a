/*
 * run: what the parts of one sync share: the bucket and the root, the queue of requests, the plan,
 * and how it has gone so far. sync.c drives the parts; sync/README.md tells in which order.
 *
 *     struct sync_run run;
 *     int result = sync_run_open(&run, root, options, RUN_TO_CHANGE, sink, &summary, err);
 *     if (result == 0) …
 *     sync_run_close(&run);                also where opening failed
 */
#ifndef DRYDOCK_SYNC_RUN_RUN_H
#define DRYDOCK_SYNC_RUN_RUN_H

#include "sync/dispatch/dispatch.h"
#include "sync/plan/layer_count.h"
#include "sync/plan/plan.h"
#include "sync/plan/tag_filter.h"
#include "sync/run/journal.h"
#include "sync/run/options.h"
#include "sync/run/session.h"

#include "base/event.h"
#include "base/text_set.h"
#include "db/root/root.h"
#include "db/state/remote.h"

enum { TOKEN_TEXT_MAX = UPLOAD_TOKEN_TEXT_MAX };

enum sync_run_purpose {
	RUN_TO_LOOK,   /* changes no row of the state and nothing in the bucket */
	RUN_TO_CHANGE, /* holds the remote's lock, and has a row of table remote */
};

/* The note by which the next run knows of this one, should it not end: unrecorded.h. */
enum sync_run_note {
	NOTE_NONE,
	NOTE_STANDS, /* in the state; goes when the run ends */
	NOTE_STAYS,  /* …which it must not: what became of a request is not known */
};

struct sync_run {
	enum sync_run_purpose purpose;
	struct root *root;                  /* borrowed */
	struct db *db;                      /* borrowed: the root's */
	const struct sync_options *options; /* borrowed */
	const struct event_sink *sink;      /* borrowed */
	struct event_summary *summary;      /* borrowed; counts while the run works */

	/* The parts, each with a header of its own. */
	struct session session;
	struct dispatch dispatch;
	struct journal journal;
	struct tag_filter filter; /* --include and --exclude: selection.h */
	struct plan plan;         /* closed until plan_open */
	struct layer_count layers;

	struct remote_row remote;   /* id 0: never synced, and this run only looks */
	int lock;                   /* owned descriptor of the remote's lock; -1: none */
	char token[TOKEN_TEXT_MAX]; /* of this run's single PUTs (U3) */
	int64_t started_ms;         /* monotonic */
	int64_t started_at;         /* wall clock, seconds */

	/* How it has gone so far. */
	enum err_code worst; /* what the objects that failed make of the run; ERR_NONE: none did */
	enum sync_run_note note; /* NOTE_NONE */
	bool has_records;        /* the state had records of objects of this remote: scan.h */
	uint64_t in_grace;       /* keys that would be removed but for --grace: prune.h */
	bool contested;          /* a key to be removed was written meanwhile, and stays (W2) */
	struct text_set gone_left_out; /* keys of tags: left out, once sent, and gone */
	bool tags_stay_removed;        /* the plan has tags that others removed: removed_tags.h */
};

/* Whether it only looks. */
static inline bool sync_run_dry(const struct sync_run *run)
{
	return run->purpose == RUN_TO_LOOK;
}

static inline const struct provider *sync_run_provider(const struct sync_run *run)
{
	return run->session.endpoint.provider;
}

/*
 * Readies everything but the plan, and zeroes *summary. Sends nothing. To change, it takes the
 * remote's lock (ERR_LOCKED; summary->remote_id is known then, if the remote is).
 */
int sync_run_open(struct sync_run *run, struct root *root, const struct sync_options *options,
                  enum sync_run_purpose purpose, const struct event_sink *sink,
                  struct event_summary *summary, struct err *err) MUST_CHECK;
/* Records what the server has taught: another region than was known (A3), that it has no conditions
 * (W4). */
int sync_run_record_learned(struct sync_run *run, struct err *err) MUST_CHECK;
void sync_run_close(struct sync_run *run);

/* How an object of this size is sent now (U1). 0 parts: as a single PUT. */
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
/* One object failed: says so, and remembers the worst code (F3). */
void sync_run_object_failed(struct sync_run *run, const struct err *err);
/*
 * What the bucket has under the item's key could not be asked. That fails the object: the item
 * stays in the plan as ACTION_HELD, and what needs it is held back when its turn comes. -1 when
 * `why` ends the run.
 */
int sync_run_fail_unknown(struct sync_run *run, struct plan_item *item, const struct err *why,
                          struct err *err) MUST_CHECK;

/* 128 random bits in hex. */
int sync_run_make_token(char token[TOKEN_TEXT_MAX], struct err *err) MUST_CHECK;

#endif
