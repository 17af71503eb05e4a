/* Takes over from the old state which tags were removed, what buckets may still have of them, and
 * since when those that are there point where they do. */
#include "stage/tree/rescan_internal.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/layout.h"
#include "base/listing.h"
#include "base/name_list.h"
#include "base/stop.h"
#include "db/state/object.h"
#include "db/state/remote.h"
#include "db/state/remote_object.h"
#include "db/state/tag.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LIST_MAX_BYTES = 256 << 20 };

enum agreement { AGREES, DISAGREES, AGREEMENT_ERROR = -1 };

struct taking {
	struct rescan *r;
	struct db *old;
	char repo[REPO_MAX + 1]; /* that was asked about last; "" none */
	enum agreement lists;    /* of that repository */
	bool catalog_asked;
	enum agreement catalog;
	int64_t removed_at;
};

static int add_name(void *context, const struct tag_row *row, struct err *err)
{
	return name_list_add(context, row->name, err);
}

/* Whether what lies under the key has these bytes. 1, 0, -1. */
static int holds(struct db *db, const char *key, const struct str *text, struct err *err)
{
	struct object_row row;
	struct digest digest;
	int got = object_get(db, key, &row, err);

	if (got <= 0 || digest_of_bytes(&digest, DIGEST_SHA256, str_text(text), text->len, err) < 0)
		return got <= 0 ? got : -1;
	return digest_equal(&row.digest, &digest);
}

/* 1, 0, -1. */
static int list_is_right(struct db *db, const char *repo, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(LIST_MAX_BYTES);
	struct name_list names = {0};
	char key[KEY_MAX];
	int got = -1;

	if (tag_each(db, repo, TAGS_LIVE, add_name, &names, err) == 0 &&
	    listing_tags(&text, repo, (const char *const *)names.list, names.count, err) == 0)
		got = holds(db, layout_tags_list(key, repo), &text, err);
	name_list_release(&names);
	return got;
}

static enum agreement agreement_of(int got)
{
	return got < 0 ? AGREEMENT_ERROR : got > 0 ? AGREES : DISAGREES;
}

/* 1, 0, -1. */
static int catalog_is_right(struct db *db, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(LIST_MAX_BYTES);
	struct name_list names = {0};
	char key[KEY_MAX];
	int got = -1;

	if (repo_each(db, name_list_add, &names, err) == 0 &&
	    listing_catalog(&text, (const char *const *)names.list, names.count, err) == 0)
		got = holds(db, layout_catalog(key), &text, err);
	name_list_release(&names);
	return got;
}

/*
 * Whether the repository's list names exactly the tags that are there: then a tag that is not there
 * was removed by untag, and did not get lost. With the last tag the list goes too, and the
 * catalogue tells.
 */
static enum agreement ask_lists(struct taking *t, const char *repo, struct err *err)
{
	struct db *db = t->r->root->db;
	char key[KEY_MAX];
	int got;

	if (strcmp(t->repo, repo) == 0)
		return t->lists;
	(void)snprintf(t->repo, sizeof(t->repo), "%s", repo);
	got = object_has(db, layout_tags_list(key, repo), err);
	if (got == 0 && !t->catalog_asked) {
		t->catalog_asked = true;
		t->catalog = agreement_of(catalog_is_right(db, err));
	}
	if (got == 0)
		t->lists = t->catalog;
	else
		t->lists = agreement_of(got > 0 ? list_is_right(db, repo, err) : -1);
	return t->lists;
}

struct record {
	struct taking *taking;
	const char *key;
};

/* What the root last put there must be known, or no sync removes it. */
static int take_record(void *context, const struct remote_name *name, struct err *err)
{
	const struct record *c = context;
	struct db *db = c->taking->r->root->db;
	struct remote_object_row row;
	struct remote_row remote;
	int got = remote_object_get(c->taking->old, name->id, c->key, &row, err);

	if (got <= 0)
		return got;
	if (remote_need(db, name->endpoint, name->bucket, name->prefix, &remote, err) < 0)
		return -1;
	row.generation = remote.generation;
	return remote_object_put(db, remote.id, c->key, &row, err);
}

static int take_tombstone(struct taking *t, const struct tag_row *row, int64_t removed_at,
                          struct err *err)
{
	char key[KEY_MAX];
	struct record record = {t, layout_tag(key, row->repo, row->name)};

	t->r->result->removed_tags++;
	if (tag_put_removed(t->r->root->db, row, removed_at, err) < 0)
		return -1;
	return remote_each(t->old, take_record, &record, err);
}

/* What a damaged state calls a tag may be none (J8). */
static bool is_tag(const struct tag_row *row)
{
	char key[KEY_MAX];
	struct key_parts parts;

	return layout_parse(&parts, layout_tag(key, row->repo, row->name)) &&
	       parts.object_class == CLASS_TAG && strcmp(parts.repo, row->repo) == 0;
}

/*
 * A tag that is there. Its file may have been linked to a manifest that is far older: where the tag
 * points where it did, the old state knows since when; else it was moved after that.
 */
static int take_date(const struct taking *t, const struct tag_row *old, const struct tag_row *now,
                     struct err *err)
{
	bool same = digest_equal(&old->digest, &now->digest);

	if (old->removed_at ||
	    (same ? old->staged_at == now->staged_at : old->staged_at <= now->staged_at))
		return 0;
	return tag_date(t->r->root->db, old->repo, old->name, old->staged_at, err);
}

/* A tag of the old state, live or removed. */
static int take_tag(void *context, const struct tag_row *row, struct err *err)
{
	struct taking *t = context;
	struct tag_row now;
	int got;

	if (!is_tag(row))
		return 0;
	got = tag_get(t->r->root->db, row->repo, row->name, &now, err);
	if (got < 0 || stop_check(err) < 0)
		return -1;
	if (got > 0)
		return take_date(t, row, &now, err);
	if (row->removed_at)
		return take_tombstone(t, row, row->removed_at, err);
	switch (ask_lists(t, row->repo, err)) {
	case AGREES:
		return take_tombstone(t, row, t->removed_at, err);
	case DISAGREES:
		return 0;
	case AGREEMENT_ERROR:
		break;
	}
	return -1;
}

int rescan_tombstones(struct rescan *r, struct err *err)
{
	struct taking t = {.r = r, .removed_at = time(NULL)};
	int result = root_open_old_state(r->root, &t.old, err);

	if (result <= 0)
		return result;
	result = tag_each(t.old, NULL, TAGS_LIVE, take_tag, &t, err);
	if (result == 0)
		result = tag_each(t.old, NULL, TAGS_REMOVED, take_tag, &t, err);
	db_close(t.old);
	if (result == 0 || err->code != ERR_NO_STATE)
		return result;
	event_warning(r->sink, "which tags were removed cannot be read from the old state: %s",
	              err->message);
	return 0;
}
