#include "stage/tree/verify.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/stop.h"
#include "db/root/publication.h"
#include "db/root/tree_file.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/object_places.h"
#include "db/state/tag.h"
#include "stage/tree/check_file.h"
#include "stage/tree/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct verify {
	struct root *root;
	const struct event_sink *sink;
	struct verify_result *result;
	struct pool *pool;                               /* owned */
	struct check_file files;                         /* of the digest that is looked at now */
	uint64_t total_objects, total_bytes, done_bytes; /* links count each time */
	uint64_t file_bytes;                             /* read of the file at hand */
	bool told_open;                                  /* that a run was interrupted */
	uint64_t closed;            /* files, with the folders above, that not everyone may read */
	char first_closed[KEY_MAX]; /* of those */
};

/* One bad object: told, counted, and the check goes on. */
static void tell_bad_object(struct verify *v, struct err *why)
{
	v->result->bad++;
	event_error(v->sink, why);
}

static void tell_verified(struct verify *v)
{
	struct event event = {.type = EVENT_PROGRESS};

	event.u.progress.phase = PHASE_CHECKING;
	event.u.progress.total_done_bytes = v->done_bytes + v->file_bytes;
	event.u.progress.total_bytes = v->total_bytes;
	event.u.progress.objects_done = v->result->objects;
	event.u.progress.objects_total = v->total_objects;
	event_emit(v->sink, &event);
}

static void note_read(void *context, uint64_t bytes)
{
	struct verify *v = context;

	v->file_bytes += bytes;
	tell_verified(v);
}

static int verify_file(struct verify *v, const struct object_row *row, struct err *err)
{
	AUTO_CLOSE int fd = file_open_read(v->root->dir, row->key, err);
	struct stat st;

	if (fd < 0 && err->code == ERR_NOT_FOUND)
		return err_set(err, ERR_INTEGRITY,
		               "%s is recorded, but not in the tree: stage its image again with "
		               "--recheck",
		               row->key);
	if (fd < 0 && err->code == ERR_REFUSED)
		return err_set(err, ERR_INTEGRITY,
		               "%s is not a regular file: remove it, and stage its image again "
		               "with --recheck",
		               row->key);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", row->key);
	if ((uint64_t)st.st_size != row->size_bytes)
		return err_set(err, ERR_INTEGRITY,
		               "%s: has %" PRIu64 " bytes, %" PRIu64
		               " are recorded: stage its image again with --recheck",
		               row->key, (uint64_t)st.st_size, row->size_bytes);
	v->file_bytes = 0;
	return check_file_check(&v->files, fd, &st, row->key, 0, v->pool, err);
}

/* --- beside a run that publishes ----------------------------------------------------------- */

enum { SETTLE_POLL_MS = 20 };

/*
 * A publication is in the state before it is in the tree. Waits until none is open, or no run is
 * at work that would finish it: what is left half done then is damage like any other.
 */
static int wait_settled(struct verify *v, struct err *err)
{
	struct timespec nap = {0, SETTLE_POLL_MS * 1000000L};
	int open;

	while ((open = publication_pending(v->root->db, err)) > 0 &&
	       root_is_being_written(v->root)) {
		if (stop_check(err) < 0)
			return -1;
		(void)nanosleep(&nap, NULL);
	}
	if (open > 0 && !v->told_open) {
		v->told_open = true;
		event_warning(v->sink, "an interrupted run is not finished; the next that writes "
		                       "to the root (stage, untag, gc) finishes it");
	}
	return open < 0 ? -1 : 0;
}

/*
 * 1 when the row's file is right, 0 when the row is gone meanwhile, -1. It is wrong only when
 * nothing was changing it: the row stays the same, with nothing open, from one look to the next.
 */
static int check_quietly(struct verify *v, struct object_row *row, struct err *err)
{
	struct err why = ERR_INIT;

	for (bool again = false;; again = true) {
		struct digest before = row->digest;
		int got;

		if (verify_file(v, row, err) == 0)
			return 1;
		if (err_scope(err) == ERR_SCOPE_RUN)
			return -1;
		got = wait_settled(v, &why);
		if (got == 0)
			got = object_get(v->root->db, row->key, row, &why);
		else
			got = -1;
		if (got < 0)
			*err = why;
		if (got <= 0)
			return got;
		if (again && digest_equal(&before, &row->digest))
			return -1;
		if (!digest_equal(&v->files.digest, &row->digest))
			check_file_begin(&v->files, &row->digest);
	}
}

/* --- what belongs together ----------------------------------------------------------------- */

struct completeness {
	struct verify *v;
	const struct key_parts *parts;
	const char *key;
};

