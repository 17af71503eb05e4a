#include "sync/verify_remote.h"

#include "sync/diff/match_etag.h"
#include "sync/dispatch/head_many.h"
#include "sync/dispatch/list_bucket.h"
#include "sync/run/ping.h"
#include "sync/run/run.h"
#include "sync/s3/etag.h"
#include "sync/s3/etag_meaning.h"

#include "base/cleanup.h"
#include "db/state/blob.h"
#include "db/state/object.h"
#include "db/state/remote_object.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS_MAX = 8, /* objects looked at side by side */
	/* A step is asked for again when it is lost, so it is kept small; it is held in memory. */
	STEP_BYTES = 2 << 20,
};

struct check {
	struct sync_run *run;
	enum verify_depth depth;
	struct verify_remote_result *result;
	char after[KEY_MAX]; /* the last key that was asked for; "" none */
	bool no_ping;        /* v2/ is not there */
	enum err_code worst; /* of what is bad or could not be looked at */
};

struct slot {
	struct task task;    /* first, for head_many.h */
	struct check *check; /* borrowed */
	struct object_row row;
	struct hash hash;
	uint64_t at_bytes;
};

/* ---- judging */

static void tell_fault(struct slot *s, const struct err *err)
{
	event_error(s->check->run->sink, err);
	s->check->worst = err_worse(s->check->worst, err->code);
}

static void bad(struct slot *s, const char *what)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, ERR_INTEGRITY, "%s in the bucket: %s", s->row.key, what);
	s->check->result->bad++;
	tell_fault(s, &err);
}

static void moved(struct slot *s)
{
	event_warning(s->check->run->sink, "%s points elsewhere in the bucket than here",
	              s->row.key);
	s->check->result->moved++;
}

static void tell_waiting(struct slot *s)
{
	struct key_parts parts;

	s->check->result->waiting++;
	if (s->row.object_class == CLASS_TAG && layout_parse(&parts, s->row.key))
		event_warning(s->check->run->sink, "%s:%s is not published yet", parts.repo,
		              parts.tag);
}

/*
 * Whether the bucket is as this root left it, and the object, which is not what the root has now,
 * waits for the next sync: what is not there was never known to be, and a tag that points elsewhere
 * does so because this root sent it. `head` is NULL where nothing is there.
 */
static bool awaits_sync(const struct slot *s, const struct s3_head *head)
{
	struct sync_run *run = s->check->run;
	struct remote_object_row known;
	struct err err = ERR_INIT;
	int got = run->remote.id
	                  ? remote_object_get(run->db, run->remote.id, s->row.key, &known, &err)
	                  : 0;

	if (got < 0)
		dispatch_fail(&run->dispatch, &err);
	if (got <= 0 || !head)
		return got == 0 && !head;
	return known.sent_by_us && etag_same(known.etag, head->etag) &&
	       !digest_equal(&known.digest, &s->row.digest);
}

static void not_there(struct slot *s)
{
	if (awaits_sync(s, NULL))
		tell_waiting(s);
	else
		bad(s, "missing");
}

/* A plain MD5 under the key that is not ours; other forms of ETags tell nothing by themselves. */
static bool other_md5(const struct slot *s, const struct s3_head *head)
{
	struct err ignored;
	struct etag etag;

	if (etag_meaning(sync_run_provider(s->check->run), head->etag, head) == ETAG_IS_OPAQUE ||
	    !etag_parse(&etag, head->etag) || etag.parts != 0)
		return false;
	if (md5_known(s->row.md5))
		return !etag_is_md5(head->etag, s->row.md5);
	/* Sent in one piece by another tool, and so large that stage has not computed its MD5. */
	return match_etag(s->check->run, s->row.key, &s->row.digest, s->row.size_bytes, head->etag,
	                  &ignored) <= 0;
}

