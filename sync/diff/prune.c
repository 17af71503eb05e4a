#include "sync/diff/prune.h"

#include "sync/diff/selection.h"
#include "sync/dispatch/ask.h"
#include "sync/plan/bucket_keys.h"
#include "sync/plan/edges.h"
#include "sync/plan/keepers.h"
#include "sync/s3/etag.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/units.h"
#include "db/state/meta.h"
#include "db/state/object.h"
#include "db/state/remote_object.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DOCUMENT_MAX_BYTES = 20 << 20,
	WAY_OUT_MAX = 2 * KEY_MAX, /* bytes of what a person is told to do */
};

#define NOTHING_DELETED "--delete: what must stay is not known, and nothing was deleted"

/* ---- guards */

int prune_awaits_sync(struct sync_run *run, struct err *err)
{
	char rescanned[32];
	int got = meta_get(run->db, "rescanned_at", rescanned, sizeof(rescanned), err);

	/* A rescan forgets the remotes, too: whether one was synced since, no clock need tell. */
	return got <= 0 ? got : run->remote.synced_at == 0;
}

int prune_check(struct sync_run *run, struct err *err)
{
	int64_t count;
	int awaits;

	if (run->options->delete_mode == DELETE_NONE)
		return 0;
	count = object_count(run->db, err);
	awaits = prune_awaits_sync(run, err);
	if (count < 0 || awaits < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_USAGE,
		               "--delete: the root is empty, and the bucket would be after it; "
		               "nothing was deleted");
	if (awaits)
		return err_set(err, ERR_USAGE,
		               "--delete: the root's state was rebuilt from its tree and no longer "
		               "knows what was removed; sync once without --delete first%s",
		               tag_filter_is_on(&run->filter)
		                       ? ", and without --include and --exclude"
		                       : "");
	return 0;
}

