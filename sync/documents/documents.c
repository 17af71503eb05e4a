#include "sync/documents/internal.h"

#include "sync/diff/selection.h"
#include "sync/plan/bodies.h"
#include "sync/plan/bucket_keys.h"
#include "sync/run/root_file.h"
#include "sync/s3/etag.h"

#include "base/cleanup.h"
#include "base/listing.h"
#include "db/state/object.h"
#include "db/state/remote_object.h"

#include <stdio.h>
#include <string.h>

bool documents_ends_run(const struct sync_run *run, const struct err *err)
{
	if (run->dispatch.fatal.code != ERR_NONE)
		return true;
	if (root_file_is_fault(err))
		return false;
	switch (err->code) {
	case ERR_AUTH:      /* this object, or the dispatch would have failed */
	case ERR_NOT_FOUND: /* likewise */
	case ERR_REFUSED:
	case ERR_MALFORMED:
	case ERR_INTEGRITY:
	case ERR_OTHER:
		return false;
	default:
		return true;
	}
}

/* ---- deciding */

/* Our part of a merged list is in the bucket: remembered, so that the next sync need not look. */
static int remember_merged(struct sync_run *run, const struct plan_item *item, struct err *err)
{
	struct remote_object_row row = {.size_bytes = item->size_bytes,
	                                .digest = item->digest,
	                                .verified_at = run->started_at,
	                                .generation = run->remote.generation + 1};

	(void)snprintf(row.etag, sizeof(row.etag), "%s", item->there_etag);
	return journal_object(&run->journal, item->key, &row, err);
}

/*
 * Whether tags/list or _catalog is what this root last put there, which an opaque ETag does not
 * tell. 1, 0, -1.
 */
static int is_recorded(struct sync_run *run, const struct plan_item *item,
                       const struct str *document, struct err *err)
{
	struct remote_object_row row;
	struct digest digest;
	uint8_t sha256[SHA256_BYTES];
	int got;

	if (item->there_etag[0] == '\0' || run->remote.id == 0 ||
	    (item->object_class != CLASS_TAGS_LIST && item->object_class != CLASS_CATALOG))
		return 0;
	got = remote_object_get(run->db, run->remote.id, item->key, &row, err);
	if (got <= 0 || strcmp(row.etag, item->there_etag) != 0)
		return got < 0 ? -1 : 0;
	if (hash_once(HASH_SHA256, str_text(document), document->len, sha256, err) < 0)
		return -1;
	digest = digest_from_sha256(sha256);
	return digest_equal(&digest, &row.digest);
}

/* 1 when the document differs from what the bucket has (item and body are set), 0, -1. */
static int settle(struct sync_run *run, struct plan_item *item, const struct str *document,
                  struct err *err)
{
	uint8_t md5[MD5_BYTES];
	struct etag there, here;
	int recorded;

	if (hash_once(HASH_MD5, str_text(document), document->len, md5, err) < 0)
		return -1;
	here = etag_of_md5(md5);
	item->size_bytes = item->send_bytes = document->len;
	item->parts_total = 0;
	if (etag_parse(&there, item->there_etag) && etag_equal(&there, &here))
		return 0;
	recorded = is_recorded(run, item, document, err);
	if (recorded != 0)
		return recorded < 0 ? -1 : 0;
	item->state = PLAN_WAITING;
	item->verb = item->there_etag[0] ? ACTION_UPDATE : ACTION_UPLOAD;
	memcpy(item->md5, md5, MD5_BYTES);
	if (plan_set(&run->plan, item, err) < 0 ||
	    plan_body_put(&run->plan, item->id, str_text(document), document->len, err) < 0)
		return -1;
	return 1;
}

static int decide(struct sync_run *run, struct plan_item *item, struct err *err)
{
	AUTO_STR struct str document = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	int different;
	bool ours;

	if (render_document(run, item, &document, err) < 0)
		return -1;
	ours = item->digest.alg != DIGEST_NONE;
	different = settle(run, item, &document, err);
	if (different != 0)
		return different < 0 ? -1 : 0;
	if (ours)
		run->summary->unchanged++;
	if (item->object_class != CLASS_TAGS_LIST && item->object_class != CLASS_CATALOG &&
	    remember_merged(run, item, err) < 0)
		return -1;
	return plan_drop(&run->plan, item->id, err);
}

static int decide_class(struct sync_run *run, enum object_class object_class, struct err *err)
{
	struct plan_item item = {0};
	int got;

	while ((got = plan_after(&run->plan, object_class, PLAN_UNDECIDED, item.id, &item, err)) >
	       0) {
		struct err why = ERR_INIT;

		if (decide(run, &item, &why) == 0)
			continue;
		if (documents_ends_run(run, &why)) {
			*err = why;
			return -1;
		}
		sync_run_object_failed(run, &why);
		/* It stays in the plan: what is not there counts as being as it must be. */
		item.state = PLAN_FAILED;
		if (plan_set(&run->plan, &item, err) < 0)
			return -1;
	}
	return got;
}

