#include "stage/tree/rescan.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/stop.h"
#include "db/root/tree_file.h"
#include "db/state/blob.h"
#include "db/state/meta.h"
#include "db/state/object.h"
#include "db/state/object_places.h"
#include "stage/tree/rescan_internal.h"
#include "stage/tree/walk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void tell_rescanned(struct rescan *r)
{
	struct event event = {.type = EVENT_PROGRESS};

	event.u.progress.phase = PHASE_READING;
	event.u.progress.total_done_bytes = r->done_bytes + r->file_bytes;
	event.u.progress.total_bytes = r->total_bytes;
	event.u.progress.objects_done = r->done_objects;
	event.u.progress.objects_total = r->total_objects;
	event_emit(r->sink, &event);
}

/* --- what lies there ----------------------------------------------------------------------- */

/* A mode that cannot be changed keeps nothing from being recorded. */
static void mend_modes(struct rescan *r, const char *key)
{
	struct err err = ERR_INIT;
	int got = tree_file_modes(r->root, key, TREE_FILE_MEND, &err);

	if (got < 0)
		event_warning(r->sink, "not everyone may read %s: %s", key, err.message);
	r->opened += got > 0;
}

/* Blobs and manifests are noted as their names have it; nothing of that is true yet. */
static int note_file(void *context, const char *key, struct err *err)
{
	struct rescan *r = context;
	struct object_row row;
	struct key_parts parts;
	struct stat st;

	if (!layout_parse(&parts, key) || parts.object_class == CLASS_PING) {
		r->result->foreign++;
		event_warning(r->sink, "%s is no part of a registry: it is left out", key);
		return 0;
	}
	mend_modes(r, key);
	if (parts.object_class != CLASS_BLOB && parts.object_class != CLASS_MANIFEST)
		return 0;
	memset(&row, 0, sizeof(row));
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.object_class = parts.object_class;
	row.digest = parts.digest;
	if (fstatat(r->root->dir, key, &st, AT_SYMLINK_NOFOLLOW) == 0)
		r->total_bytes += (uint64_t)st.st_size;
	r->total_objects++;
	return object_put(r->root->db, &row, err);
}

static int tell_folder(void *context, const char *key, struct err *err)
{
	(void)err_set(err, ERR_INTEGRITY, "%s is a folder, where only a file can be: remove it",
	              key);
	return rescan_tell_bad(context, err);
}

static int note_tree(struct rescan *r, struct err *err)
{
	if (tree_walk(r->root->dir, note_file, tell_folder, r, err) < 0)
		return -1;
	if (r->opened > 0)
		event_warning(r->sink,
		              "%" PRIu64 " files of the tree could not be read by everyone: "
		              "their modes, and those of their folders, are mended",
		              r->opened);
	return 0;
}

/* --- whether it is what its name says ------------------------------------------------------ */

static void note_read(void *context, uint64_t bytes)
{
	struct rescan *r = context;

	r->file_bytes += bytes;
	tell_rescanned(r);
}

/* Hashes the file and completes the row. */
static int hash_file(struct rescan *r, struct object_row *row, struct err *err)
{
	AUTO_CLOSE int fd = file_open_read(r->root->dir, row->key, err);
	struct stat st;
	int got;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", row->key);
	got = check_file_check(&r->files, fd, &st, row->key, SUM_DEFAULT, r->pool, err);
	r->done_bytes += (uint64_t)st.st_size;
	r->file_bytes = 0;
	if (got < 0)
		return -1;
	row->size_bytes = r->files.sums.size_bytes;
	memcpy(row->md5, r->files.sums.md5, sizeof(row->md5));
	return 0;
}

static int rescan_object(struct rescan *r, const struct object_place *at, struct err *err)
{
	struct object_row row;

	memset(&row, 0, sizeof(row));
	memcpy(row.key, at->key, sizeof(row.key));
	row.object_class = at->object_class;
	row.digest = at->digest;
	if (!digest_equal(&r->files.digest, &at->digest))
		check_file_begin(&r->files, &at->digest);
	r->done_objects++;
	if (hash_file(r, &row, err) < 0)
		return rescan_tell_bad(r, err) < 0 ? -1 : object_delete(r->root->db, at->key, err);
	if (blob_put(r->root->db, &row.digest, &r->files.sums, err) < 0)
		return -1;
	return object_put(r->root->db, &row, err);
}

static int rescan_place(void *context, const struct object_place *at, struct err *err)
{
	if (stop_check(err) < 0 || rescan_object(context, at, err) < 0)
		return -1;
	tell_rescanned(context);
	return 0;
}

static int rescan_objects(struct rescan *r, struct err *err)
{
	return object_places_walk(r->root->db, NULL, rescan_place, r, err);
}

/* --- all of it ----------------------------------------------------------------------------- */

static int set_time(struct rescan *r, struct err *err)
{
	int64_t count = object_count(r->root->db, err);
	char now[24];

	if (count < 0)
		return -1;
	r->result->objects = (uint64_t)count;
	(void)snprintf(now, sizeof(now), "%" PRId64, (int64_t)time(NULL));
	return meta_set(r->root->db, "rescanned_at", now, err);
}

/* What the tree lacks. Nothing of it happens before the new state has its place. */
static int plan_changes(struct rescan *r, struct err *err)
{
	r->publication = publication_begin(r->root, err);
	if (!r->publication)
		return -1;
	if (rescan_links(r, err) < 0 || rescan_documents(r, err) < 0) {
		publication_abandon(r->publication);
		return -1;
	}
	return publication_leave_open(r->publication, err);
}

/* One transaction a step: nothing of it counts before the file is put into its place. */
static int run_steps(struct rescan *r, struct err *err)
{
	static int (*const steps[])(struct rescan *, struct err *) = {
		note_tree, rescan_objects, rescan_manifests, rescan_tags, rescan_tombstones};
	struct db *db = r->root->db;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (db_begin(db, err) < 0)
			return -1;
		if (steps[i](r, err) < 0) {
			db_rollback(db);
			return -1;
		}
		if (db_commit(db, err) < 0)
			return -1;
	}
	return plan_changes(r, err) < 0 ? -1 : set_time(r, err);
}

static void tell_linked(const struct rescan *r)
{
	const char *text = text_set_first(&r->told);

	for (; text; text = text_set_next(&r->told, text))
		event_note(r->sink, "%s", text);
}

int rescan_root(struct root *root, const struct stage_limits *limits, const struct event_sink *sink,
                struct rescan_result *result, struct err *err)
{
	struct rescan r = {.root = root,
	                   .sink = sink,
	                   .result = result,
	                   .limits = *limits,
	                   .told = TEXT_SET_INIT};
	struct pool_options options = {0};
	int status;

	memset(result, 0, sizeof(*result));
	stage_limits_fill(&r.limits);
	r.files.watch = (struct file_sum_watch){note_read, &r};
	r.pool = pool_new(&options, err);
	if (!r.pool)
		return -1;
	status = run_steps(&r, err);
	result->bytes = r.files.hashed_bytes;
	check_file_release(&r.files);
	digest_map_release(&r.proved);
	digest_map_release(&r.linked);
	pool_free(r.pool);
	if (status == 0)
		status = root_replace_state(root, result->kept, err);
	result->rebuilt = root->db && !root->rebuilding;
	if (status == 0)
		tell_linked(&r);
	text_set_release(&r.told);
	if (status == 0 && result->bad > 0)
		return err_set(err, ERR_INTEGRITY,
		               "the state is rebuilt, but %" PRIu64 " objects do not verify and "
		               "were left out",
		               result->bad);
	return status;
}
