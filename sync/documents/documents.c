#include "sync/documents/documents.h"

#include "sync/diff/selection.h"
#include "sync/dispatch/ask.h"
#include "sync/documents/render.h"
#include "sync/plan/bodies.h"
#include "sync/plan/bucket_keys.h"
#include "sync/plan/edges.h"
#include "sync/plan/tag_pages.h"
#include "sync/s3/etag.h"

#include "base/cleanup.h"
#include "base/listing.h"
#include "db/state/object.h"
#include "db/state/remote_object.h"

#include <stdio.h>
#include <string.h>

/* ---- deciding */

/* From the bucket's keys each time, unlike the lists into which our part is merged. */
static bool is_made_anew(const struct plan_item *item)
{
	return item->object_class == CLASS_TAGS_LIST || item->object_class == CLASS_CATALOG;
}

/* The bucket's list holds our part: it is recorded, so that the next sync need not read the list.
 */
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

	if (item->there_etag[0] == '\0' || run->remote.id == 0 || !is_made_anew(item))
		return 0;
	got = remote_object_get(run->db, run->remote.id, item->key, &row, err);
	if (got <= 0 || !etag_same(row.etag, item->there_etag))
		return got < 0 ? -1 : 0;
	if (hash_once(HASH_SHA256, str_text(document), document->len, sha256, err) < 0)
		return -1;
	digest = digest_from_sha256(sha256);
	return digest_equal(&digest, &row.digest);
}

/* Compares the document with what the bucket has; DOCUMENT_MUST_GO sets the item and its body. */
static enum document_verdict settle(struct sync_run *run, struct plan_item *item,
                                    const struct str *document, struct err *err)
{
	uint8_t md5[MD5_BYTES];
	int recorded;

	if (hash_once(HASH_MD5, str_text(document), document->len, md5, err) < 0)
		return DOCUMENT_ERROR;
	item->size_bytes = item->send_bytes = document->len;
	item->parts_total = 0;
	if (etag_is_md5(item->there_etag, md5))
		return DOCUMENT_IS_RIGHT;
	recorded = is_recorded(run, item, document, err);
	if (recorded != 0)
		return recorded < 0 ? DOCUMENT_ERROR : DOCUMENT_IS_RIGHT;
	item->state = PLAN_WAITING;
	item->verb = item->there_etag[0] ? ACTION_UPDATE : ACTION_UPLOAD;
	memcpy(item->md5, md5, MD5_BYTES);
	if (plan_set(&run->plan, item, err) < 0 ||
	    plan_body_put(&run->plan, item->id, str_text(document), document->len, err) < 0)
		return DOCUMENT_ERROR;
	return DOCUMENT_MUST_GO;
}

static int decide(struct sync_run *run, struct plan_item *item, struct err *err)
{
	AUTO_STR struct str document = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	enum document_verdict verdict;
	bool ours;

	if (render_document(run, item, &document, err) < 0)
		return -1;
	ours = item->digest.alg != DIGEST_NONE;
	verdict = settle(run, item, &document, err);
	if (verdict != DOCUMENT_IS_RIGHT)
		return verdict == DOCUMENT_ERROR ? -1 : 0;
	if (ours)
		run->summary->unchanged++;
	if (!is_made_anew(item) && remember_merged(run, item, err) < 0)
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
		if (sync_run_ends_with(run, &why)) {
			*err = why;
			return -1;
		}
		sync_run_object_failed(run, &why);
		/* It stays in the plan: a key that is not in the plan counts as right in the
		 * bucket. */
		item.state = PLAN_FAILED;
		if (plan_set(&run->plan, &item, err) < 0)
			return -1;
	}
	return got;
}

/* A list that equals ours, in a bucket that has more: it must be made anew after all. */
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

/* The bucket may have any number of repositories: one is in memory at a time. */
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

static int stop_at_first(void *context, const char *repo, struct err *err)
{
	(void)context;
	(void)repo;
	(void)err;
	return 1;
}

