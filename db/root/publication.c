#include "db/root/publication.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/text_set.h"
#include "db/root/change_count.h"
#include "db/root/tree_file.h"
#include "db/state/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum step_action { /* stored: never reuse a number */
	           STEP_MOVE = 1,
	           STEP_LINK = 2,
	           STEP_REMOVE = 3,
};

struct publication {
	struct root *root; /* borrowed */
	int64_t id;        /* 0 until the first step */
	int64_t steps;
	int64_t started_at;   /* seconds; no row of it is older: a rollback tells them by that */
	struct text_set room; /* folders that are there, or can be made */
	struct text_set repaired; /* keys to tell of at the end */
};

static void publication_free(struct publication *p)
{
	text_set_release(&p->room);
	text_set_release(&p->repaired);
	free(p);
}

/* No change begins while an older one is open (J2). */
static int check_settled(const struct root *root, struct err *err)
{
	int open = publication_pending(root->db, err);

	if (open <= 0)
		return open;
	return err_set(err, ERR_BUG, "an earlier change of the root is not finished");
}

static int close_publication(struct root *root, int64_t id, struct err *err)
{
	return db_run(root->db, err, "DELETE FROM publication WHERE id = ?1", BIND_INT(id));
}

static struct publication *begin(struct root *root, struct err *err)
{
	struct publication *p = calloc(1, sizeof(*p));

	if (!p) {
		(void)err_memory(err);
		return NULL;
	}
	p->root = root;
	p->started_at = time(NULL);
	p->room = p->repaired = (struct text_set)TEXT_SET_INIT;
	if (db_begin(root->db, err) < 0) {
		free(p);
		return NULL;
	}
	return p;
}

struct publication *publication_begin(struct root *root, struct err *err)
{
	struct publication *p = begin(root, err);

	if (p && check_settled(root, err) == 0)
		return p;
	publication_abandon(p);
	return NULL;
}

struct publication *publication_begin_instead(struct root *root, int64_t id, struct err *err)
{
	struct publication *p = begin(root, err);

	if (p && close_publication(root, id, err) == 0)
		return p;
	publication_abandon(p);
	return NULL;
}

static int add_publication(struct publication *p, struct err *err)
{
	if (db_run(p->root->db, err, "INSERT INTO publication (started_at) VALUES (?1)",
	           BIND_INT(p->started_at)) < 0)
		return -1;
	p->id = db_last_id(p->root->db);
	return 0;
}

/* What is in the way of a step would keep every run from the root: better told before the commit.
 */