int prune_note_needed(struct sync_run *run, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (sync_run_dry(run))
		return 0;
	if (query_start(&q, run->db,
	                "UPDATE remote_object SET unreachable_at = NULL WHERE remote = ?1 "
	                "AND unreachable_at IS NOT NULL "
	                "AND EXISTS (SELECT 1 FROM object WHERE object.key = remote_object.key)",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, run->remote.id);
	return query_run(&q, err);
}

/* ---- candidates */

static bool old_enough(const struct sync_run *run, const struct s3_object *object)
{
	int64_t grace_ms = run->options->grace_ms;

	if (grace_ms == 0)
		return true;
	return object->modified_at_ms >= 0 &&
	       object->modified_at_ms / 1000 <=
	               dispatch_server_now(&run->dispatch) - grace_ms / 1000;
}

/*
 * Whether this root sent what is there, and does not need it: records since when. *due: it has not
 * for --grace.
 */
static int ours_unneeded(struct sync_run *run, const struct s3_object *object, bool *due,
                         struct err *err)
{
	struct remote_object_row row;
	int64_t now = dispatch_server_now(&run->dispatch);
	int got = run->remote.id
	                  ? remote_object_get(run->db, run->remote.id, object->key, &row, err)
	                  : 0;

	*due = false;
	if (got <= 0)
		return got;
	if (!row.sent_by_us || !etag_same(row.etag, object->etag))
		return 0;
	if (row.unreachable_at == 0) {
		row.unreachable_at = now;
		if (journal_object(&run->journal, object->key, &row, err) < 0)
			return -1;
	}
	*due = row.unreachable_at <= now - run->options->grace_ms / 1000;
	return 1;
}

int prune_foreign(struct sync_run *run, const struct key_parts *parts,
                  const struct s3_object *object, struct err *err)
{
	enum sync_delete mode = run->options->delete_mode;
	bool due;
	int ours = ours_unneeded(run, object, &due, err);
	struct plan_item item = {.object_class = parts->object_class,
	                         .verb = ACTION_DELETE,
	                         .state = PLAN_REMOVAL,
	                         .digest = parts->digest,
	                         .size_bytes = object->size_bytes};

	if (ours < 0 || mode == DELETE_NONE)
		return ours < 0 ? -1 : 0;
	if (!(ours > 0 || mode == DELETE_FOREIGN) || !selection_may_remove(run, parts))
		return prune_differs(run, object->key, err);
	if ((mode != DELETE_FOREIGN && !due) || !old_enough(run, object)) {
		run->in_grace++;
		return prune_differs(run, object->key, err);
	}
	(void)snprintf(item.key, sizeof(item.key), "%s", object->key);
	(void)snprintf(item.there_etag, sizeof(item.there_etag), "%s", object->etag);
	(void)snprintf(item.why, sizeof(item.why), "%s",
	               due ? "nothing staged refers to it" : "not in the root");
	return plan_add(&run->plan, &item, err) < 0 ? -1 : 1;
}

int prune_differs(struct sync_run *run, const char *key, struct err *err)
{
	struct key_parts parts;

	if (run->options->delete_mode == DELETE_NONE || !layout_parse(&parts, key))
		return 0;
	switch (parts.object_class) {
	case CLASS_MANIFEST:
	case CLASS_TAG:
	case CLASS_FALLBACK_TAG:
	case CLASS_REFERRERS:
		return keepers_add(&run->plan, key, parts.repo, err);
	default:
		return 0;
	}
}

/* ---- what stays */

typedef int refers_fn(void *context, const char *key, struct err *err);

static int one_member(const json_t *entry, const char *repo, refers_fn *fn, void *context,
                      struct err *err)
{
	const char *text = json_text(entry, "digest");
	struct digest digest;
	char key[KEY_MAX];

	if (!text || digest_parse(&digest, text, strlen(text), err) < 0)
		return err_set(err, ERR_MALFORMED, "an entry without a digest");
	if (fn(context, layout_manifest(key, repo, &digest), err) < 0)
		return -1;
	return fn(context, layout_blob(key, repo, &digest), err);
}

static int each_member(const json_t *list, const char *repo, refers_fn *fn, void *context,
                       struct err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (one_member(json_array_get(list, i), repo, fn, context, err) < 0)
			return -1;
	return 0;
}

/* Calls fn with each key that a manifest, index or list may refer to. */
static int each_reference(const struct str *document, const char *repo, refers_fn *fn,
                          void *context, struct err *err)
{
	AUTO_JSON json_t *json =
		json_parse_limited(str_text(document), document->len, &JSON_LIMITS_INDEX, err);
	json_t *config = json ? json_object_get(json, "config") : NULL;

	if (!json || (config && one_member(config, repo, fn, context, err) < 0) ||
	    each_member(json_object_get(json, "layers"), repo, fn, context, err) < 0 ||
	    each_member(json_object_get(json, "blobs"), repo, fn, context, err) < 0)
		return -1;
	/* A manifest of the first schema names its layers otherwise. */
	if (json_object_get(json, "fsLayers"))
		return err_set(err, ERR_REFUSED, "a manifest of schema 1");
	return each_member(json_object_get(json, "manifests"), repo, fn, context, err);
}

/* A tag needs the manifest whose bytes it has, by whatever algorithm that is named. */
static int itself(const struct str *document, const char *repo, refers_fn *fn, void *context,
                  struct err *err)
{
	static const enum digest_alg algs[] = {DIGEST_SHA256, DIGEST_SHA512};

	for (size_t i = 0; i < sizeof(algs) / sizeof(*algs); i++) {
		struct digest digest;
		char key[KEY_MAX];

		if (digest_of_bytes(&digest, algs[i], document->data, document->len, err) < 0 ||
		    fn(context, layout_manifest(key, repo, &digest), err) < 0)
			return -1;
	}
	return 0;
}

/* 1 read, 0 the key is gone meanwhile, -1. */
static int read_document(struct sync_run *run, const char *key, struct key_parts *parts,
                         struct str *document, struct err *err)
{
	struct ask_head head;

	if (!layout_parse(parts, key))
		return err_set(err, ERR_BUG, "'%.200s' is no manifest", key);
	return ask_get(&run->dispatch, key, &head, document, err);
}

static int read_references(struct sync_run *run, const char *key, refers_fn *fn, void *context,
                           struct err *err)
{
	AUTO_STR struct str document = STR_INIT(DOCUMENT_MAX_BYTES);
	struct key_parts parts;
	int got = read_document(run, key, &parts, &document, err);

	if (got <= 0)
		return got;
	if (parts.object_class == CLASS_TAG && itself(&document, parts.repo, fn, context, err) < 0)
		return -1;
	if (each_reference(&document, parts.repo, fn, context, err) < 0)
		return err_context(err, "%s in the bucket", key);
	return 1;
}

/* A candidate that something needs stays; if it is a manifest, so does what it needs. */
static int keep(void *context, const char *key, struct err *err)
{
	struct sync_run *run = context;
	struct plan_item item;
	int got = plan_find(&run->plan, key, &item, err);

	if (got <= 0 || item.state != PLAN_REMOVAL)
		return got < 0 ? -1 : 0;
	if (plan_drop(&run->plan, item.id, err) < 0 || prune_note_stays(run, key, err) < 0)
		return -1;
	return prune_differs(run, key, err);
}

/* What a person can do about a keeper that cannot be read. */
static int find_way_out(struct sync_run *run, const char *key, char text[WAY_OUT_MAX],
                        struct err *err)
{
	struct plan_item item;
	struct key_parts parts;
	int planned = plan_find(&run->plan, key, &item, err);
	int ours = object_has(run->db, key, err);

	if (planned < 0 || ours < 0 || !layout_parse(&parts, key))
		return -1;
	if (planned && item.state == PLAN_REPORT_ONLY)
		(void)snprintf(text, WAY_OUT_MAX,
		               "remove it from the bucket, or sync once without --delete and with "
		               "--force-tag %s:%s, which replaces it",
		               parts.repo, parts.tag);
	else if (planned || ours)
		(void)snprintf(text, WAY_OUT_MAX, "sync once without --delete%s, which replaces it",
		               planned ? "" : ", --include and --exclude");
	else
		(void)snprintf(text, WAY_OUT_MAX, "remove it from the bucket%s",
		               run->options->delete_mode == DELETE_FOREIGN
		                       ? ""
		                       : ", or give --delete=foreign, which removes whatever this "
		                         "root does not have");
	return 0;
}

/* Returns -1. */
static int stop_at(struct sync_run *run, const char *key, const struct err *why, struct err *err)
{
	char way_out[WAY_OUT_MAX] = "";

	*err = *why;
	if (why->code != ERR_MALFORMED && why->code != ERR_REFUSED)
		return err_context(err, NOTHING_DELETED);
	if (find_way_out(run, key, way_out, err) < 0)
		return -1;
	return err_set(err, why->code, NOTHING_DELETED ": %s: %s", why->message, way_out);
}

static int keep_what_is_reached(struct sync_run *run, struct err *err)
{
	char key[KEY_MAX];
	int got = keepers_trim(&run->plan, err);

	if (got < 0)
		return -1;
	while ((got = keepers_next(&run->plan, key, err)) > 0) {
		struct err why = ERR_INIT;

		if (read_references(run, key, keep, run, &why) < 0)
			return stop_at(run, key, &why, err);
	}
	return got;
}

/* ---- the order */

struct linking {
	struct sync_run *run;
	int64_t parent;
};

/* The manifest goes before what it refers to. */
static int link_child(void *context, const char *key, struct err *err)
{
	struct linking *l = context;
	struct plan_item item;
	int got = plan_find(&l->run->plan, key, &item, err);

	if (got <= 0 || item.state != PLAN_REMOVAL || item.id == l->parent)
		return got < 0 ? -1 : 0;
	return plan_edge_add(&l->run->plan, l->parent, item.id, PLAN_HARD, err);
}

/*
 * Only what its digest names: so this cannot go in a circle, whatever others have written. No
 * client takes other bytes for the manifest.
 */
static int link_manifest(struct sync_run *run, const struct plan_item *item, struct err *err)
{
	AUTO_STR struct str document = STR_INIT(DOCUMENT_MAX_BYTES);
	struct linking l = {run, item->id};
	struct key_parts parts;
	struct digest digest;
	int got = read_document(run, item->key, &parts, &document, err);

	if (got <= 0)
		return got;
	if (digest_of_bytes(&digest, parts.digest.alg, document.data, document.len, err) < 0)
		return -1;
	if (!digest_equal(&digest, &parts.digest))
		return 0;
	return each_reference(&document, parts.repo, link_child, &l, err);
}

static int link_manifests(struct sync_run *run, struct err *err)
{
	struct plan_item item = {0};
	int got;

	while ((got = plan_after(&run->plan, CLASS_MANIFEST, PLAN_REMOVAL, item.id, &item, err)) >
	       0) {
		struct err why = ERR_INIT;

		if (link_manifest(run, &item, &why) >= 0)
			continue;
		/* What no client can read refers to nothing. */
		if (why.code != ERR_MALFORMED && why.code != ERR_REFUSED) {
			*err = why;
			return -1;
		}
	}
	return got;
}

static int check_count(struct sync_run *run, struct err *err)
{
	int64_t count = plan_count_removals(&run->plan, err);

	if (count < 0)
		return -1;
	if ((uint64_t)count <= run->options->max_delete)
		return 0;
	return err_set(err, ERR_USAGE,
	               "--delete: %" PRId64 " objects would go, more than --max-delete %" PRIu64
	               " allows; nothing was deleted or sent",
	               count, run->options->max_delete);
}

static void note_grace(const struct sync_run *run)
{
	char count[UNITS_TEXT_MAX], grace[UNITS_TEXT_MAX];

	if (run->in_grace > 0)
		event_note(
			run->sink,
			"--delete: %s of what nothing needs any more %s until --grace %s is over",
			count_text(run->in_grace, "object", "objects", count),
			run->in_grace == 1 ? "stays" : "stay",
			duration_text(run->options->grace_ms, grace));
}

int prune_plan(struct sync_run *run, struct err *err)
{
	if (run->options->delete_mode == DELETE_NONE)
		return 0;
	if (keep_what_is_reached(run, err) < 0 || keepers_keep_lists(&run->plan, err) < 0 ||
	    check_count(run, err) < 0)
		return -1;
	note_grace(run);
	return sync_run_dry(run) ? 0 : link_manifests(run, err);
}

/* ---- what stays after all */

int prune_note_stays(struct sync_run *run, const char *key, struct err *err)
{
	struct key_parts parts;

	if (!layout_parse(&parts, key))
		return 0;
	if (parts.object_class == CLASS_TAG &&
	    bucket_keys_add_tag(&run->plan, parts.repo, parts.tag, err) < 0)
		return -1;
	if (parts.object_class != CLASS_TAG && parts.object_class != CLASS_MANIFEST)
		return 0;
	return bucket_keys_add_repo(&run->plan, parts.repo, err);
}

int prune_stand_down(struct sync_run *run, struct err *err)
{
	struct plan_item item = {0};
	struct plan_totals totals;
	int64_t count = plan_count_removals(&run->plan, err);
	int got;

	if (count <= 0 || plan_totals(&run->plan, &totals, err) < 0)
		return count == 0 ? 0 : -1;
	if (run->summary->failed + totals.held == 0)
		return 0;
	while ((got = plan_after(&run->plan, CLASS_NONE, PLAN_REMOVAL, item.id, &item, err)) > 0)
		if (prune_note_stays(run, item.key, err) < 0)
			return -1;
	event_warning(run->sink,
	              "--delete: %" PRId64 " objects stay for now, because %" PRIu64
	              " failed and %" PRIu64 " were held back",
	              count, run->summary->failed, totals.held);
	return got < 0 ? -1 : plan_drop_removals(&run->plan, err);
}