static int verify_edge(void *context, const struct edge_row *edge, struct err *err)
{
	struct completeness *c = context;
	struct err why = ERR_INIT;
	char child[KEY_MAX];
	int got;

	if (!edge->present || edge->role == EDGE_SUBJECT)
		return 0;
	if (edge->role == EDGE_MANIFEST)
		(void)layout_manifest(child, c->parts->repo, &edge->child);
	else
		(void)layout_blob(child, c->parts->repo, &edge->child);
	got = object_has(c->v->root->db, child, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	/* A run beside this one may have removed both. */
	got = object_has(c->v->root->db, c->key, err);
	if (got <= 0)
		return got;
	(void)err_set(&why, ERR_INTEGRITY, "%s is not complete: %s is not recorded", c->key, child);
	tell_bad_object(c->v, &why);
	return 0;
}

static int verify_tag(void *context, const struct tag_row *tag, struct err *err)
{
	struct verify *v = context;
	struct err why = ERR_INIT;
	struct object_row row;
	char key[KEY_MAX], text[DIGEST_TEXT_MAX];
	int got = object_get(v->root->db, layout_tag(key, tag->repo, tag->name), &row, err);

	if (got > 0 && digest_equal(&row.digest, &tag->digest))
		got = object_has(v->root->db, layout_manifest(key, tag->repo, &tag->digest), err);
	else if (got > 0)
		got = 0;
	if (got != 0)
		return got < 0 ? -1 : 0;
	(void)err_set(&why, ERR_INTEGRITY, "tag %s:%s: its manifest %s is not published", tag->repo,
	              tag->name, digest_text(&tag->digest, text));
	tell_bad_object(v, &why);
	return 0;
}

/* --- every recorded object ----------------------------------------------------------------- */

static int verify_object(struct verify *v, const struct object_place *at, struct err *err)
{
	struct key_parts parts;
	struct object_row row;
	int got = object_get(v->root->db, at->key, &row, err);

	/* A run beside this one may have removed it since the page was read. */
	if (got <= 0)
		return got;
	if (!digest_equal(&v->files.digest, &row.digest))
		check_file_begin(&v->files, &row.digest);
	got = check_quietly(v, &row, err);
	v->result->objects++;
	v->done_bytes += row.size_bytes;
	v->file_bytes = 0;
	if (got == 0)
		return 0;
	if (got < 0) {
		if (err_scope(err) == ERR_SCOPE_RUN)
			return -1;
		tell_bad_object(v, err);
	}
	if (row.object_class != CLASS_MANIFEST || !layout_parse(&parts, row.key))
		return 0;
	return edges_each(v->root->db, &row.digest, verify_edge,
	                  &(struct completeness){v, &parts, row.key}, err);
}

static int verify_place(void *context, const struct object_place *at, struct err *err)
{
	if (stop_check(err) < 0 || verify_object(context, at, err) < 0)
		return -1;
	tell_verified(context);
	return 0;
}

/* --- what is not recorded ------------------------------------------------------------------ */

static int check_modes(struct verify *v, const char *key, struct err *err)
{
	int got = tree_file_modes(v->root, key, TREE_FILE_LOOK, err);

	if (got > 0 && v->closed++ == 0)
		(void)snprintf(v->first_closed, sizeof(v->first_closed), "%s", key);
	return got < 0 ? -1 : 0;
}

static void tell_closed(const struct verify *v)
{
	if (v->closed > 0)
		event_warning(v->sink,
		              "%" PRIu64 " files of the tree cannot be read by everyone, the first "
		              "is %s: a web server may not serve them; drydock rescan mends that",
		              v->closed, v->first_closed);
}

static int check_known(void *context, const char *key, struct err *err)
{
	struct verify *v = context;
	int got = check_modes(v, key, err) < 0 ? -1 : object_has(v->root->db, key, err);
	struct stat st;

	if (got == 0 && wait_settled(v, err) < 0)
		return -1;
	if (got == 0)
		got = object_has(v->root->db, key, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	if (fstatat(v->root->dir, key, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	v->result->foreign++;
	event_warning(v->sink, "%s is in the tree, but not recorded: it will not be synced", key);
	return 0;
}

static int verify_all(struct verify *v, struct err *err)
{
	int64_t count = object_count(v->root->db, err);
	int64_t bytes = count < 0 ? -1 : object_bytes(v->root->db, err);

	if (bytes < 0)
		return -1;
	v->total_objects = (uint64_t)count;
	v->total_bytes = (uint64_t)bytes;
	if (object_places_walk(v->root->db, NULL, verify_place, v, err) < 0 ||
	    tag_each(v->root->db, NULL, TAGS_LIVE, verify_tag, v, err) < 0)
		return -1;
	if (tree_walk(v->root->dir, check_known, check_known, v, err) < 0)
		return -1;
	tell_closed(v);
	return 0;
}

int verify_root(struct root *root, const struct event_sink *sink, struct verify_result *result,
                struct err *err)
{
	struct verify v = {.root = root, .sink = sink, .result = result};
	struct pool_options options = {0};
	int status;

	memset(result, 0, sizeof(*result));
	v.files.watch = (struct file_sum_watch){note_read, &v};
	v.pool = pool_new(&options, err);
	if (!v.pool)
		return -1;
	status = verify_all(&v, err);
	result->bytes = v.files.hashed_bytes;
	check_file_release(&v.files);
	pool_free(v.pool);
	if (status == 0 && result->bad > 0)
		return err_set(err, ERR_INTEGRITY, "%" PRIu64 " of %" PRIu64 " objects are bad",
		               result->bad, result->objects);
	return status;
}