static int check_folder(struct publication *p, const char *path, struct err *err)
{
	int fresh = text_set_add(&p->room, path, err);
	struct stat st;

	if (fresh <= 0)
		return fresh;
	if (fstatat(p->root->dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
		return 0;
	return err_set(
		err, ERR_INTEGRITY,
		"the root is damaged: %s is no folder, where only a folder can be: remove it",
		path);
}

static int check_key(struct publication *p, const char *key, struct err *err)
{
	char path[KEY_MAX];
	struct stat st;

	for (const char *slash = strchr(key, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(path, sizeof(path), "%.*s", (int)(slash - key), key);
		if (check_folder(p, path, err) < 0)
			return -1;
	}
	if (fstatat(p->root->dir, key, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	return err_set(err, ERR_INTEGRITY,
	               "the root is damaged: %s is a folder, where only a file can be: remove it",
	               key);
}

static int add_step(struct publication *p, enum step_action action, const char *source,
                    const char *key, struct err *err)
{
	if (check_key(p, key, err) < 0 || (p->id == 0 && add_publication(p, err) < 0))
		return -1;
	if (db_run(p->root->db, err,
	           "INSERT INTO publication_step (publication, position, action, source, key) "
	           "VALUES (?1, ?2, ?3, ?4, ?5)",
	           BIND_INT(p->id), BIND_INT(p->steps), BIND_INT(action), BIND_TEXT(source),
	           BIND_TEXT(key)) < 0)
		return -1;
	p->steps++;
	return 0;
}

int publication_move(struct publication *p, const char *tmp_name, const char *key, struct err *err)
{
	return add_step(p, STEP_MOVE, tmp_name, key, err);
}

int publication_link(struct publication *p, const char *from_key, const char *key, struct err *err)
{
	return add_step(p, STEP_LINK, from_key, key, err);
}

int publication_remove(struct publication *p, const char *key, struct err *err)
{
	return add_step(p, STEP_REMOVE, NULL, key, err);
}

int publication_note_repair(struct publication *p, const char *key, struct err *err)
{
	return text_set_add(&p->repaired, key, err) < 0 ? -1 : 0;
}

#define TMP_PATH LAYOUT_PRIVATE "/tmp/"

/* What would become a path is no name (J8). */
static int step_damaged(const char *text, struct err *err)
{
	return err_set(err, ERR_NO_STATE, "state file is damaged: publication step for '%.200s'",
	               text);
}

/*
 * The temporary file is gone. Only if the key holds the bytes that its row asks for has an earlier
 * attempt moved it there (J3): any other file was there before.
 */
static int check_moved(struct root *root, const char *key, struct err *err)
{
	struct object_row row;
	int got = object_get(root->db, key, &row, err);

	if (got > 0)
		got = tree_file_holds(root, key, &row.digest, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	errno = ENOENT;
	return err_sys(err, "publish %s: the key does not hold what was to be moved there", key);
}

/* tmp -> key */
static int do_move(struct root *root, const char *tmp_name, const char *key, struct err *err)
{
	char from[sizeof(TMP_PATH) + TMP_NAME_MAX];

	if (!tmp_name[0] || tmp_name[0] == '.' || strchr(tmp_name, '/') ||
	    strlen(tmp_name) >= TMP_NAME_MAX)
		return step_damaged(tmp_name, err);
	(void)snprintf(from, sizeof(from), TMP_PATH "%s", tmp_name);
	if (file_make_parents(root->dir, key, err) < 0)
		return -1;
	/* rename() leaves a second link of the file that is there already (J3). */
	if (renameat(root->dir, from, root->dir, key) == 0)
		return file_remove(root->dir, from, err);
	return errno == ENOENT ? check_moved(root, key, err) : err_sys(err, "publish %s", key);
}

/* key becomes the same file as from_key, in one step for readers (J5). */
static int do_link(struct root *root, const char *from_key, const char *key, struct err *err)
{
	static const char step[] = TMP_PATH "link-step";
	struct key_parts parts;

	if (!layout_parse(&parts, from_key) || parts.object_class == CLASS_PING)
		return step_damaged(from_key, err);
	if (file_make_parents(root->dir, key, err) < 0 || file_remove(root->dir, step, err) < 0 ||
	    file_link_or_copy(root->dir, from_key, step, err) < 0 ||
	    file_rename(root->dir, step, key, err) < 0)
		return err_context(err, "publish %s", key);
	return 0;
}

static int do_remove(struct root *root, const char *key, struct err *err)
{
	if (file_remove(root->dir, key, err) < 0)
		return -1;
	return 0;
}

/* Folders by their paths with a slash at the end; "" is the root itself. */
struct folders {
	struct text_set changed; /* hold changes that are not yet fsynced */
	struct text_set met;    /* of this publication: the entry of each in its parent is synced */
	struct text_set looked; /* for tree_file_mend_modes */
	enum object_class last_class;
};

static int folders_sync(struct root *root, struct folders *folders, struct err *err)
{
	const char *at = text_set_first(&folders->changed);

	/* A folder that is not there was emptied and pruned by an attempt before this one. */
	for (; at; at = text_set_next(&folders->changed, at))
		if (file_sync_parent(root->dir, at, err) < 0 && err->sys_errno != ENOENT)
			return -1;
	text_set_clear(&folders->changed);
	return 0;
}

/* "v2/app/blobs/x" or "v2/app/blobs/" becomes the path of what is above: "v2/app/blobs/", … */
static void cut_last(char *path)
{
	size_t len = strlen(path);

	do
		path[len > 0 ? --len : 0] = '\0';
	while (len > 0 && path[len - 1] != '/');
}

/*
 * The folder of `key` has changed; and where it may be new itself, its parent has, and so on. A
 * folder can only be new when the publication first meets it.
 */
static int folders_note(struct folders *folders, const char *key, struct err *err)
{
	char path[KEY_MAX];
	int met;

	(void)snprintf(path, sizeof(path), "%s", key);
	do {
		cut_last(path);
		if (text_set_add(&folders->changed, path, err) < 0)
			return -1;
		met = text_set_add(&folders->met, path, err);
	} while (met > 0 && path[0]);
	return met < 0 ? -1 : 0;
}

static int do_step(struct root *root, enum step_action action, const char *source, const char *key,
                   struct err *err)
{
	switch (action) {
	case STEP_MOVE:
		return do_move(root, source, key, err);
	case STEP_LINK:
		return do_link(root, source, key, err);
	case STEP_REMOVE:
		return do_remove(root, key, err);
	}
	return err_set(err, ERR_NO_STATE, "state file is damaged: publication step %d",
	               (int)action);
}

/* *at is the position of the step that failed. */
static int do_steps(struct root *root, int64_t id, struct folders *folders, int64_t *at,
                    struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct key_parts parts;
	enum step_action action;
	int got;

	if (query_start_with(
		    &q, root->db, err,
		    "SELECT action, source, key FROM publication_step WHERE publication = ?1 "
		    "ORDER BY position",
		    BIND_INT(id)) < 0)
		return -1;
	for (*at = 0; (got = query_step(&q, err)) > 0; ++*at) {
		const char *key = query_text(&q, 2);

		if (!layout_parse(&parts, key) || parts.object_class == CLASS_PING)
			return step_damaged(key, err);
		if (parts.object_class != folders->last_class &&
		    folders_sync(root, folders, err) < 0)
			return -1;
		folders->last_class = parts.object_class;
		action = (enum step_action)query_int(&q, 0);
		if (do_step(root, action, query_text(&q, 1), key, err) < 0 ||
		    folders_note(folders, key, err) < 0)
			return -1;
		/* A link has the mode of its twin, and the folder may be an old one. */
		if (action != STEP_REMOVE)
			tree_file_mend_modes(root, key, &folders->looked);
	}
	if (got < 0)
		return -1;
	return folders_sync(root, folders, err);
}

/* Empty folders go only after everything is done, so that no step finds its folder gone. */
static int prune_folders(struct root *root, int64_t id, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(
		    &q, root->db, err,
		    "SELECT key FROM publication_step WHERE publication = ?1 AND action = ?2",
		    BIND_INT(id), BIND_INT(STEP_REMOVE)) < 0)
		return -1;
	while ((got = query_step(&q, err)) > 0)
		if (file_prune_parents(root->dir, query_text(&q, 0), err) < 0)
			return -1;
	return got;
}

int publication_carry_out(struct root *root, int64_t id, int64_t *at, struct err *err)
{
	struct folders folders = {TEXT_SET_INIT, TEXT_SET_INIT, TEXT_SET_INIT, CLASS_NONE};
	int result = do_steps(root, id, &folders, at, err);

	text_set_release(&folders.changed);
	text_set_release(&folders.met);
	text_set_release(&folders.looked);
	if (result < 0 || prune_folders(root, id, err) < 0 || change_count_show(root, err) < 0)
		return -1;
	return close_publication(root, id, err);
}

static int commit(const struct publication *p, struct err *err)
{
	struct root *root = p->root;

	/* The names in tmp/ are durable before the intent is (J3). */
	if (p->id &&
	    (file_sync_parent(root->tmp, "any", err) < 0 || change_count_add(root->db, err) < 0)) {
		db_rollback(root->db);
		return -1;
	}
	return db_commit(root->db, err);
}

int publication_leave_open(struct publication *p, struct err *err)
{
	int result = commit(p, err);

	publication_free(p);
	return result;
}

int publication_finish(struct publication *p, struct err *err)
{
	int result = commit(p, err);
	const char *repaired = NULL;
	int64_t at;

	if (result == 0 && p->id)
		result = publication_carry_out(p->root, p->id, &at, err);
	if (result == 0)
		repaired = text_set_first(&p->repaired);
	for (; repaired; repaired = text_set_next(&p->repaired, repaired))
		event_warning(p->root->sink, "%s was damaged or gone, and is repaired", repaired);
	publication_free(p);
	return result;
}

void publication_abandon(struct publication *p)
{
	if (!p)
		return;
	db_rollback(p->root->db);
	publication_free(p);
}

int publication_next_open(struct db *db, int64_t *id, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, db, "SELECT id FROM publication ORDER BY id LIMIT 1", err) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0)
		*id = query_int(&q, 0);
	return got;
}

int publication_pending(struct db *db, struct err *err)
{
	int64_t id;

	return publication_next_open(db, &id, err);
}