/* What its headers tell. True when the object need not be looked at any further. */
static bool judge_head(struct slot *s, const struct s3_head *head)
{
	char why[2 * MEDIA_TYPE_MAX];
	char sha256[2 * SHA256_BYTES + 1];
	struct blob_row blob = {.size_bytes = 0};
	struct err ignored;

	/* Derived objects may be written by other roots as well. */
	if (!object_class_is_derived(s->row.object_class) &&
	    (head->size_bytes != s->row.size_bytes || other_md5(s, head))) {
		if (s->row.object_class == CLASS_TAG) {
			if (awaits_sync(s, head))
				tell_waiting(s);
			else
				moved(s);
			return true;
		}
		(void)snprintf(why, sizeof(why),
		               "%" PRIu64 " bytes with ETag %.64s; expected %" PRIu64
		               " bytes, and other content; sync sends it again",
		               head->size_bytes, head->etag, s->row.size_bytes);
		bad(s, why);
		return true;
	}
	if (object_class_immutable(s->row.object_class) && head->meta_sha256 &&
	    head->meta_sha256[0] &&
	    blob_get(s->check->run->db, &s->row.digest, &blob, &ignored) > 0 &&
	    strcmp(head->meta_sha256, hex_text(blob.sha256, SHA256_BYTES, sha256)) != 0) {
		bad(s, "its metadata tell another SHA-256");
		return true;
	}
	if (strcmp(head->content_type ? head->content_type : "", s->row.content_type) != 0) {
		(void)snprintf(why, sizeof(why), "Content-Type '%.128s', expected '%.128s'",
		               head->content_type ? head->content_type : "", s->row.content_type);
		bad(s, why);
		return true;
	}
	return false;
}

/* ---- requests */

static bool failed(struct slot *s, const struct s3_result *result,
                   const struct retry_decision *decision)
{
	struct err err = ERR_INIT;

	if (result->ok)
		return false;
	if (result->status == 404) {
		if (s->row.object_class == CLASS_PING)
			s->check->no_ping = true;
		else
			not_there(s);
		return true;
	}
	(void)dispatch_error(&s->check->run->dispatch, result, decision, &err);
	s->check->result->failed++;
	tell_fault(s, &err);
	return true;
}

static void end_hash(struct slot *s)
{
	struct digest found = {.alg = s->row.digest.alg};
	struct err err = ERR_INIT;

	if (hash_finish(&s->hash, found.bytes, &err) < 0) {
		dispatch_fail(&s->check->run->dispatch, &err);
	} else if (!digest_equal(&found, &s->row.digest)) {
		if (s->row.object_class == CLASS_TAG)
			moved(s);
		else
			bad(s, "its bytes do not match its digest");
	}
}

static void read_on(struct slot *s);

static void on_bytes(struct task *task, struct s3_result *result,
                     const struct retry_decision *decision)
{
	struct slot *s = task->owner;
	uint64_t want = task->request.range_length_bytes;
	struct err err = ERR_INIT;

	if (failed(s, result, decision))
		return;
	if (!result->body || result->body->len != want) {
		bad(s, "it is shorter than its size says");
		return;
	}
	if (hash_add(&s->hash, result->body->data, result->body->len, &err) < 0) {
		dispatch_fail(&s->check->run->dispatch, &err);
		return;
	}
	s->at_bytes += want;
	s->check->result->bytes += want;
	read_on(s);
}

static void read_on(struct slot *s)
{
	uint64_t left = s->row.size_bytes - s->at_bytes;

	if (left == 0) {
		end_hash(s);
		return;
	}
	s->task.request = (struct s3_request){
		.op = S3_GET,
		.key = s->row.key,
		.range_offset_bytes = s->at_bytes,
		.range_length_bytes = left < STEP_BYTES ? left : STEP_BYTES,
		.body_max_bytes = STEP_BYTES,
	};
	s->task.done = on_bytes;
	dispatch_submit(&s->check->run->dispatch, &s->task);
}

static void tell_checked(const struct check *c)
{
	struct event event = {.type = EVENT_PROGRESS, .u.progress.phase = PHASE_CHECKING};

	event.u.progress.total_done_bytes = c->result->bytes;
	event.u.progress.objects_done = c->result->objects;
	event_emit(c->run->sink, &event);
}

static void on_head(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct slot *s = task->owner;
	struct err err = ERR_INIT;

	tell_checked(s->check);
	if (failed(s, result, decision) || judge_head(s, &result->head))
		return;
	if (s->check->depth == VERIFY_HEADS || object_class_is_derived(s->row.object_class))
		return;
	s->at_bytes = 0;
	if (hash_start(&s->hash, hash_kind_of(s->row.digest.alg), &err) < 0)
		dispatch_fail(&s->check->run->dispatch, &err);
	else
		read_on(s);
}

/* ---- whether the bucket is there */

static int note_whether_empty(void *context, const struct list_page *page, struct err *err)
{
	bool *empty = context;

	(void)err;
	*empty = page->count == 0;
	return 1;
}

