#include "sync/scan.h"

#include "sync/diff.h"
#include "sync/list.h"
#include "sync/match.h"
#include "sync/ping.h"
#include "sync/prune.h"
#include "sync/scope.h"

#include "base/cleanup.h"
#include "base/part_size.h"
#include "db/blob.h"
#include "db/object.h"
#include "db/tag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_ROWS = 128 };

struct scan {
	struct engine *e;
	struct object_row *rows; /* owned: BATCH_ROWS of them */
	bool remembers;          /* remote_object has rows of this remote */
	char last_repo[REPO_MAX + 1];
};

/* Whether a file of the root may be read to explain an ETag: match.h. */
enum reading { READ_FILES, READ_NOTHING };

/* Everything diff_classify may want to know of one key, with its storage. */
struct evidence {
	struct diff_local local;
	struct diff_listed listed;
	struct remote_object_row row;
	struct diff_remembered remembered;
	struct etag composites[4];
	struct diff_input in;
};

static int remember(struct scan *s, const char *key, struct evidence *ev, struct err *err)
{
	int got;

	/* tags/list and _catalog are computed anew from the bucket's keys each time. */
	if (!s->remembers || ev->local.object_class == CLASS_TAGS_LIST ||
	    ev->local.object_class == CLASS_CATALOG)
		return 0;
	got = remote_object_get(s->e->db, s->e->remote.id, key, &ev->row, err);
	if (got > 0) {
		ev->remembered = (struct diff_remembered){ev->row.etag, ev->row.digest};
		ev->in.remembered = &ev->remembered;
	}
	return got < 0 ? -1 : 0;
}

/* Adds the composite for one part size when the state knows it. 1, 0, -1. */
static int add_composite(struct scan *s, struct evidence *ev, uint64_t part_bytes, uint32_t parts,
                         struct err *err)
{
	uint8_t composite[MD5_BYTES];
	int got;

	if (part_bytes == 0 || part_count(ev->local.size_bytes, part_bytes) != parts)
		return 0;
	got = blob_composite_get(s->e->db, &ev->local.digest, part_bytes, composite, err);
	if (got > 0)
		ev->composites[ev->in.composite_count++] = etag_of_composite(composite, parts);
	return got;
}

/* A Complete whose answer was lost: its part size need not be the one that we would use now. */
static int add_upload(struct scan *s, const char *key, struct evidence *ev, uint32_t parts,
                      struct err *err)
{
	struct upload_row upload;
	int got = s->e->remote.id ? upload_get(s->e->db, s->e->remote.id, key, &upload, err) : 0;

	if (got <= 0)
		return got;
	return add_composite(s, ev, upload.part_size_bytes, parts, err);
}

/* Of a single PUT, or of an upload of one part: the MD5 of the MD5. */
static int collect_whole(struct evidence *ev, const struct etag *listed, struct err *err)
{
	if (listed->parts == 0 || !md5_known(ev->local.md5))
		return 0;
	ev->in.composite_count = 1;
	return etag_of_parts(&ev->composites[0], (const uint8_t(*)[MD5_BYTES])ev->local.md5, 1,
	                     err);
}

static int collect_parts(struct scan *s, const char *key, struct evidence *ev,
                         const struct etag *listed, struct err *err)
{
	if (add_composite(s, ev, engine_part_size(s->e, ev->local.size_bytes), listed->parts, err) <
	            0 ||
	    add_composite(s, ev, ev->in.remembered ? ev->row.part_size_bytes : 0, listed->parts,
	                  err) < 0)
		return -1;
	return add_upload(s, key, ev, listed->parts, err);
}

/* Whether reading the file may explain the ETag, and is not for others to decide. */
static bool worth_reading(const struct evidence *ev, const struct etag *listed)
{
	if (listed->parts > 1)
		return true;
	/* Of a whole that may be encrypted, a look at its headers tells more: resolve.h. */
	return !md5_known(ev->local.md5) && ev->in.opacity != DIFF_MAY_BE_OPAQUE;
}

/* The file is only read when nothing that is known explains the ETag. */
static int collect_etags(struct scan *s, const char *key, struct evidence *ev, enum reading reading,
                         struct err *err)
{
	bool in_parts;
	struct etag listed;
	int got;

