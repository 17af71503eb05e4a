#include "sync/diff/scan.h"

#include "sync/diff/classify_input.h"
#include "sync/diff/prune.h"
#include "sync/diff/selection.h"
#include "sync/dispatch/ask.h"
#include "sync/dispatch/list_bucket.h"
#include "sync/plan/bucket_keys.h"
#include "sync/plan/tag_pages.h"
#include "sync/run/ping.h"

#include "base/cleanup.h"
#include "db/state/object.h"
#include "db/state/remote_object.h"
#include "db/state/tag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_ROWS = 128 };

struct scan {
	struct sync_run *run;
	struct object_row *rows;      /* owned: BATCH_ROWS of them */
	char last_repo[REPO_MAX + 1]; /* of the bucket, that was noted last; "" none */
	bool ping_unlisted;           /* v2/ was sent, but the listing does not have it */
	struct tag_pages pages;       /* in a dry run */
};

static void fill_item(struct scan *s, struct plan_item *item, const struct object_row *row,
                      const struct s3_object *object, const struct classify_input *input,
                      const struct diff_verdict *verdict)
{
	memset(item, 0, sizeof(*item));
	(void)snprintf(item->key, sizeof(item->key), "%s", row->key);
	(void)snprintf(item->why, sizeof(item->why), "%s", verdict->why);
	item->object_class = row->object_class;
	item->digest = row->digest;
	item->size_bytes = item->send_bytes = row->size_bytes;
	memcpy(item->md5, row->md5, MD5_BYTES);
	item->verb = row->object_class == CLASS_TAG ? ACTION_TAG : ACTION_UPLOAD;
	item->parts_total =
		item->verb == ACTION_TAG ? 0 : sync_run_part_total(s->run, row->size_bytes);
	if (object)
		(void)snprintf(item->there_etag, sizeof(item->there_etag), "%s", object->etag);
	if (object && input->in.remembered && etag_same(input->row.etag, object->etag))
		item->old_digest = input->row.digest;
}

/*
 * With --include or --exclude the root's own list is not what the bucket's must be: even an equal
 * one may name tags that are left out and not there.
 */
static bool is_made_anew(const struct scan *s, const struct object_row *row)
{
	return tag_filter_is_on(&s->run->filter) &&
	       (row->object_class == CLASS_TAGS_LIST || row->object_class == CLASS_CATALOG);
}

/* A key of the state that is not plainly the same: `object` is NULL when the bucket lacks it. */
static int plan_row(struct scan *s, const struct object_row *row, const struct s3_object *object,
                    struct err *err)
{
	struct classify_input input;
	struct diff_verdict verdict;
	struct plan_item item;

	if (classify_input_gather(s->run, row, object, &input, READ_FILES, err) < 0)
		return -1;
	verdict = diff_classify(&input.in);
	if (verdict.kind == DIFF_SAME) {
		if (!is_made_anew(s, row)) {
			s->run->summary->unchanged++;
			return 0;
		}
		verdict.why = "names what is not there";
	}
	if (object && !object_class_immutable(row->object_class) &&
	    prune_differs(s->run, row->key, err) < 0)
		return -1;
	fill_item(s, &item, row, object, &input, &verdict);
	if (verdict.kind == DIFF_KEPT || verdict.kind == DIFF_HELD) {
		item.verb = verdict.kind == DIFF_KEPT ? ACTION_KEPT : ACTION_HELD;
		item.state = PLAN_REPORT_ONLY;
		item.send_bytes = 0;
	} else if (object_class_is_derived(row->object_class) || verdict.kind == DIFF_UNKNOWN ||
	           verdict.kind == DIFF_CONTESTED || verdict.kind == DIFF_GONE) {
		item.state = PLAN_UNDECIDED;
	}
	return plan_add(&s->run->plan, &item, err);
}

/*
 * Whether size and ETag say that these are our bytes. A merged list never has our bytes: whether it
 * is the one that this root last merged, and ours is unchanged since, the record must tell.
 */
static bool plainly_same(const struct object_row *row, const struct s3_object *object)
{
	return row->size_bytes == object->size_bytes && md5_known(row->md5) &&
	       etag_is_md5(object->etag, row->md5);
}

/* A key that is there when the lists are written: a dry run counts them. */
static int note_there(struct scan *s, const char *key, struct err *err)
{
	return sync_run_dry(s->run) ? tag_pages_note(&s->pages, &s->run->plan, key, err) : 0;
}

/* Plans something for what the bucket has, and the root has not. */
static int add_there(struct scan *s, struct plan_item *item, const struct s3_object *object,
                     const char *why, struct err *err)
{
	(void)snprintf(item->key, sizeof(item->key), "%s", object->key);
	(void)snprintf(item->why, sizeof(item->why), "%s", why);
	(void)snprintf(item->there_etag, sizeof(item->there_etag), "%s", object->etag);
	item->size_bytes = object->size_bytes;
	return plan_add(&s->run->plan, item, err);
}

