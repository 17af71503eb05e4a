#include "sync/sync.h"

#include "sync/diff/check_headers.h"
#include "sync/diff/prune.h"
#include "sync/diff/resolve.h"
#include "sync/diff/resume.h"
#include "sync/diff/scan.h"
#include "sync/diff/selection.h"
#include "sync/diff/unrecorded.h"
#include "sync/documents/documents.h"
#include "sync/plan/publication_order.h"
#include "sync/transfer/events.h"
#include "sync/transfer/transfer.h"

#include "base/cleanup.h"
#include "base/part_size.h"
#include "base/units.h"

#include <inttypes.h>
#include <string.h>

/*
 * What must be of one moment: the lists name exactly the tags that are planned or in the bucket,
 * and whatever is planned waits for all that it refers to. Nobody stages or untags meanwhile.
 */
static int plan_locked(struct sync_run *e, struct err *err)
{
	if (plan_open(&e->plan, err) < 0 || prune_note_needed(e, err) < 0 ||
	    selection_make(e, err) < 0 || scan_bucket(e, err) < 0 || resume_plan(e, err) < 0 ||
	    opaque_etags_resolve(e, err) < 0 || copies_resolve(e, err) < 0 ||
	    documents_plan(e, err) < 0 || check_headers_list(e, err) < 0)
		return -1;
	return publication_order_make(&e->plan, e->db, err);
}

/*
 * Everything that is decided before the first change. The root is locked only while it must be:
 * what waits for the bucket and does not need the root comes before or after. No file goes in all
 * this time, since gc needs the remote's lock too.
 */
static int make_plan(struct sync_run *e, struct err *err)
{
	struct plan_totals totals;
	int result;

	if (prune_check(e, err) < 0 || unrecorded_run(e, err) < 0)
		return -1;
	if (!sync_run_dry(e) && root_lock_settled(e->root, e->options->lock_wait_ms, err) < 0)
		return -1;
	result = plan_locked(e, err);
	if (!sync_run_dry(e))
		root_unlock(e->root);
	if (result < 0 || check_headers_plan(e, err) < 0 || prune_plan(e, err) < 0 ||
	    plan_totals(&e->plan, &totals, err) < 0)
		return -1;
	e->summary->bytes_total = totals.send_bytes;
	e->summary->kept = totals.said_kept;
	e->summary->held = totals.said_held;
	e->planned = true;
	return events_plan(e, err);
}

/* What the run ends with although nothing stopped it. */
static int judge(const struct sync_run *e, struct err *err)
{
	const struct event_summary *s = e->summary;

	if (s->failed == 0 && s->held == 0)
		return 0;
	return err_set(err, e->worst == ERR_NONE ? ERR_PARTIAL : e->worst,
	               "%" PRIu64 " objects failed, %" PRIu64 " were held back; the rest is done",
	               s->failed, s->held);
}

/* What stopped the run is not all that there is to say when an object's failure is worse. */
static int judge_stopped(const struct sync_run *e, struct err *err)
{
	if (e->worst == ERR_NONE || err_worse(err->code, e->worst) == err->code)
		return -1;
	err->code = e->worst;
	return err_context(err, "%" PRIu64 " objects failed, and then", e->summary->failed);
}

/* Returns -1. */
static int end_early(struct sync_run *e, const struct err *why)
{
	struct err err = ERR_INIT;

	/* A disk that ended the run will be told of. */
	if (unrecorded_stop(e, &err) < 0 && why->code != ERR_STORAGE)
		event_error(e->sink, &err);
	return -1;
}

/* A sync that finds nothing to do leaves the state as it is. */
static int carry_out(struct sync_run *e, struct err *err)
{
	int awaited, changes = plan_changes(&e->plan, err);

	if (changes < 0 || (changes > 0 && unrecorded_begin(e, err) < 0))
		return -1;
	if (resume_abandon(e, err) < 0 || transfer_run(e, err) < 0 || prune_run(e, err) < 0)
		return end_early(e, err);
	awaited = prune_awaits_sync(e, err);
	if (awaited < 0 || unrecorded_end(e, awaited, err) < 0)
		return -1;
	return judge(e, err);
}

static int run(struct sync_run *e, struct err *err)
{
	struct err later = ERR_INIT;
	int result = make_plan(e, err);

	if (result == 0 && !sync_run_dry(e))
		result = carry_out(e, err);
	if ((journal_flush(&e->journal, &later) < 0 || sync_run_record_region(e, &later) < 0) &&
	    result == 0) {
		*err = later;
		result = -1;
	}
	return result < 0 ? judge_stopped(e, err) : 0;
}

int sync_to_bucket(struct root *root, const struct sync_options *options,
                   const struct event_sink *sink, struct event_summary *summary, struct err *err)
{
	struct sync_run e = {.root = root,
	                     .db = root->db,
	                     .options = options,
	                     .sink = sink,
	                     .summary = summary,
	                     .session = SESSION_INIT};
	AUTO_CLOSE int lock = -1;
	int result;

	memset(summary, 0, sizeof(*summary));
	result = sync_run_open(&e, err);
	/* Whoever is told that the lock is held wants to know when a sync there succeeded last. */
	if (result == 0)
		result = sync_run_find_remote(&e, err);
	if (result == 0 && !sync_run_dry(&e)) {
		lock = root_lock_named(root, e.session.lock_name, options->lock_wait_ms, err);
		result = lock < 0 ? -1 : 0;
	}
	if (result == 0)
		result = sync_run_open_remote(&e, err);
	if (result == 0)
		result = run(&e, err);
	events_summary(&e, result < 0 ? err->code : ERR_NONE);
	sync_run_close(&e);
	return result;
}

int sync_find_remote(struct root *root, const struct sync_options *options, int64_t *id,
                     struct err *err)
{
	struct event_summary summary = {0};
	struct sync_run e = {.root = root,
	                     .db = root->db,
	                     .options = options,
	                     .sink = &EVENT_SINK_NONE,
	                     .summary = &summary,
	                     .session = SESSION_INIT};
	int result = sync_run_open(&e, err);

	if (result == 0)
		result = sync_run_find_remote(&e, err);
	*id = e.remote.id;
	sync_run_close(&e);
	return result;
}
