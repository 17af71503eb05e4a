#include "sync/diff/selection.h"

#include "db/state/manifest_walk.h"
#include "db/state/object.h"
#include "db/state/tag.h"
#include "db/state/tag_suggest.h"

#include <stdio.h>
#include <string.h>

static const char TABLE[] =
	"CREATE TABLE selection (key TEXT PRIMARY KEY, state INTEGER NOT NULL) WITHOUT ROWID";

/* Column `state`: it only grows. */
enum selection_state {
	SELECTION_ERROR = -1,
	SELECTION_UNKNOWN, /* not in the table */
	SELECTION_OUT,     /* reached by tags that are left out, and by none that is chosen */
	SELECTION_IN,      /* the sync is about it */
	SELECTION_THERE,   /* left out, and the bucket has it */
};

struct selecting {
	struct sync_run *run;
	enum selection_state state; /* what is reached now becomes this */
	const char *repo;           /* borrowed: the one whose manifests are visited */
	uint64_t chosen;            /* tags that are chosen */
};

/* 1 when the key came to this state now, 0 when it was in it or beyond it already, -1. */
static int mark(struct selecting *s, const char *key, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, s->run->plan.db, err,
	                     "INSERT INTO selection (key, state) VALUES (?1, ?2) ON CONFLICT (key) "
	                     "DO UPDATE SET state = excluded.state WHERE state < excluded.state",
	                     BIND_TEXT(key), BIND_INT(s->state)) < 0)
		return -1;
	if (query_run(&q, err) < 0)
		return -1;
	return db_changes(s->run->plan.db) > 0;
}

static enum selection_state get_state(struct sync_run *run, const char *key, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (!tag_filter_is_on(&run->filter))
		return SELECTION_IN;
	if (query_start_with(&q, run->plan.db, err, "SELECT state FROM selection WHERE key = ?1",
	                     BIND_TEXT(key)) < 0)
		return SELECTION_ERROR;
	got = query_step(&q, err);
	if (got <= 0)
		return got < 0 ? SELECTION_ERROR : SELECTION_UNKNOWN;
	return (enum selection_state)query_int(&q, 0);
}

/* ---- what a tag reaches */

/* What is marked already stays as it is, and so does what is below it. */
static int mark_visited(void *context, const struct walk_visit *visit, struct err *err)
{
	struct selecting *s = context;
	const struct digest *d = &visit->digest;
	char key[KEY_MAX];
	int fresh;

	if (visit->step != WALK_ENTER)
		return WALK_INTO;
	if (visit->role != EDGE_MANIFEST)
		return mark(s, layout_blob(key, s->repo, d), err) < 0 ? -1 : WALK_INTO;
	fresh = mark(s, layout_manifest(key, s->repo, d), err);
	if (fresh <= 0)
		return fresh < 0 ? -1 : WALK_PAST;
	if (mark(s, layout_referrers(key, s->repo, d), err) < 0 ||
	    mark(s, layout_fallback_tag(key, s->repo, d), err) < 0)
		return -1;
	return WALK_INTO;
}

static int reach(struct selecting *s, const char *repo, const struct digest *d, struct err *err)
{
	struct manifest_walk walk = {
		.db = s->run->db, .repo = repo, .fn = mark_visited, .context = s};
	int result;

	s->repo = repo;
	result = manifest_walk_from(&walk, d, err);
	manifest_walk_release(&walk);
	return result;
}

/* ---- the tags, in three passes: chosen ones, signatures of what is chosen, the others */

/* The image whose signature, or other companion, a tag is by its name: sha256-<hex>.sig. */
static bool is_companion(const char *tag, struct digest *of)
{
	char text[DIGEST_TEXT_MAX];

	if (strncmp(tag, "sha256-", 7) != 0 || strlen(tag) < 7 + 64 + 2 || tag[7 + 64] != '.')
		return false;
	(void)snprintf(text, sizeof(text), "sha256:%.64s", tag + 7);
	return digest_parse_quiet(of, text, strlen(text));
}

/* Whether nothing but the image decides about the tag. 1 with *of, 0, -1. */
static int follows_image(struct selecting *s, const struct tag_row *row, struct digest *of,
                         struct err *err)
{
	char key[KEY_MAX];

