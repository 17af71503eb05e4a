#include "stage/export/export.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/stop.h"
#include "stage/export/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { LOCK_WAIT_MS = 10000 };

struct export
{
	const struct export_options *options;
	const struct event_sink *sink;
	struct export_result *result;
	struct place place;
	struct host_files files;
	struct plan_counts counts;
	struct event_progress progress;
};

/* Whether `path` is `folder` or below it. */
static bool is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0' || strcmp(folder, "/") == 0);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* By another path, too, such as that of a mount: what this root keeps its tree or its state in. */
static bool is_part_of(const struct root *root, const struct stat *folder)
{
	static const char *const parts[] = {"v2", LAYOUT_PRIVATE};
	struct stat part;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (fstatat(root->dir, parts[i], &part, 0) == 0 && is_same(folder, &part))
			return true;
	return false;
}

/* Whether the folder is a root or lies within one, or within that part of this one. */
static bool is_of_root(const struct root *root, int dir)
{
	AUTO_CLOSE int at = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat folder, above, inner;

	while (at >= 0 && fstat(at, &folder) == 0) {
		AUTO_CLOSE int up = -1;

		if (fstatat(at, LAYOUT_PRIVATE, &inner, AT_SYMLINK_NOFOLLOW) == 0 ||
		    is_part_of(root, &folder))
			return true;
		up = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (up < 0 || fstat(up, &above) < 0 || is_same(&folder, &above))
			return false;
		(void)close(at);
		at = steal_fd(&up);
	}
	return false;
}

/* Files of the tree would be files of the root, or the root's state would be published. */
static int check_apart(const struct root *root, const char *path, int dir, struct err *err)
{
	AUTO_FREE char *real = realpath(path, NULL), *real_root = realpath(root->path, NULL);

	if (!real || !real_root)
		return err_sys(err, "find %s", real ? root->path : path);
	if (!is_within(real, real_root) && !is_within(real_root, real)) {
		if (!is_of_root(root, dir))
			return 0;
		return err_set(err, ERR_CONFIG,
		               "%s is a root, or in one: export to a folder beside it", path);
	}
	return err_set(err, ERR_CONFIG, "%s is %s the root %s: export to a folder beside it", path,
	               is_within(real, real_root) ? "in" : "above", root->path);
}

static int open_folder(struct export *x, struct err *err)
{
	const char *path = x->options->path;
	bool made = !x->options->dry_run && mkdir(path, DIR_MODE_PUBLIC) == 0;

	if (!x->options->dry_run && !made && errno != EEXIST)
		return err_sys(err, "make the folder %s", path);
	x->place.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x->place.dir < 0)
		return x->options->dry_run && errno == ENOENT ? 0 : err_sys(err, "open %s", path);
	if (check_apart(x->place.root, path, x->place.dir, err) < 0) {
		if (made)
			(void)rmdir(path);
		return -1;
	}
	if (!x->options->dry_run && flock(x->place.dir, LOCK_EX | LOCK_NB) < 0 &&
	    errno == EWOULDBLOCK)
		return err_set(err, ERR_LOCKED, "another export to %s is at work", path);
	return 0;
}

static bool has_work(const struct plan_counts *counts)
{
	return counts->added + counts->changed + counts->removed > 0;
}

static int make_plan(struct export *x, struct err *err)
{
	struct marker_writer marker = {.fd = -1};
	struct plan_options options = {.place = &x->place,
	                               .host = x->options->host,
	                               .tell = x->options->dry_run ? x->sink : NULL,
	                               .path = x->options->path,
	                               .marker = x->options->dry_run ? NULL : &marker};
	struct err unwritable = ERR_INIT;
	int result;

	if (place_check_kind(&x->place, MARKER_TEMP, false, err) < 0)
		return err_context(err, "%s", x->options->path);
	if (options.marker && marker_create(&marker, x->place.dir, &unwritable) < 0) {
		marker_abandon(&marker);
		options.marker = NULL;
	}
	result = plan_make(&options, &x->counts, err);
	if (result == 0 && x->options->host)
		result = export_host_check(x->options->host, &x->counts.load, x->sink, err);
	/* Where nothing can be written that matters only when something must be. */
	if (result == 0 && unwritable.code != ERR_NONE &&
	    (has_work(&x->counts) || x->counts.again)) {
		*err = unwritable;
		return -1;
	}
	if (!options.marker)
		return result;
	if (result == 0 && (has_work(&x->counts) || x->counts.again))
		return marker_commit(&marker, err);
	marker_abandon(&marker);
	(void)unlinkat(x->place.dir, MARKER_TEMP, 0);
	return result;
}