static int open_catalog(struct sync_run *run, struct err *err)
{
	char key[KEY_MAX];
	int any = bucket_keys_each_repo(&run->plan, stop_at_first, NULL, err);

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

/* One that is not in the plan, although it must lose a name. */
static int plan_losing(struct sync_run *run, const char *key, struct err *err)
{
	struct plan_item item;
	struct key_parts parts;
	struct ask_head head;
	int got = plan_find(&run->plan, key, &item, err);

	if (got != 0 || !layout_parse(&parts, key))
		return got < 0 ? -1 : 0;
	got = ask_head(&run->dispatch, key, &head, err);
	if (got <= 0)
		return got;
	memset(&item, 0, sizeof(item));
	(void)snprintf(item.key, sizeof(item.key), "%s", key);
	(void)snprintf(item.there_etag, sizeof(item.there_etag), "%s", head.etag);
	(void)snprintf(item.why, sizeof(item.why), "names what is removed");
	item.object_class = parts.object_class;
	item.state = PLAN_UNDECIDED;
	if (plan_add(&run->plan, &item, err) < 0 || decide(run, &item, err) < 0)
		return -1;
	return plan_rank(&run->plan, item.id, err);
}

/* An untagged tag goes while other things are sent, and its list after it (W2). */
static int list_after_untagged(struct sync_run *run, const struct plan_item *tag,
                               const char *list_key, struct err *err)
{
	struct plan_item list;
	int got = plan_find(&run->plan, list_key, &list, err);

	if (got <= 0 || list.state != PLAN_WAITING)
		return got < 0 ? -1 : 0;
	return plan_edge_add(&run->plan, tag->id, list.id, PLAN_SOFT, err);
}

int documents_plan_losing(struct sync_run *run, struct err *err)
{
	char repo[REPO_MAX + 1] = "", key[KEY_MAX];
	struct plan_item item = {0};
	struct key_parts parts;
	bool removals = false;
	int got;

	if (run->options->delete_mode == DELETE_NONE)
		return 0;
	while ((got = plan_after_stays(&run->plan, CLASS_TAG, item.id, &item, err)) > 0) {
		if (!layout_parse(&parts, item.key))
			continue;
		(void)layout_tags_list(key, parts.repo);
		removals = removals || item.state == PLAN_REMOVAL;
		if (strcmp(repo, parts.repo) != 0 && plan_losing(run, key, err) < 0)
			return -1;
		memcpy(repo, parts.repo, sizeof(repo));
		if (item.state != PLAN_REMOVAL && list_after_untagged(run, &item, key, err) < 0)
			return -1;
	}
	/* A run that was cut off may have removed a repository's tags: then only its list goes. */
	if (got == 0 && !removals) {
		got = plan_after(&run->plan, CLASS_TAGS_LIST, PLAN_REMOVAL, 0, &item, err);
		removals = got > 0;
	}
	return got < 0 || !removals ? got : plan_losing(run, layout_catalog(key), err);
}

/* ---- while others write */

/*
 * Whether the bucket's list is this document, byte for byte, which says more than any ETag: of a
 * tags/list only the headers were asked for so far. 1, 0, -1.
 */
static int is_there(struct sync_run *run, const struct plan_item *item,
                    const struct current_document *current, const struct str *document,
                    struct err *err)
{
	AUTO_STR struct str read = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	const struct str *body = &current->body;
	struct ask_head head;

	if (!current->found)
		return 0;
	if (item->object_class == CLASS_TAGS_LIST) {
		int got = current->ask.head.size_bytes == document->len
		                  ? ask_get(&run->dispatch, item->key, &head, &read, err)
		                  : 0;

		if (got <= 0)
			return got;
		body = &read;
	}
	return body->len == document->len &&
	       memcmp(str_text(body), str_text(document), document->len) == 0;
}

/* Under an ETag that is no MD5: recorded, so that the next sync knows the list by it. */
static int remember_there(struct sync_run *run, struct plan_item *item, const struct str *document,
                          struct err *err)
{
	uint8_t sha256[SHA256_BYTES];

	item->size_bytes = document->len;
	if (is_made_anew(item)) {
		if (hash_once(HASH_SHA256, str_text(document), document->len, sha256, err) < 0)
			return -1;
		item->digest = digest_from_sha256(sha256);
	}
	return remember_merged(run, item, err);
}

enum document_verdict documents_merge(struct sync_run *run, struct plan_item *item,
                                      const char *written_etag, struct current_document *current,
                                      struct err *err)
{
	AUTO_STR struct str document = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	uint8_t written_md5[MD5_BYTES], md5[MD5_BYTES];

	memcpy(written_md5, item->md5, MD5_BYTES);
	if (render_document_now(run, item, current, &document, err) < 0 ||
	    hash_once(HASH_MD5, str_text(&document), document.len, md5, err) < 0)
		return DOCUMENT_ERROR;
	/* Still what was just written, which an ETag that is no MD5 does not tell. */
	if (written_etag[0] && etag_same(written_etag, current->etag) &&
	    memcmp(written_md5, md5, MD5_BYTES) == 0)
		return DOCUMENT_IS_RIGHT;
	if (!etag_is_md5(current->etag, md5)) {
		int there = is_there(run, item, current, &document, err);

		if (there != 0)
			return there < 0 || (!written_etag[0] &&
			                     remember_there(run, item, &document, err) < 0)
			               ? DOCUMENT_ERROR
			               : DOCUMENT_IS_RIGHT;
	}
	return settle(run, item, &document, err);
}

/* ---- the catalogue: its ETag may be newer than the pages on which its repositories were listed */

static bool reads_first(const struct sync_run *run, const struct plan_item *item)
{
	return item->object_class == CLASS_CATALOG &&
	       (item->verb == ACTION_UPDATE ||
	        (item->verb == ACTION_UPLOAD && !run->session.conditions_certain));
}

/* Not all that was planned is in the bucket, or will be. */
static bool something_lacks(const struct sync_run *run)
{
	return run->summary->failed + run->summary->held > 0 || run->contested;
}

static enum document_verdict catalog_before(struct sync_run *run, struct plan_item *item,
                                            struct err *err)
{
	AUTO_STR struct str document = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	struct current_document *current = current_document_read(run, item, err);
	int result = current ? render_newest_catalog(run, current, &document, err) : -1;

	if (result == 0)
		(void)snprintf(item->there_etag, sizeof(item->there_etag), "%s", current->etag);
	current_document_free(current);
	if (result == 0)
		return settle(run, item, &document, err);
	if (sync_run_ends_with(run, err) || something_lacks(run))
		return DOCUMENT_ERROR;
	event_warning(run->sink, "%s is sent as it was planned: %s", item->key, err->message);
	return DOCUMENT_MUST_GO;
}

static enum document_verdict tags_list_before(struct sync_run *run, struct plan_item *item,
                                              struct err *err)
{
	struct current_document *current = current_document_read(run, item, err);
	enum document_verdict verdict;

	if (!current)
		return DOCUMENT_ERROR;
	if (!current->found && item->verb == ACTION_DELETE)
		verdict = DOCUMENT_IS_RIGHT;
	else if (!current->found && current->tags.count == 0)
		verdict = DOCUMENT_IS_HELD;
	else
		verdict = documents_merge(run, item, "", current, err);
	current_document_free(current);
	return verdict;
}

enum document_verdict documents_before(struct sync_run *run, struct plan_item *item,
                                       struct err *err)
{
	bool lacks = something_lacks(run) && item->verb != ACTION_REPAIR;

	if (reads_first(run, item) || (lacks && item->object_class == CLASS_CATALOG))
		return catalog_before(run, item, err);
	if (lacks && item->object_class == CLASS_TAGS_LIST)
		return tags_list_before(run, item, err);
	return DOCUMENT_MUST_GO;
}

/* Whether our version of a list of referrers names nothing. */
static bool names_no_manifest(const struct plan_item *item)
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
	/* Whatever replaces an empty list of referrers, nothing is lost. */
	return item->object_class != CLASS_REFERRERS || item->verb != ACTION_UPLOAD ||
	       !names_no_manifest(item);
}

int documents_count_requests(struct sync_run *run, const struct plan_item *item, uint64_t *requests,
                             struct err *err)
{
	unsigned asked = 0, pages = 1;
	struct key_parts parts;

	if (reads_first(run, item) && render_count_asked(run, &asked, err) < 0)
		return -1;
	requests[REQUEST_GET] += reads_first(run, item);
	requests[REQUEST_HEAD] += asked;
	requests[REQUEST_LIST] += asked;
	if (!documents_must_check(run, item))
		return 0;
	if (item->object_class == CLASS_TAGS_LIST) {
		if (layout_parse(&parts, item->key) &&
		    tag_pages_count(&run->plan, parts.repo, &pages, err) < 0)
			return -1;
		requests[REQUEST_LIST] += pages;
		requests[REQUEST_HEAD]++;
	} else {
		requests[REQUEST_GET]++;
	}
	return 0;
}