	if (!etag_parse(&listed, ev->listed.etag) || ev->listed.size_bytes != ev->local.size_bytes)
		return 0;
	ev->in.composites = ev->composites;
	in_parts = listed.parts > 1 || (listed.parts == 1 && !md5_known(ev->local.md5));
	if ((in_parts ? collect_parts(s, key, ev, &listed, err) : collect_whole(ev, &listed, err)) <
	    0)
		return -1;
	if (reading == READ_NOTHING || !worth_reading(ev, &listed) ||
	    diff_classify(&ev->in).kind == DIFF_SAME)
		return 0;
	got = match_file(s->e, key, &ev->local.digest, ev->local.size_bytes, ev->listed.etag, err);
	if (got > 0)
		ev->composites[ev->in.composite_count++] = listed;
	return got < 0 ? -1 : 0;
}

enum diff_opacity scan_opacity(const struct engine *e, const char *etag)
{
	const struct provider *p = engine_provider(e);
	struct etag parsed;

	if (!provider_has(p, PROVIDER_MD5_ETAG))
		return DIFF_OPAQUE;
	if (etag_parse(&parsed, etag) && parsed.parts > 0 &&
	    !provider_has(p, PROVIDER_COMPOSITE_ETAG))
		return DIFF_OPAQUE;
	return provider_has(p, PROVIDER_KMS) ? DIFF_MAY_BE_OPAQUE : DIFF_NOT_OPAQUE;
}

bool scan_is_forced(const struct engine *e, const char *key)
{
	struct key_parts parts;
	char name[REPO_MAX + TAG_MAX + 2];

	if (e->options->force_tag_count == 0 || !layout_parse(&parts, key))
		return false;
	(void)snprintf(name, sizeof(name), "%s:%s", parts.repo, parts.tag);
	for (size_t i = 0; i < e->options->force_tag_count; i++)
		if (strcmp(e->options->force_tags[i], name) == 0)
			return true;
	return false;
}

/* When the tag began to point where it points. */
static int staged_at(const struct engine *e, const char *key, int64_t *at, struct err *err)
{
	struct key_parts parts;
	struct tag_row tag;
	int got;

	if (!layout_parse(&parts, key))
		return 0;
	got = tag_get(e->db, parts.repo, parts.tag, &tag, err);
	if (got > 0)
		*at = tag.staged_at;
	return got < 0 ? -1 : 0;
}

static int gather(struct scan *s, const struct object_row *row, const struct s3_object *object,
                  struct evidence *ev, enum reading reading, struct err *err)
{
	memset(ev, 0, sizeof(*ev));
	ev->local.object_class = row->object_class;
	ev->local.digest = row->digest;
	ev->local.size_bytes = row->size_bytes;
	memcpy(ev->local.md5, row->md5, MD5_BYTES);
	ev->in.local = &ev->local;
	if (remember(s, row->key, ev, err) < 0)
		return -1;
	if (row->object_class == CLASS_TAG) {
		ev->in.forced = scan_is_forced(s->e, row->key);
		if (staged_at(s->e, row->key, &ev->local.staged_at, err) < 0)
			return -1;
	}
	if (!object)
		return 0;
	ev->listed = (struct diff_listed){
		object->etag, object->size_bytes,
		object->modified_at_ms < 0 ? -1 : object->modified_at_ms / 1000};
	ev->in.listed = &ev->listed;
	ev->in.opacity = scan_opacity(s->e, object->etag);
	/* The size is not enough then: resolve.h looks closer. */
	if (ev->in.opacity == DIFF_OPAQUE && s->e->options->paranoid)
		ev->in.opacity = DIFF_MAY_BE_OPAQUE;
	return collect_etags(s, row->key, ev, reading, err);
}

static void fill_item(struct scan *s, struct plan_item *item, const struct object_row *row,
                      const struct s3_object *object, const struct evidence *ev,
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
	item->parts_total = item->verb == ACTION_TAG ? 0 : engine_part_total(s->e, row->size_bytes);
	if (object)
		(void)snprintf(item->there_etag, sizeof(item->there_etag), "%s", object->etag);
	if (object && ev->in.remembered && strcmp(ev->row.etag, object->etag) == 0)
		item->old_digest = ev->row.digest;
}

static bool is_list(enum object_class object_class)
{
	return object_class == CLASS_TAGS_LIST || object_class == CLASS_CATALOG ||
	       object_class == CLASS_REFERRERS || object_class == CLASS_FALLBACK_TAG;
}

