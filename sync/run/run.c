#include "sync/run/run.h"

#include "sync/plan/open.h"
#include "sync/run/root_file.h"

#include "base/cleanup.h"
#include "base/part_size.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

static int64_t given(int64_t value, int64_t otherwise)
{
	return value > 0 ? value : otherwise;
}

static void start_dispatch(struct sync_run *run)
{
	const struct sync_options *o = run->options;
	struct dispatch_settings settings = {
		.transfers = o->transfers ? o->transfers : SYNC_TRANSFERS,
		.retry_max_delay_ms = o->retry_max_delay_ms,
		.patience = {.connect_wait_ms = given(o->connect_wait_ms, SYNC_CONNECT_WAIT_MS),
	                     .give_up_after_ms = given(o->give_up_after_ms, SYNC_GIVE_UP_AFTER_MS),
	                     .deadline_ms = o->max_duration_ms > 0
	                                            ? run->started_ms + o->max_duration_ms
	                                            : 0},
		.sink = run->sink,
	};

	dispatch_init(&run->dispatch, run->session.s3, &settings);
	/* Another process that writes the state for long ends no run that has a link. */
	(void)db_set_patience(run->db, settings.patience.give_up_after_ms);
}

/* For so long a server is taken at its word that it has no conditions: a newer release may. */
enum { NO_CONDITIONS_S = 7 * 24 * 60 * 60 };

/* What a server taught before holds until it is told otherwise. */
static void follow_recorded(struct sync_run *run)
{
	if (!run->options->region && run->remote.region[0])
		(void)s3_follow_region(run->session.s3, run->remote.region);
	if (run->remote.no_conditions_since > run->started_at - NO_CONDITIONS_S)
		session_leave_conditions(&run->session);
	if (run->remote.if_match_quoted)
		session_quote_conditions(&run->session);
}

static int record_region(struct sync_run *run, struct err *err)
{
	const char *region = s3_endpoint(run->session.s3)->region;
	const char *recorded =
		run->remote.region[0] ? run->remote.region : run->session.endpoint.region;

	if (strcmp(region, recorded) == 0)
		return 0;
	return remote_set_region(run->db, run->remote.id, region, err);
}

int sync_run_record_learned(struct sync_run *run, struct err *err)
{
	if (run->remote.id == 0 || sync_run_dry(run))
		return 0;
	if (run->session.conditions_refused)
		run->remote.no_conditions_since = run->started_at;
	run->remote.if_match_quoted |= run->session.if_match_quoted;
	if ((run->session.conditions_refused || run->session.if_match_quoted) &&
	    remote_set_quirks(run->db, &run->remote, err) < 0)
		return -1;
	return record_region(run, err);
}

/* The name under which an earlier version recorded this remote; "" none. */
struct earlier_name {
	const struct endpoint *endpoint;
	int64_t id;
	char name[sizeof("https://:65535") + BUCKET_MAX + HOST_MAX + 1];
};

static int find_earlier(void *context, int64_t id, const char *name, struct err *err)
{
	struct earlier_name *earlier = context;

	(void)err;
	if (!endpoint_was_named(earlier->endpoint, name))
		return 0;
	earlier->id = id;
	(void)snprintf(earlier->name, sizeof(earlier->name), "%s", name);
	return 1;
}

static int find_remote(struct sync_run *run, struct earlier_name *earlier, struct err *err)
{
	const struct endpoint *at = &run->session.endpoint;
	const char *name = str_text(&run->session.identity);
	int got = remote_find(run->db, name, at->bucket, at->prefix, &run->remote, err);

	*earlier = (struct earlier_name){.endpoint = at};
	if (got == 0)
		got = remote_names_each(run->db, at->bucket, at->prefix, find_earlier, earlier,
		                        err);
	if (got > 0 && earlier->id)
		got = remote_find(run->db, earlier->name, at->bucket, at->prefix, &run->remote,
		                  err);
	return got < 0 ? -1 : 0;
}

/* Another process may have made the record while this one waited for the lock. */
static int take_remote(struct sync_run *run, struct err *err)
{
	const struct endpoint *at = &run->session.endpoint;
	const char *name = str_text(&run->session.identity);
	struct earlier_name earlier;

	run->lock =
		root_lock_named(run->root, run->session.lock_name, run->options->lock_wait_ms, err);
	if (run->lock < 0 || find_remote(run, &earlier, err) < 0 ||
	    (earlier.id && remote_rename(run->db, earlier.id, name, err) < 0) ||
	    remote_need(run->db, name, at->bucket, at->prefix, &run->remote, err) < 0)
		return -1;
	run->summary->remote_id = run->remote.id;
	return 0;
}