/* 1 when the tag is ours to remove and is planned so, 0 when it stays, -1. */
static int plan_tombstone(struct scan *s, const struct key_parts *parts,
                          const struct s3_object *object, struct err *err)
{
	struct classify_input input;
	struct tag_row tag;
	struct plan_item item = {.object_class = CLASS_TAG, .verb = ACTION_DELETE};
	struct diff_verdict verdict;
	int got = tag_get(s->run->db, parts->repo, parts->tag, &tag, err);

	if (got <= 0 || tag.removed_at == 0 || !selection_may_remove(s->run, parts))
		return got < 0 ? -1 : 0;
	memset(&input, 0, sizeof(input));
	input.listed = (struct diff_listed){object->etag, object->size_bytes, 0, 0};
	input.in.listed = &input.listed;
	input.in.tombstone = true;
	if (classify_input_remember(s->run, object->key, &input, err) < 0)
		return -1;
	verdict = diff_classify(&input.in);
	if (verdict.kind != DIFF_REMOVED)
		return 0;
	item.digest = item.old_digest = tag.digest;
	return add_there(s, &item, object, verdict.why, err) < 0 ? -1 : 1;
}

static int note_tombstone(void *context, const struct tag_row *row, struct err *err)
{
	(void)row;
	(void)err;
	*(bool *)context = true;
	return 0;
}

/*
 * The list of a repository of which this root has nothing left but the tombstones of its tags: the
 * root that removed them also takes them out of the list (W2).
 */
static int plan_foreign_list(struct scan *s, const struct key_parts *parts,
                             const struct s3_object *object, struct err *err)
{
	struct plan_item item = {
		.object_class = CLASS_TAGS_LIST, .verb = ACTION_UPDATE, .state = PLAN_UNDECIDED};
	bool ours = false;
	int in = selection_has(s->run, object->key, err);

	if (in > 0)
		in = tag_each(s->run->db, parts->repo, TAGS_REMOVED, note_tombstone, &ours, err);
	if (in < 0 || !ours)
		return in < 0 ? -1 : 0;
	return add_there(s, &item, object, "names removed tags", err);
}

/* A key that the state does not have. Tags that go do so before their list, all else after it. */
static int scan_foreign(struct scan *s, const struct s3_object *object, struct err *err)
{
	struct key_parts parts;
	int removed;

	if (!layout_parse(&parts, object->key) || parts.repo[0] == '\0')
		return note_there(s, object->key, err);
	if (parts.object_class == CLASS_TAG) {
		removed = plan_tombstone(s, &parts, object, err);
		if (removed != 0)
			return removed < 0 ? -1 : 0;
	}
	removed = prune_foreign(s->run, &parts, object, err);
	if (removed < 0 || ((removed == 0 || parts.object_class != CLASS_TAG) &&
	                    note_there(s, object->key, err) < 0))
		return -1;
	if (removed > 0)
		return 0;
	if (parts.object_class == CLASS_TAG &&
	    bucket_keys_add_tag(&s->run->plan, parts.repo, parts.tag, err) < 0)
		return -1;
	if (parts.object_class == CLASS_TAGS_LIST)
		return plan_foreign_list(s, &parts, object, err);
	if (parts.object_class != CLASS_TAG && parts.object_class != CLASS_MANIFEST)
		return 0;
	if (strcmp(s->last_repo, parts.repo) == 0)
		return 0;
	memcpy(s->last_repo, parts.repo, sizeof(parts.repo));
	return bucket_keys_add_repo(&s->run->plan, parts.repo, err);
}

/* Whether this root has sent v2/: some servers keep it as a folder that they do not list. */
static int ping_is_recorded(struct sync_run *run, const struct object_row *row, struct err *err)
{
	struct remote_object_row sent;
	int got = run->has_records
	                  ? remote_object_get(run->db, run->remote.id, row->key, &sent, err)
	                  : 0;

	return got > 0 ? digest_equal(&sent.digest, &row->digest) : got;
}

/* Asks for the v2/ that was not listed; a listing in progress cannot. */
static int look_for_ping(struct scan *s, struct err *err)
{
	struct object_row row;
	struct ask_head head;
	int got = ping_row(&row, err) < 0 ? -1 : ask_head(&s->run->dispatch, row.key, &head, err);

	if (got > 0 && head.size_bytes == row.size_bytes) {
		s->run->summary->unchanged++;
		return 0;
	}
	return got < 0 ? -1 : plan_row(s, &row, NULL, err);
}

/* Returns how many objects it took. */
static int scan_ping(struct scan *s, const struct list_page *page, struct err *err)
{
	struct object_row row;
	const struct s3_object *there = NULL;

	if (page->after[0] != '\0')
		return 0;
	if (page->count > 0 && strcmp(page->objects[0].key, LAYOUT_PREFIX) == 0)
		there = &page->objects[0];
	if (ping_row(&row, err) < 0)
		return -1;
	if (!there) {
		int recorded = ping_is_recorded(s->run, &row, err);

		s->ping_unlisted = recorded > 0;
		if (recorded != 0)
			return recorded < 0 ? -1 : 0;
	}
	if (there && plainly_same(&row, there))
		s->run->summary->unchanged++;
	else if (plan_row(s, &row, there, err) < 0)
		return -1;
	return there ? 1 : 0;
}