/* A HEAD is answered alike whether the key, all that is below the prefix, or the bucket is missing.
 */
static int look_for_registry(struct sync_run *run, struct err *err)
{
	bool empty = true;
	int result =
		list_bucket_below(&run->dispatch, LAYOUT_PREFIX, note_whether_empty, &empty, err);

	if (result < 0 || !empty)
		return result;
	return err_set(err, ERR_NOT_FOUND,
	               "there is no registry at %.200s, nothing is below v2/: check the bucket's "
	               "name and prefix, or publish it with drydock sync",
	               run->options->url);
}

/* ---- all of them */

static void take_row(struct check *c, struct slot *s, const char **key)
{
	c->result->objects++;
	s->check = c;
	*key = s->row.key;
}

/* v2/ alone, which is in no table. As head_many.h wants it. */
static int next_ping(void *context, void *slot, const char **key, struct err *err)
{
	struct check *c = context;
	struct slot *s = slot;

	if (c->result->objects > 0)
		return 0;
	if (ping_row(&s->row, err) < 0)
		return -1;
	(void)snprintf(s->row.content_type, sizeof(s->row.content_type), "%s",
	               object_class_content_type(CLASS_PING));
	take_row(c, s, key);
	return 1;
}

static int next_row(void *context, void *slot, const char **key, struct err *err)
{
	struct check *c = context;
	struct slot *s = slot;
	int got = object_page(c->run->db, c->after, NULL, &s->row, 1, err);

	if (got <= 0)
		return got;
	(void)snprintf(c->after, sizeof(c->after), "%s", s->row.key);
	take_row(c, s, key);
	return 1;
}

/* v2/ comes first: without it there may be no bucket to look at. */
static int check_ping(struct head_many *many, struct err *err)
{
	struct check *c = many->context;

	many->next = next_ping;
	if (head_many(many, err) < 0)
		return -1;
	if (!c->no_ping)
		return 0;
	if (look_for_registry(c->run, err) < 0)
		return -1;
	not_there(many->slots);
	return 0;
}

static int check_all(struct head_many *many, struct err *err)
{
	if (check_ping(many, err) < 0)
		return -1;
	many->next = next_row;
	many->end = false;
	return head_many(many, err);
}

static int judge_all(const struct check *c, struct err *err)
{
	const struct verify_remote_result *r = c->result;

	if (r->failed > 0)
		return err_set(err, c->worst,
		               "%" PRIu64 " of %" PRIu64
		               " objects in the bucket could not be looked at, %" PRIu64
		               " are not what the root has",
		               r->failed, r->objects, r->bad);
	if (r->bad > 0)
		return err_set(err, c->worst,
		               "%" PRIu64 " of %" PRIu64
		               " objects in the bucket are not what the root has",
		               r->bad, r->objects);
	if (r->waiting > 0)
		return err_set(err, ERR_NOT_FOUND,
		               "%" PRIu64 " of %" PRIu64
		               " objects are not published yet: drydock sync sends them",
		               r->waiting, r->objects);
	return 0;
}

static int check_bucket(struct sync_run *run, enum verify_depth depth,
                        struct verify_remote_result *result, struct err *err)
{
	struct check c = {.run = run, .depth = depth, .result = result};
	struct slot *slots = calloc(SLOTS_MAX, sizeof(*slots));
	struct head_many many = {.dispatch = &run->dispatch,
	                         .slots = slots,
	                         .slot_bytes = sizeof(*slots),
	                         .slot_count = SLOTS_MAX,
	                         .answered = on_head,
	                         .context = &c};
	int done;

	if (!slots)
		return err_memory(err);
	done = check_all(&many, err);
	for (size_t i = 0; i < SLOTS_MAX; i++)
		hash_release(&slots[i].hash);
	free(slots);
	return done < 0 ? -1 : judge_all(&c, err);
}

int verify_remote(struct root *root, const struct sync_options *options, enum verify_depth depth,
                  const struct event_sink *sink, struct verify_remote_result *result,
                  struct err *err)
{
	struct event_summary summary;
	struct sync_run run;
	int done = sync_run_open(&run, root, options, RUN_TO_LOOK, sink, &summary, err);

	memset(result, 0, sizeof(*result));
	if (done == 0)
		done = check_bucket(&run, depth, result, err);
	sync_run_close(&run);
	return done;
}