	if (!is_companion(row->name, of) ||
	    tag_filter_judge(&s->run->filter, row->repo, row->name) != TAG_FILTER_UNSAID)
		return 0;
	return object_has(s->run->db, layout_manifest(key, row->repo, of), err);
}

static int take(struct selecting *s, const struct tag_row *row, struct err *err)
{
	char key[KEY_MAX];
	int fresh = mark(s, layout_tag(key, row->repo, row->name), err);

	if (fresh <= 0)
		return fresh;
	if (s->state == SELECTION_IN)
		s->chosen++;
	return reach(s, row->repo, &row->digest, err);
}

static int take_chosen(void *context, const struct tag_row *row, struct err *err)
{
	struct selecting *s = context;
	struct digest of;
	int follows = follows_image(s, row, &of, err);

	if (follows != 0)
		return follows < 0 ? -1 : 0;
	return tag_filter_has_tag(&s->run->filter, row->repo, row->name) ? take(s, row, err) : 0;
}

static int take_followers(void *context, const struct tag_row *row, struct err *err)
{
	struct selecting *s = context;
	struct digest of;
	char key[KEY_MAX];
	int follows = follows_image(s, row, &of, err);

	if (follows > 0)
		follows = selection_has(s->run, layout_manifest(key, row->repo, &of), err);
	return follows <= 0 ? follows : take(s, row, err);
}

static int take_others(void *context, const struct tag_row *row, struct err *err)
{
	return take(context, row, err);
}

/* ---- what no tag reaches, and the lists */

/* The next key of the range that no tag reaches; the range is what follows it. 1, 0, -1. */
static int next_untagged(struct selecting *s, struct layout_range *keys, struct key_parts *parts,
                         struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	enum selection_state state = SELECTION_OUT;
	int got;

	if (query_start_with(&q, s->run->db, err,
	                     "SELECT key FROM object WHERE key > ?1 AND key < ?2 AND class <> ?3 "
	                     "ORDER BY key",
	                     BIND_TEXT(keys->after), BIND_TEXT(keys->until),
	                     BIND_INT(CLASS_TAG)) < 0)
		return -1;
	while (state > SELECTION_UNKNOWN && (got = query_step(&q, err)) > 0)
		state = get_state(s->run, query_text(&q, 0), err);
	if (state == SELECTION_ERROR || got <= 0)
		return state == SELECTION_ERROR ? -1 : got;
	(void)snprintf(keys->after, sizeof(keys->after), "%s", query_text(&q, 0));
	if (!layout_parse(parts, keys->after))
		return err_set(err, ERR_NO_STATE, "the state holds the key '%.200s'", keys->after);
	return 1;
}

/* Manifests first: what they need is reached from them, also where a tag left out needs it too. */
static int take_rest(void *context, const char *repo, struct err *err)
{
	static const enum layout_folder folders[] = {LAYOUT_MANIFESTS, LAYOUT_BLOBS,
	                                             LAYOUT_REFERRERS};
	struct selecting *s = context;
	struct key_parts parts;
	struct layout_range keys;
	int got = 0;

	if (!tag_filter_has_rest(&s->run->filter, repo))
		return 0;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && got == 0; i++) {
		layout_range(&keys, repo, folders[i]);
		while ((got = next_untagged(s, &keys, &parts, err)) > 0)
			if (parts.object_class == CLASS_MANIFEST
			            ? reach(s, repo, &parts.digest, err) < 0
			            : mark(s, keys.after, err) < 0)
				return -1;
	}
	return got;
}

static int mark_lists(struct selecting *s, const char *repo, struct err *err)
{
	char key[KEY_MAX];

	if (mark(s, layout_tags_list(key, repo), err) < 0 || mark(s, layout_catalog(key), err) < 0)
		return -1;
	return 0;
}

static int take_lists(void *context, const char *repo, struct err *err)
{
	struct selecting *s = context;
	int has = selection_has_repo(s->run, repo, err);

	return has <= 0 ? has : mark_lists(s, repo, err);
}

/* A removed tag leaves its list, which the sync is about then. */
static int take_removed(void *context, const struct tag_row *row, struct err *err)
{
	struct selecting *s = context;

	if (!tag_filter_has_tag(&s->run->filter, row->repo, row->name))
		return 0;
	return mark_lists(s, row->repo, err);
}

/* ---- */