/* The bucket's list is exactly ours, but the bucket has more: it must be opened after all. */
static int open_list(struct sync_run *run, const char *key, const char *why, struct err *err)
{
	struct object_row row;
	struct plan_item item;
	int got = selection_has(run, key, err);

	if (got > 0)
		got = object_get(run->db, key, &row, err);
	if (got <= 0)
		return got;
	got = plan_find(&run->plan, key, &item, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	memset(&item, 0, sizeof(item));
	(void)snprintf(item.key, sizeof(item.key), "%s", key);
	(void)snprintf(item.why, sizeof(item.why), "%s", why);
	(void)hex_text(row.md5, MD5_BYTES, item.there_etag);
	item.object_class = row.object_class;
	item.digest = row.digest;
	item.size_bytes = row.size_bytes;
	memcpy(item.md5, row.md5, MD5_BYTES);
	item.state = PLAN_UNDECIDED;
	run->summary->unchanged--;
	return plan_add(&run->plan, &item, err);
}

/* How many names a bucket has is for others to say: each is looked at, and none is kept. */
static int open_tags_lists(struct sync_run *run, struct err *err)
{
	char repo[REPO_MAX + 1] = "", key[KEY_MAX];
	int got;

	while ((got = bucket_keys_next_tagged(&run->plan, repo, err)) > 0)
		if (open_list(run, layout_tags_list(key, repo), "the bucket has other tags", err) <
		    0)
			return -1;
	return got;
}

static int is_one(void *context, const char *repo, struct err *err)
{
	(void)context;
	(void)repo;
	(void)err;
	return 1;
}

static int open_catalog(struct sync_run *run, struct err *err)
{
	char key[KEY_MAX];
	int any = bucket_keys_each_repo(&run->plan, is_one, NULL, err);

	if (any <= 0)
		return any;
	return open_list(run, layout_catalog(key), "the bucket has other repositories", err);
}

int documents_plan(struct sync_run *run, struct err *err)
{
	if (open_tags_lists(run, err) < 0 || open_catalog(run, err) < 0)
		return -1;
	if (decide_class(run, CLASS_TAGS_LIST, err) < 0 ||
	    decide_class(run, CLASS_CATALOG, err) < 0 ||
	    decide_class(run, CLASS_REFERRERS, err) < 0 ||
	    decide_class(run, CLASS_FALLBACK_TAG, err) < 0)
		return -1;
	return 0;
}

/* ---- while others write */

int documents_merge(struct sync_run *run, struct plan_item *item, const char *written_etag,
                    struct current_document *current, struct err *err)
{
	AUTO_STR struct str document = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	uint8_t written_md5[MD5_BYTES], md5[MD5_BYTES];

	memcpy(written_md5, item->md5, MD5_BYTES);
	if (render_document_now(run, item, current, &document, err) < 0 ||
	    hash_once(HASH_MD5, str_text(&document), document.len, md5, err) < 0)
		return -1;
	/* Still the one that was just written: an ETag that is no MD5 does not tell it otherwise.
	 */
	if (written_etag[0] && strcmp(written_etag, current->etag) == 0 &&
	    memcmp(written_md5, md5, MD5_BYTES) == 0)
		return 0;
	return settle(run, item, &document, err);
}

/* ---- the catalogue: its ETag may be newer than the pages on which its repositories were listed */

bool documents_reads_first(const struct sync_run *run, const struct plan_item *item)
{
	return item->object_class == CLASS_CATALOG &&
	       (item->verb == ACTION_UPDATE ||
	        (item->verb == ACTION_UPLOAD && !run->session.conditions_certain));
}

static int catalog_before(struct sync_run *run, struct plan_item *item, struct err *err)
{
	AUTO_STR struct str document = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	struct current_document *current = current_document_start(run, item, err);
	int result = current && current_document_wait(current, err) == 0
	                     ? render_newest_catalog(run, current, &document, err)
	                     : -1;

	if (result == 0) {
		(void)snprintf(item->there_etag, sizeof(item->there_etag), "%s", current->etag);
		result = settle(run, item, &document, err);
		current_document_free(current);
		return result < 0 ? -1 : !result;
	}
	current_document_free(current);
	if (documents_ends_run(run, err))
		return -1;
	event_warning(run->sink, "%s is sent as it was planned: %s", item->key, err->message);
	return 0;
}

int documents_before(struct sync_run *run, struct plan_item *item, struct err *err)
{
	struct current_document *current;
	int different;

	if (documents_reads_first(run, item))
		return catalog_before(run, item, err);
	if (item->verb == ACTION_REPAIR || item->object_class != CLASS_TAGS_LIST ||
	    (run->summary->failed + run->summary->held == 0 && !run->contested))
		return 0;
	current = current_document_start(run, item, err);
	different = current && current_document_wait(current, err) == 0
	                    ? documents_merge(run, item, "", current, err)
	                    : -1;
	current_document_free(current);
	return different < 0 ? -1 : !different;
}

/* Whether our version of a list of referrers names nothing. */
static bool name_list_nothing(const struct plan_item *item)
{
	AUTO_STR struct str empty = STR_INIT(1024);
	struct err ignored;

	return listing_referrers(&empty, NULL, 0, &ignored) == 0 && empty.len == item->size_bytes;
}

bool documents_must_check(const struct sync_run *run, const struct plan_item *item)
{
	/* The ETag that it replaced may be newer than the page on which its tags were listed. */
	if (item->object_class == CLASS_TAGS_LIST && item->verb == ACTION_UPDATE)
		return true;
	if (!object_class_is_derived(item->object_class) || item->verb == ACTION_DELETE ||
	    run->session.conditions_certain)
		return false;
	/* An empty list of referrers may be overwritten by anybody: it loses nothing. */
	return item->object_class != CLASS_REFERRERS || item->verb != ACTION_UPLOAD ||
	       !name_list_nothing(item);
}
