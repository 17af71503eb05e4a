#include "sync/sync.h"

#include "sync/diff/check_headers.h"
#include "sync/diff/contested_tags.h"
#include "sync/diff/copies.h"
#include "sync/diff/kept_tags.h"
#include "sync/diff/opaque_etags.h"
#include "sync/diff/prune.h"
#include "sync/diff/resume.h"
#include "sync/diff/scan.h"
#include "sync/diff/selection.h"
#include "sync/diff/unrecorded.h"
#include "sync/documents/documents.h"
#include "sync/documents/removed_tags.h"
#include "sync/pages/pages.h"
#include "sync/plan/open.h"
#include "sync/plan/publication_order.h"
#include "sync/transfer/events.h"
#include "sync/transfer/removals.h"
#include "sync/transfer/transfer.h"

#include "base/cleanup.h"
#include "base/part_size.h"
#include "base/units.h"
#include "db/root/recovery.h"

#include <inttypes.h>
#include <string.h>

/*
 * What must be of one moment: the lists name exactly the tags that are planned or in the bucket,
 * and whatever is planned waits for all that it refers to. Nothing is staged or untagged meanwhile.
 */
static int plan_locked(struct sync_run *run, struct err *err)
{
	if (plan_open(&run->plan, err) < 0 || prune_note_needed(run, err) < 0 ||
	    selection_make(run, err) < 0 || scan_bucket(run, err) < 0 ||
	    resume_plan(run, err) < 0 || opaque_etags_plan(run, err) < 0 ||
	    contested_tags_plan(run, err) < 0 || removed_tags_plan(run, err) < 0 ||
	    prune_stand_down(run, err) < 0 || copies_plan(run, err) < 0 ||
	    documents_plan(run, err) < 0 || check_headers_list(run, err) < 0)
		return -1;
	return publication_order_make(&run->plan, run->db, err);
}

/*
 * Everything that is decided before the first change. The root is locked only while it must be:
 * what waits for the bucket and does not need the root comes before or after. No file goes in all
 * this time, since gc needs the remote's lock too.
 */
static int make_plan(struct sync_run *run, struct err *err)
{
	struct event event = {.type = EVENT_PROGRESS, .u.progress.phase = PHASE_COMPARING};
	struct plan_totals totals;
	int result;

	event_emit(run->sink, &event);
	if (pages_check(run, err) < 0 || prune_check(run, err) < 0 || unrecorded_run(run, err) < 0)
		return -1;
	if (!sync_run_dry(run) && root_lock_settled(run->root, run->options->lock_wait_ms, err) < 0)
		return -1;
	result = plan_locked(run, err);
	if (!sync_run_dry(run))
		root_unlock(run->root);
	if (result < 0 || check_headers_plan(run, err) < 0 || prune_stand_down(run, err) < 0 ||
	    prune_plan(run, err) < 0 || documents_plan_losing(run, err) < 0 ||
	    plan_totals(&run->plan, &totals, err) < 0)
		return -1;
	run->summary->bytes_total = totals.send_bytes;
	run->summary->kept = totals.kept;
	run->summary->held = totals.held;
	run->summary->planned = true;
	return events_plan(run, err) < 0 || (!sync_run_dry(run) && kept_tags_remember(run, err) < 0)
	               ? -1
	               : 0;
}

/* What the run ends with although nothing stopped it. */
static int judge_objects(const struct sync_run *run, struct err *err)
{
	const struct event_summary *s = run->summary;

	if (s->failed == 0 && s->held == 0)
		return 0;
	return err_set(err, run->worst == ERR_NONE ? ERR_PARTIAL : run->worst,
	               "%" PRIu64 " objects failed, %" PRIu64 " were held back; the rest is %s",
	               s->failed, s->held, sync_run_dry(run) ? "planned" : "done");
}

/* Pages lead to what the lists name: where anything has failed they wait for the next run. */
static int end_with_pages(struct sync_run *run, struct err *err)
{
	if (judge_objects(run, err) < 0 || pages_publish(run, err) < 0)
		return -1;
	return judge_objects(run, err);
}

/* What stopped the run is not all that there is to say when an object's failure is worse. */
static int judge_stopped(const struct sync_run *run, struct err *err)
{
	if (err_worse(err->code, run->worst) == err->code)
		return -1;
	err->code = run->worst;
	return err_context(err, "%" PRIu64 " objects failed, and then", run->summary->failed);
}

/* Returns -1. */
static int end_early(struct sync_run *run, const struct err *why)
{
	struct err err = ERR_INIT;

	/* A disk that ended the run will be told of. */
	if (unrecorded_stop(run, &err) < 0 && why->code != ERR_STORAGE)
		event_error(run->sink, &err);
	return -1;
}

/* A sync that finds nothing to do leaves the state as it is. */
static int carry_out(struct sync_run *run, struct err *err)
{
	int awaited, changes = plan_changes(&run->plan, err);

	if (changes < 0 || (changes > 0 && unrecorded_begin(run, err) < 0))
		return -1;
	if (resume_abandon(run, err) < 0 || removals_order(run, err) < 0 ||
	    transfer_run(run, err) < 0 || removals_run(run, err) < 0 ||
	    plan_check_end(&run->plan, err) < 0)
		return end_early(run, err);
	awaited = prune_awaits_sync(run, err);
	if (awaited < 0 || unrecorded_end(run, awaited, err) < 0)
		return -1;
	return end_with_pages(run, err);
}

/* What is left of the plan of a dry run: what its requests would be. */
static int carry_out_nothing(struct sync_run *run, struct err *err)
{
	return resume_abandon(run, err) < 0 ? -1 : end_with_pages(run, err);
}

static int run_all(struct sync_run *run, struct err *err)
{
	struct err later = ERR_INIT;
	int result = make_plan(run, err);

	if (result == 0)
		result = sync_run_dry(run) ? carry_out_nothing(run, err) : carry_out(run, err);
	if ((journal_flush(&run->journal, &later) < 0 ||
	     sync_run_record_learned(run, &later) < 0) &&
	    result == 0) {
		*err = later;
		result = -1;
	}
	return result < 0 ? judge_stopped(run, err) : 0;
}

int sync_to_bucket(struct root *root, const struct sync_options *options,
                   const struct event_sink *sink, struct event_summary *summary, struct err *err)
{
	struct sync_run run;
	int result = sync_run_open(&run, root, options,
	                           options->mode == SYNC_DRY_RUN ? RUN_TO_LOOK : RUN_TO_CHANGE,
	                           sink, summary, err);

	if (result == 0)
		result = run_all(&run, err);
	events_summary(&run, result < 0 ? err->code : ERR_NONE);
	sync_run_close(&run);
	return result;
}

int sync_find_remote(struct root *root, const struct sync_options *options, int64_t *id,
                     struct err *err)
{
	struct event_summary summary;
	struct sync_run run;
	int result =
		sync_run_open(&run, root, options, RUN_TO_LOOK, &EVENT_SINK_NONE, &summary, err);

	*id = run.remote.id;
	sync_run_close(&run);
	return result;
}