static int open_remote(struct sync_run *run, struct err *err)
{
	struct earlier_name earlier;

	if (find_remote(run, &earlier, err) < 0)
		return -1;
	if (!sync_run_dry(run)) {
		/* Of a run that gets no lock people want to know when one succeeded last. */
		run->summary->remote_id = run->remote.id;
		if (take_remote(run, err) < 0)
			return -1;
	}
	follow_recorded(run);
	return journal_open(&run->journal, run->db, sync_run_dry(run) ? 0 : run->remote.id, err);
}

int sync_run_open(struct sync_run *run, struct root *root, const struct sync_options *options,
                  enum sync_run_purpose purpose, const struct event_sink *sink,
                  struct event_summary *summary, struct err *err)
{
	memset(summary, 0, sizeof(*summary));
	*run = (struct sync_run){.purpose = purpose,
	                         .root = root,
	                         .db = root->db,
	                         .options = options,
	                         .sink = sink,
	                         .summary = summary,
	                         .layers.walk.db = root->db,
	                         .session = SESSION_INIT,
	                         .gone_left_out = TEXT_SET_INIT,
	                         .lock = -1,
	                         .started_ms = monotonic_ms(),
	                         .started_at = now_ms() / 1000};
	if (tag_filter_open(&run->filter, options->includes, options->include_count,
	                    options->excludes, options->exclude_count, err) < 0 ||
	    sync_run_make_token(run->token, err) < 0 ||
	    session_open(&run->session, options, err) < 0)
		return -1;
	session_warn_exposed(&run->session, options, sink);
	start_dispatch(run);
	return open_remote(run, err);
}

void sync_run_close(struct sync_run *run)
{
	plan_close(&run->plan);
	layer_count_release(&run->layers);
	journal_close(&run->journal);
	session_close(&run->session);
	tag_filter_release(&run->filter);
	text_set_release(&run->gone_left_out);
	cleanup_close(&run->lock);
}

uint64_t sync_run_part_size(const struct sync_run *run, uint64_t size_bytes)
{
	uint64_t least = run->options->part_size_bytes;

	return part_size(size_bytes, least ? least : PART_SIZE_MINIMUM,
	                 sync_run_provider(run)->max_parts);
}

uint64_t sync_run_part_total(const struct sync_run *run, uint64_t size_bytes)
{
	uint64_t threshold = run->options->multipart_threshold_bytes;

	if (threshold == 0)
		threshold = MULTIPART_THRESHOLD;
	/* Beyond PART_SIZE_LIMIT S3 takes no single PUT. */
	if (size_bytes <= threshold && size_bytes <= PART_SIZE_LIMIT)
		return 0;
	return part_count(size_bytes, sync_run_part_size(run, size_bytes));
}

const char *sync_run_source_key(const struct plan_item *item, char key[KEY_MAX])
{
	struct key_parts parts;

	if (item->object_class == CLASS_TAG && layout_parse(&parts, item->key))
		return layout_manifest(key, parts.repo, &item->digest);
	(void)snprintf(key, KEY_MAX, "%s", item->key);
	return key;
}

bool sync_run_ends_with(const struct sync_run *run, const struct err *err)
{
	return run->dispatch.fatal.code != ERR_NONE || err_scope(err) == ERR_SCOPE_RUN;
}

/* F3: the rest is done, which is a partial success, unless bytes or the disk here are bad. */
static enum err_code verdict_on_object(enum err_code code)
{
	return code == ERR_INTEGRITY || code == ERR_STORAGE ? code : ERR_PARTIAL;
}

void sync_run_object_failed(struct sync_run *run, const struct err *err)
{
	event_error(run->sink, err);
	run->summary->failed++;
	run->worst = err_worse(run->worst, verdict_on_object(err->code));
}

int sync_run_fail_unknown(struct sync_run *run, struct plan_item *item, const struct err *why,
                          struct err *err)
{
	if (sync_run_ends_with(run, why)) {
		*err = *why;
		return -1;
	}
	sync_run_object_failed(run, why);
	item->verb = ACTION_HELD;
	item->state = PLAN_WAITING;
	item->send_bytes = 0;
	(void)snprintf(item->why, sizeof(item->why), "what the bucket has is not known");
	return plan_set(&run->plan, item, err);
}

int sync_run_make_token(char token[TOKEN_TEXT_MAX], struct err *err)
{
	uint8_t bits[16];

	if (random_bytes(bits, sizeof(bits), err) < 0)
		return -1;
	(void)hex_text(bits, sizeof(bits), token);
	return 0;
}