/*
 * With --include or --exclude the root's own list is not what the bucket's must be: even an equal
 * one may name tags that are left out and not there.
 */
static bool is_made_anew(const struct scan *s, const struct object_row *row)
{
	return filter_is_on(&s->e->filter) &&
	       (row->object_class == CLASS_TAGS_LIST || row->object_class == CLASS_CATALOG);
}

/* A key of the state that is not plainly the same: `object` is NULL when the bucket lacks it. */
static int plan_row(struct scan *s, const struct object_row *row, const struct s3_object *object,
                    struct err *err)
{
	struct evidence ev;
	struct diff_verdict verdict;
	struct plan_item item;

	if (gather(s, row, object, &ev, READ_FILES, err) < 0)
		return -1;
	verdict = diff_classify(&ev.in);
	if (verdict.kind == DIFF_SAME) {
		if (!is_made_anew(s, row)) {
			s->e->summary->unchanged++;
			return 0;
		}
		verdict.why = "names what is not there";
	}
	if (object && !object_class_immutable(row->object_class) &&
	    prune_differs(s->e, row->key, err) < 0)
		return -1;
	fill_item(s, &item, row, object, &ev, &verdict);
	if (verdict.kind == DIFF_KEPT || verdict.kind == DIFF_HELD) {
		item.verb = verdict.kind == DIFF_KEPT ? ACTION_KEPT : ACTION_HELD;
		item.state = PLAN_SAID;
		item.send_bytes = 0;
	} else if (is_list(row->object_class) || verdict.kind == DIFF_UNKNOWN) {
		item.state = PLAN_OPEN;
	}
	return plan_add(&s->e->plan, &item, err);
}

/*
 * A merged list is never E0-equal to ours; it is the same when the bucket's is the one that we last
 * merged, and ours has not changed since. tags/list and _catalog do not need the record: they are
 * computed anew from the bucket's keys.
 */
static bool plainly_same(const struct object_row *row, const struct s3_object *object)
{
	char md5[2 * MD5_BYTES + 1];

	return row->size_bytes == object->size_bytes && md5_known(row->md5) &&
	       strcmp(hex_text(row->md5, MD5_BYTES, md5), object->etag) == 0;
}

/* 1 when the tag is ours to remove and is planned so, 0 when it stays, -1. */
static int plan_tombstone(struct scan *s, const struct key_parts *parts,
                          const struct s3_object *object, struct err *err)
{
	struct evidence ev;
	struct tag_row tag;
	struct plan_item item;
	struct diff_verdict verdict;
	int got = tag_get(s->e->db, parts->repo, parts->tag, &tag, err);

	if (got <= 0 || tag.removed_at == 0 || !scope_may_remove(s->e, parts))
		return got < 0 ? -1 : 0;
	memset(&ev, 0, sizeof(ev));
	ev.listed = (struct diff_listed){object->etag, object->size_bytes, 0};
	ev.in.listed = &ev.listed;
	ev.in.tombstone = true;
	if (remember(s, object->key, &ev, err) < 0)
		return -1;
	verdict = diff_classify(&ev.in);
	if (verdict.kind != DIFF_REMOVED)
		return 0;
	memset(&item, 0, sizeof(item));
	(void)snprintf(item.key, sizeof(item.key), "%s", object->key);
	(void)snprintf(item.why, sizeof(item.why), "%s", verdict.why);
	(void)snprintf(item.there_etag, sizeof(item.there_etag), "%s", object->etag);
	item.object_class = CLASS_TAG;
	item.verb = ACTION_DELETE;
	item.digest = item.old_digest = tag.digest;
	item.size_bytes = object->size_bytes;
	return plan_add(&s->e->plan, &item, err) < 0 ? -1 : 1;
}

static int is_ours(void *context, const struct tag_row *row, struct err *err)
{
	(void)row;
	(void)err;
	*(bool *)context = true;
	return 0;
}

/*
 * A repository of which this root has nothing left but the tombstones of its tags: who removed them
 * also takes them out of the list (W2).
 */