static void tell_progress(struct export *x, const struct export_item *item)
{
	struct event event = {.type = EVENT_PROGRESS};

	x->progress.phase = PHASE_EXPORTING;
	x->progress.objects_done++;
	if (item->sign == EXPORT_WANTED)
		x->progress.total_done_bytes += item->size_bytes;
	event.u.progress = x->progress;
	event_emit(x->sink, &event);
}

static int do_item(struct export *x, struct export_item *item, struct err *err)
{
	struct stat st;
	bool is_new = fstatat(x->place.dir, item->key, &st, AT_SYMLINK_NOFOLLOW) < 0;

	if (stop_check(err) < 0)
		return -1;
	if (item->sign == EXPORT_GONE ? place_remove(&x->place, item, err) < 0
	                              : place_put(&x->place, item, err) < 0)
		return -1;
	plan_tell(x->sink, EVENT_OBJECT, item, is_new);
	tell_progress(x, item);
	return 0;
}

/* All of one kind and one sign. */
static int do_kind(struct export *x, char kind, enum export_sign sign, struct err *err)
{
	struct export_item item;
	struct marker marker;
	int got = marker_open(&marker, x->place.dir, err);

	while (got == 0 && (got = marker_next(&marker, &item, err)) > 0) {
		if (item.kind == (enum export_kind)kind && item.sign == sign)
			got = do_item(x, &item, err);
		else
			got = 0;
	}
	marker_close(&marker);
	return got;
}

static int do_plan(struct export *x, struct err *err)
{
	static const char kinds[] = EXPORT_KINDS;

	x->progress = (struct event_progress){.total_bytes = x->counts.put_bytes,
	                                      .objects_total = x->counts.added + x->counts.changed +
	                                                       x->counts.removed};
	if (x->counts.added + x->counts.changed > 0)
		for (const char *kind = kinds; *kind; kind++)
			if (do_kind(x, *kind, EXPORT_WANTED, err) < 0)
				return -1;
	if (x->counts.removed > 0)
		for (size_t i = strlen(kinds); i-- > 0;)
			if (do_kind(x, kinds[i], EXPORT_GONE, err) < 0)
				return -1;
	return 0;
}

/* The marker again, now that all is there. */
static int write_last_marker(struct export *x, struct err *err)
{
	struct marker_writer writer;
	struct export_item item;
	struct marker marker;
	int got = marker_open(&marker, x->place.dir, err);

	if (got < 0)
		return -1;
	got = marker_create(&writer, x->place.dir, err);
	while (got == 0 && (got = marker_next(&marker, &item, err)) > 0) {
		got = 0;
		if (item.sign == EXPORT_GONE)
			continue;
		item.sign = EXPORT_THERE;
		got = marker_add(&writer, &item, err);
	}
	marker_close(&marker);
	if (got == 0)
		return marker_commit(&writer, err);
	marker_abandon(&writer);
	return -1;
}

static int run_once(struct export *x, struct err *err)
{
	host_files_release(&x->files);
	if (host_files_make(&x->files, x->options->host, x->place.root, err) < 0 ||
	    make_plan(x, err) < 0)
		return -1;
	if (x->options->dry_run || !has_work(&x->counts))
		return 0;
	return do_plan(x, err) < 0 ? -1 : write_last_marker(x, err);
}

static void take_counts(const struct export *x)
{
	struct export_result *result = x->result;

	result->files = x->counts.load.files;
	result->bytes = x->counts.load.bytes;
	result->added = x->counts.added;
	result->changed = x->counts.changed;
	result->removed = x->counts.removed;
	result->put_bytes = x->counts.put_bytes;
	result->linked = x->place.linked;
	result->copied = x->place.copied;
}

/*
 * A stage or gc that ran meanwhile has taken away what the state said: the state says something
 * else now, and goes on to say it (H9).
 */
static int run_alone(struct export *x, struct root *root, struct err *err)
{
	struct err ignored = ERR_INIT;
	/* Where there is no lock to be had nothing is written, or it is waited long enough. */
	bool locked = root->lock < 0 && root_lock(root, LOCK_SHARED, LOCK_WAIT_MS, &ignored) == 0;
	int status = run_once(x, err);

	if (locked)
		root_unlock(root);
	return status;
}

int export_run(struct root *root, const struct export_options *options,
               const struct event_sink *sink, struct export_result *result, struct err *err)
{
	struct export x = {.options = options, .sink = sink, .result = result};
	int status;

	*result = (struct export_result){.files = 0};
	x.place = (struct place){.root = root, .files = &x.files, .dir = -1};
	status = open_folder(&x, err);
	if (status == 0)
		status = run_once(&x, err);
	if (status < 0 && err->code == ERR_INTEGRITY)
		status = run_alone(&x, root, err);
	if (status == 0)
		take_counts(&x);
	host_files_release(&x.files);
	if (x.place.dir >= 0)
		(void)close(x.place.dir);
	return status;
}