/* Whether the bucket's blob is known to hold our bytes. 1, 0, -1. */
static int is_same_blob(struct scan *s, const struct object_row *row,
                        const struct s3_object *object, struct err *err)
{
	struct classify_input input;

	if (plainly_same(row, object))
		return 1;
	if (classify_input_gather(s->run, row, object, &input, READ_NOTHING, err) < 0)
		return -1;
	return diff_classify(&input.in).kind == DIFF_SAME;
}

/*
 * A key of the root that is left out, and that the bucket has: the lists must go on naming it, what
 * it refers to must stay, and a blob may be copied from it.
 */
static int scan_left_out(struct scan *s, const struct object_row *row,
                         const struct s3_object *object, struct err *err)
{
	struct key_parts parts;
	int same;

	if (!layout_parse(&parts, row->key))
		return 0;
	if (row->object_class == CLASS_BLOB) {
		same = is_same_blob(s, row, object, err);
		return same <= 0 ? same : selection_note_there(s->run, row->key, err);
	}
	if (row->object_class == CLASS_TAG &&
	    bucket_keys_add_tag(&s->run->plan, parts.repo, parts.tag, err) < 0)
		return -1;
	if ((row->object_class == CLASS_TAG || row->object_class == CLASS_MANIFEST) &&
	    bucket_keys_add_repo(&s->run->plan, parts.repo, err) < 0)
		return -1;
	return plainly_same(row, object) ? 0 : prune_differs(s->run, row->key, err);
}

/*
 * A key of the root that is left out, and that the bucket lacks. Of a tag that was once sent
 * removed_tags.h must know before this run's lists are written, which will not name it either.
 */
static int scan_left_out_absent(struct scan *s, const struct object_row *row, struct err *err)
{
	struct classify_input input;

	if (row->object_class != CLASS_TAG)
		return 0;
	if (classify_input_gather(s->run, row, NULL, &input, READ_NOTHING, err) < 0)
		return -1;
	if (diff_classify(&input.in).kind != DIFF_GONE)
		return 0;
	return text_set_add(&s->run->gone_left_out, row->key, err) < 0 ? -1 : 0;
}

/* One row against the page from *at on; foreign objects before it are dealt with. */
static int scan_row(struct scan *s, const struct object_row *row, const struct list_page *page,
                    size_t *at, struct err *err)
{
	const struct s3_object *there = NULL;
	int order = 1, in;

	while (*at < page->count && (order = strcmp(page->objects[*at].key, row->key)) < 0)
		if (scan_foreign(s, &page->objects[(*at)++], err) < 0)
			return -1;
	if (*at < page->count && order == 0)
		there = &page->objects[(*at)++];
	in = selection_has(s->run, row->key, err);
	if ((in > 0 || there) && note_there(s, row->key, err) < 0)
		return -1;
	if (in <= 0)
		return in < 0  ? -1
		       : there ? scan_left_out(s, row, there, err)
		               : scan_left_out_absent(s, row, err);
	if (there && plainly_same(row, there) && !is_made_anew(s, row)) {
		s->run->summary->unchanged++;
		return 0;
	}
	return plan_row(s, row, there, err);
}

static int merge_page(void *context, const struct list_page *page, struct err *err)
{
	struct scan *s = context;
	char after[S3_KEY_MAX + 1];
	size_t at;
	int count, taken = scan_ping(s, page, err);

	if (taken < 0)
		return -1;
	at = (size_t)taken;
	(void)snprintf(after, sizeof(after), "%s", page->after);
	do {
		count = object_page(s->run->db, after, NULL, s->rows, BATCH_ROWS, err);
		for (int i = 0; i < count; i++) {
			if (page->until && strcmp(s->rows[i].key, page->until) > 0) {
				count = 0;
				break;
			}
			if (scan_row(s, &s->rows[i], page, &at, err) < 0)
				return -1;
		}
		if (count > 0)
			(void)snprintf(after, sizeof(after), "%s", s->rows[count - 1].key);
	} while (count == BATCH_ROWS);
	while (count >= 0 && at < page->count)
		if (scan_foreign(s, &page->objects[at++], err) < 0)
			return -1;
	return count < 0 ? -1 : 0;
}

int scan_bucket(struct sync_run *run, struct err *err)
{
	struct scan s = {.run = run};
	int result = run->remote.id ? remote_object_any(run->db, run->remote.id, err) : 0;

	if (result < 0)
		return -1;
	run->has_records = result > 0;
	s.rows = calloc(BATCH_ROWS, sizeof(*s.rows));
	if (!s.rows)
		return err_memory(err);
	result = list_bucket(&run->dispatch, run->db, merge_page, &s, err);
	free(s.rows);
	if (result == 0)
		result = tag_pages_flush(&s.pages, &run->plan, err);
	return result == 0 && s.ping_unlisted ? look_for_ping(&s, err) : result;
}