static int plan_foreign_list(struct scan *s, const struct key_parts *parts,
                             const struct s3_object *object, struct err *err)
{
	struct plan_item item = {.object_class = CLASS_TAGS_LIST,
	                         .verb = ACTION_UPDATE,
	                         .state = PLAN_OPEN,
	                         .size_bytes = object->size_bytes};
	bool ours = false;
	int in = scope_has(s->e, object->key, err);

	if (in > 0)
		in = tag_each(s->e->db, parts->repo, TAGS_REMOVED, is_ours, &ours, err);
	if (in < 0 || !ours)
		return in < 0 ? -1 : 0;
	(void)snprintf(item.key, sizeof(item.key), "%s", object->key);
	(void)snprintf(item.there_etag, sizeof(item.there_etag), "%s", object->etag);
	(void)snprintf(item.why, sizeof(item.why), "names removed tags");
	return plan_add(&s->e->plan, &item, err);
}

/* A key that the state does not have. */
static int scan_foreign(struct scan *s, const struct s3_object *object, struct err *err)
{
	struct key_parts parts;
	int removed;

	if (!layout_parse(&parts, object->key) || parts.repo[0] == '\0')
		return 0;
	if (parts.object_class == CLASS_TAG) {
		removed = plan_tombstone(s, &parts, object, err);
		if (removed != 0)
			return removed < 0 ? -1 : 0;
	}
	removed = prune_foreign(s->e, &parts, object, err);
	if (removed != 0)
		return removed < 0 ? -1 : 0;
	if (parts.object_class == CLASS_TAG) {
		if (plan_extra_add(&s->e->plan, &parts, object->key, object->etag,
		                   object->size_bytes, err) < 0)
			return -1;
	}
	if (parts.object_class == CLASS_TAGS_LIST)
		return plan_foreign_list(s, &parts, object, err);
	if (parts.object_class != CLASS_TAG && parts.object_class != CLASS_MANIFEST)
		return 0;
	if (strcmp(s->last_repo, parts.repo) == 0)
		return 0;
	memcpy(s->last_repo, parts.repo, sizeof(parts.repo));
	return plan_repo_add(&s->e->plan, parts.repo, err);
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
	if (there && plainly_same(&row, there))
		s->e->summary->unchanged++;
	else if (plan_row(s, &row, there, err) < 0)
		return -1;
	return there ? 1 : 0;
}

/* Whether the bucket's blob is known to hold our bytes. 1, 0, -1. */
static int is_same_blob(struct scan *s, const struct object_row *row,
                        const struct s3_object *object, struct err *err)
{
	struct evidence ev;

	if (plainly_same(row, object))
		return 1;
	if (gather(s, row, object, &ev, READ_NOTHING, err) < 0)
		return -1;
	return diff_classify(&ev.in).kind == DIFF_SAME;
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
		return same <= 0 ? same : scope_note_there(s->e, row->key, err);
	}
	if (row->object_class == CLASS_TAG &&
	    plan_extra_add(&s->e->plan, &parts, row->key, object->etag, object->size_bytes, err) <
	            0)
		return -1;
	if ((row->object_class == CLASS_TAG || row->object_class == CLASS_MANIFEST) &&
	    plan_repo_add(&s->e->plan, parts.repo, err) < 0)
		return -1;
	return plainly_same(row, object) ? 0 : prune_differs(s->e, row->key, err);
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
	in = scope_has(s->e, row->key, err);
	if (in <= 0)
		return in < 0 ? -1 : there ? scan_left_out(s, row, there, err) : 0;
	if (there && plainly_same(row, there) && !is_made_anew(s, row)) {
		s->e->summary->unchanged++;
		return 0;
	}
	return plan_row(s, row, there, err);
}

static int merge_page(struct scan *s, const struct list_page *page, struct err *err)
{
	char after[S3_KEY_MAX + 1];
	size_t at;
	int count, taken = scan_ping(s, page, err);

	if (taken < 0)
		return -1;
	at = (size_t)taken;
	(void)snprintf(after, sizeof(after), "%s", page->after);
	do {
		count = object_page(s->e->db, after, NULL, s->rows, BATCH_ROWS, err);
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

static int on_page(void *context, const struct list_page *page, struct err *err)
{
	struct scan *s = context;

	return merge_page(s, page, err);
}

int scan_bucket(struct engine *e, struct err *err)
{
	struct scan s = {.e = e};
	int result = e->remote.id ? remote_object_any(e->db, e->remote.id, err) : 0;

	if (result < 0)
		return -1;
	s.remembers = result > 0;
	s.rows = calloc(BATCH_ROWS, sizeof(*s.rows));
	if (!s.rows)
		return err_memory(err);
	result = list_bucket(&e->dispatch, e->db, on_page, &s, err);
	free(s.rows);
	return result;
}