/* A --force-tag that forces nothing is a mistake, and the tag that it means would be held again. */
static int check_forced(struct sync_run *run, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	char name[REPO_MAX + 1];
	struct tag_row tag;
	int got;

	if (!colon || colon[1] == '\0' || (size_t)(colon - text) >= sizeof(name))
		return err_set(err, ERR_USAGE, "--force-tag %.300s: NAME:TAG is wanted", text);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
	got = tag_get(run->db, name, colon + 1, &tag, err);
	if (got < 0)
		return -1;
	if (got == 0 || tag.removed_at != 0) {
		(void)err_set(err, ERR_NOT_FOUND, "--force-tag %.300s: the root has no such tag",
		              text);
		tag_suggest(run->db, text, err);
		return -1;
	}
	if (tag_filter_is_on(&run->filter) && !tag_filter_has_tag(&run->filter, name, colon + 1))
		return err_set(err, ERR_USAGE,
		               "--force-tag %s is left out by --include or --exclude", text);
	return 0;
}

static void warn_of_unused(struct sync_run *run, const struct selecting *s)
{
	const char *unused;

	for (size_t i = 0; (unused = tag_filter_unused(&run->filter, i)); i++)
		event_warning(run->sink, "--include %s matches no tag of the root", unused);
	if (s->chosen == 0 && !tag_filter_unused(&run->filter, 0))
		event_warning(run->sink, "every tag of the root is excluded; an --exclude beats "
		                         "every --include");
}

static int mark_all(struct selecting *s, struct err *err)
{
	struct db *db = s->run->db;

	s->state = SELECTION_IN;
	if (mark(s, LAYOUT_PREFIX, err) < 0 ||
	    tag_each(db, NULL, TAGS_LIVE, take_chosen, s, err) < 0 ||
	    tag_each(db, NULL, TAGS_LIVE, take_followers, s, err) < 0)
		return -1;
	s->state = SELECTION_OUT;
	if (tag_each(db, NULL, TAGS_LIVE, take_others, s, err) < 0)
		return -1;
	s->state = SELECTION_IN;
	if (repo_each(db, take_rest, s, err) < 0 || repo_each(db, take_lists, s, err) < 0 ||
	    tag_each(db, NULL, TAGS_REMOVED, take_removed, s, err) < 0)
		return -1;
	return 0;
}

int selection_make(struct sync_run *run, struct err *err)
{
	struct selecting s = {.run = run};

	for (size_t i = 0; i < run->options->force_tag_count; i++)
		if (check_forced(run, run->options->force_tags[i], err) < 0)
			return -1;
	if (!tag_filter_is_on(&run->filter))
		return 0;
	if (db_exec(run->plan.db, TABLE, err) < 0 || mark_all(&s, err) < 0)
		return -1;
	warn_of_unused(run, &s);
	return 0;
}

int selection_has(struct sync_run *run, const char *key, struct err *err)
{
	enum selection_state state = get_state(run, key, err);

	return state == SELECTION_ERROR ? -1 : state == SELECTION_IN;
}

int selection_may_copy(struct sync_run *run, const char *key, struct err *err)
{
	enum selection_state state = get_state(run, key, err);

	return state == SELECTION_ERROR ? -1 : state >= SELECTION_IN;
}

int selection_has_repo(struct sync_run *run, const char *repo, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct layout_range keys;

	if (!tag_filter_is_on(&run->filter))
		return 1;
	layout_range(&keys, repo, LAYOUT_MANIFESTS);
	if (query_start_with(&q, run->plan.db, err,
	                     "SELECT 1 FROM selection WHERE key > ?1 AND key < ?2 AND state = ?3 "
	                     "LIMIT 1",
	                     BIND_TEXT(keys.after), BIND_TEXT(keys.until),
	                     BIND_INT(SELECTION_IN)) < 0)
		return -1;
	return query_step(&q, err);
}

bool selection_may_remove(struct sync_run *run, const struct key_parts *parts)
{
	if (!tag_filter_is_on(&run->filter))
		return true;
	return parts->object_class == CLASS_TAG
	               ? tag_filter_has_tag(&run->filter, parts->repo, parts->tag)
	               : tag_filter_has_rest(&run->filter, parts->repo);
}

int selection_note_there(struct sync_run *run, const char *key, struct err *err)
{
	struct selecting s = {.run = run, .state = SELECTION_THERE};

	return mark(&s, key, err) < 0 ? -1 : 0;
}
