/*
 * Publication is tested by ending the process at every system call that changes a disk. The calls
 * are this program's own functions of the same names, which the linker prefers to the C library's,
 * for drydock and for SQLite alike.
 */
#include "db/root/publication.h"

#include "db/root/open.h"
#include "db/root/recovery.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "db/state/object.h"
#include "db/state/tag.h"
#include "tests/unit/check.h"

#include <dlfcn.h>
#include <ftw.h>
#include <limits.h>

enum { KILLED = 77 };

static long calls_left = -1; /* the call that finds 0 here ends the process; -1: none does */
static void (*watch)(const char *call, int dir, const char *path); /* NULL: nobody watches */

static void before(const char *call, int dir, const char *path)
{
	if (calls_left == 0)
		_exit(KILLED);
	if (calls_left > 0)
		calls_left--;
	if (watch)
		watch(call, dir, path);
}

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int mkdirat(int dir, const char *path, mode_t mode)
{
	before("mkdirat", dir, path);
	return REAL(mkdirat)(dir, path, mode);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	before("renameat", to_dir, to);
	return REAL(renameat)(from_dir, from, to_dir, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	before("linkat", to_dir, to);
	return REAL(linkat)(from_dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *path, int flags)
{
	before(flags & AT_REMOVEDIR ? "rmdir" : "unlinkat", dir, path);
	return REAL(unlinkat)(dir, path, flags);
}

int fsync(int fd)
{
	before("fsync", fd, NULL);
	return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
	before("fdatasync", fd, NULL);
	return REAL(fdatasync)(fd);
}

ssize_t write(int fd, const void *data, size_t len)
{
	before("write", fd, NULL);
	return REAL(write)(fd, data, len);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
	before("pwrite64", fd, NULL);
	return REAL(pwrite64)(fd, data, len, offset);
}

int ftruncate64(int fd, off64_t len)
{
	before("ftruncate64", fd, NULL);
	return REAL(ftruncate64)(fd, len);
}

int unlink(const char *path)
{
	before("unlink", AT_FDCWD, NULL);
	return REAL(unlink)(path);
}

/* REAL cannot say which: clang knows several of them under _FORTIFY_SOURCE. */
typedef int openat_fn(int dir, const char *path, int flags, ...);

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
		before("openat", dir, path);
	}
	return ((openat_fn *)dlsym(RTLD_NEXT, "openat"))(dir, path, flags, mode);
}

struct fixture {
	char scratch[SCRATCH_MAX];
	char path[SCRATCH_MAX + 16];
};

static int set_up(void **state)
{
	static struct fixture f;

	scratch_make(f.scratch);
	(void)snprintf(f.path, sizeof(f.path), "%s/registry", f.scratch);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	scratch_remove(f->scratch);
	return 0;
}

/* ---- what is published: each key holds a text, and its row that text's digest ---- */

static int put_row(struct root *root, const char *key, const char *text, struct err *err)
{
	struct object_row row;
	struct key_parts parts;
	uint8_t sha256[SHA256_BYTES];

	memset(&row, 0, sizeof(row));
	assert_true(layout_parse(&parts, key));
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.object_class = parts.object_class;
	row.size_bytes = strlen(text);
	if (hash_once(HASH_SHA256, text, strlen(text), sha256, err) < 0 ||
	    hash_once(HASH_MD5, text, strlen(text), row.md5, err) < 0)
		return -1;
	row.digest = digest_from_sha256(sha256);
	return object_put(root->db, &row, err);
}

static int put_text(struct publication *p, struct root *root, const char *key, const char *text,
                    struct err *err)
{
	char tmp[TMP_NAME_MAX];

	if (root_temp_write(root, text, strlen(text), tmp, err) < 0 ||
	    put_row(root, key, text, err) < 0)
		return -1;
	return publication_move(p, tmp, key, err);
}

static int put_link(struct publication *p, struct root *root, const char *from, const char *key,
                    const char *text, struct err *err)
{
	if (put_row(root, key, text, err) < 0)
		return -1;
	return publication_link(p, from, key, err);
}

static int take_away(struct publication *p, struct root *root, const char *key, struct err *err)
{
	if (object_delete(root->db, key, err) < 0)
		return -1;
	return publication_remove(p, key, err);
}

#define D(digit) "sha256:" digit "000000000000000000000000000000000000000000000000000000000000000"

/* What there is before: two repositories. */
static int publish_first(struct root *root, struct err *err)
{
	struct publication *p = publication_begin(root, err);

	if (!p)
		return -1;
	if (put_text(p, root, "v2/app/blobs/" D("1"), "layer 1", err) < 0 ||
	    put_text(p, root, "v2/app/manifests/" D("2"), "manifest 2", err) < 0 ||
	    put_link(p, root, "v2/app/manifests/" D("2"), "v2/app/manifests/latest", "manifest 2",
	             err) < 0 ||
	    put_text(p, root, "v2/app/tags/list", "latest", err) < 0 ||
	    put_text(p, root, "v2/old/x/blobs/" D("1"), "layer 1", err) < 0 ||
	    put_text(p, root, "v2/old/x/tags/list", "none", err) < 0) {
		publication_abandon(p);
		return -1;
	}
	return publication_finish(p, err);
}

/* A new image in an old and a new repository, a tag that moves, a repository that goes. */
static int publish_second(struct root *root, struct err *err)
{
	struct publication *p = publication_begin(root, err);

	if (!p)
		return -1;
	if (take_away(p, root, "v2/old/x/tags/list", err) < 0 ||
	    take_away(p, root, "v2/old/x/blobs/" D("1"), err) < 0 ||
	    put_text(p, root, "v2/app/blobs/" D("3"), "layer 3", err) < 0 ||
	    put_link(p, root, "v2/app/blobs/" D("3"), "v2/new/app/blobs/" D("3"), "layer 3", err) <
	            0 ||
	    put_text(p, root, "v2/app/manifests/" D("4"), "manifest 4", err) < 0 ||
	    put_link(p, root, "v2/app/manifests/" D("4"), "v2/new/app/manifests/" D("4"),
	             "manifest 4", err) < 0 ||
	    put_text(p, root, "v2/app/referrers/" D("4"), "none", err) < 0 ||
	    put_link(p, root, "v2/app/manifests/" D("4"), "v2/app/manifests/latest", "manifest 4",
	             err) < 0 ||
	    put_link(p, root, "v2/new/app/manifests/" D("4"), "v2/new/app/manifests/v1",
	             "manifest 4", err) < 0 ||
	    put_text(p, root, "v2/new/app/tags/list", "v1", err) < 0 ||
	    put_text(p, root, "v2/_catalog", "app new/app", err) < 0 ||
	    tag_put(root->db, "new/app", "v1", &(struct digest){.alg = DIGEST_SHA256}, err) < 0) {
		publication_abandon(p);
		return -1;
	}
	return publication_finish(p, err);
}

static void make_root(const char *path)
{
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;

	MUST(root_open(&root, path, ROOT_CREATE, 0, &EVENT_SINK_NONE, &err));
	MUST(publish_first(&root, &err));
	root_close(&root);
}

/* ---- what must hold whenever a root has been opened for writing ---- */

static int files_seen;

static int count_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)st;
	(void)ftw;
	files_seen += type == FTW_F;
	return 0;
}

static int count_files(const char *root, const char *below)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", root, below);
	files_seen = 0;
	(void)nftw(path, count_file, 16, FTW_PHYS);
	return files_seen;
}

/* The tree holds what the state says, byte for byte, and nothing else. Lists the keys in `dump`. */
static void assert_tree_is_state(struct root *root, struct str *dump)
{
	struct object_row rows[40];
	struct err err = ERR_INIT;
	int count = object_page(root->db, "", NULL, rows, COUNT(rows), &err);
	char hex[DIGEST_TEXT_MAX];

	MUST(count);
	for (int i = 0; i < count; i++) {
		AUTO_STR struct str text = STR_INIT(100);
		uint8_t sha256[SHA256_BYTES];
		struct digest d;

		MUST(file_read_all(root->dir, rows[i].key, &text, &err));
		MUST(hash_once(HASH_SHA256, text.data, text.len, sha256, &err));
		d = digest_from_sha256(sha256);
		CASE(digest_equal(&d, &rows[i].digest), "%s holds '%s'", rows[i].key,
		     str_text(&text));
		(void)str_addf(dump, "%s %s\n", rows[i].key, digest_text(&d, hex));
	}
	assert_int_equal(count_files(root->path, "v2"), count);
	assert_int_equal(count_files(root->path, LAYOUT_PRIVATE "/tmp"), 0);
	assert_int_equal(publication_pending(root->db, &err), 0);
	(void)str_addf(dump, "old: %d\n", faccessat(root->dir, "v2/old", F_OK, 0));
	MUST(str_check(dump, "dump", &err));
}

/* Runs `body` on the opened root in a child that ends at the k-th call. */
static int in_child(const char *path, long kill_at, int (*body)(struct root *, struct err *))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct root root = ROOT_INIT;
		struct err err = ERR_INIT;

		calls_left = kill_at;
		if (root_open(&root, path, ROOT_WRITE, 0, &EVENT_SINK_NONE, &err) < 0 ||
		    (body && body(&root, &err) < 0)) {
			(void)fprintf(stderr, "# call %ld: %s\n", kill_at, err.message);
			_exit(1);
		}
		root_close(&root);
		_exit(0);
	}
	return wait_status(pid);
}

/* Opens the root, which repairs it, and says how far the dead one had come. */
static bool reopen(const char *path, struct str *dump)
{
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;
	int committed;

	MUST(root_open(&root, path, ROOT_WRITE, 0, &EVENT_SINK_NONE, &err));
	committed = object_has(root.db, "v2/app/blobs/" D("3"), &err);
	MUST(committed);
	assert_tree_is_state(&root, dump);
	root_close(&root);
	return committed;
}

/* TEST_STRIDE=n tries every n-th call only: for checkers under which a fork is expensive. */
static long stride(void)
{
	const char *text = getenv("TEST_STRIDE");
	long n = text ? strtol(text, NULL, 10) : 1;

	return n > 0 ? n : 1;
}

static void test_undisturbed(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str dump = STR_INIT(100000);

	make_root(f->path);
	assert_false(reopen(f->path, &dump));
	str_clear(&dump);
	assert_int_equal(in_child(f->path, -1, publish_second), 0);
	assert_true(reopen(f->path, &dump));
	assert_non_null(strstr(str_text(&dump), "v2/new/app/manifests/v1 "));
	assert_non_null(strstr(str_text(&dump), "old: -1"));
}

static void expected_dumps(const char *path, struct str *first, struct str *second)
{
	make_root(path);
	assert_false(reopen(path, first));
	assert_int_equal(in_child(path, -1, publish_second), 0);
	assert_true(reopen(path, second));
	scratch_remove(path);
}

/* The process ends at the k-th call, for every k; the next one finds or makes a whole root. */
static void test_killed_anywhere(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str first = STR_INIT(100000), second = STR_INIT(100000);
	int killed = 0, replayed = 0, status;

	expected_dumps(f->path, &first, &second);
	for (long k = 0;; k += stride()) {
		AUTO_STR struct str dump = STR_INIT(100000);
		bool committed;

		make_root(f->path);
		status = in_child(f->path, k, publish_second);
		if (status == 0)
			break;
		assert_int_equal(status, KILLED);
		killed++;
		committed = reopen(f->path, &dump);
		CASE(strcmp(str_text(&dump), str_text(committed ? &second : &first)) == 0,
		     "killed at %ld: %s", k, str_text(&dump));
		replayed += committed;
		if (!committed) {
			str_clear(&dump);
			assert_int_equal(in_child(f->path, -1, publish_second), 0);
			assert_true(reopen(f->path, &dump));
			assert_string_equal(str_text(&dump), str_text(&second));
		}
		scratch_remove(f->path);
	}
	/* Both sides of the commit were met, so the loop was no empty one. */
	assert_true(killed - replayed > 10 / stride() && replayed > 30 / stride());
}

/* A sync that has the root open, and waits for its lock, finds what died meanwhile finished. */
static void test_killed_before_a_sync_locks(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;
	int pending = 0;

	for (long k = 0, status = KILLED; status == KILLED; k += stride()) {
		AUTO_STR struct str dump = STR_INIT(100000);
		struct root root = ROOT_INIT;
		int found;

		make_root(f->path);
		MUST(root_open(&root, f->path, ROOT_SYNC, 0, &EVENT_SINK_NONE, &err));
		status = in_child(f->path, k, publish_second);
		found = publication_pending(root.db, &err);
		MUST(found);
		pending += found > 0;
		MUST(root_lock_settled(&root, 0, &err));
		assert_int_equal(publication_pending(root.db, &err), 0);
		if (found > 0)
			assert_tree_is_state(&root, &dump);
		root_close(&root);
		scratch_remove(f->path);
	}
	assert_true(pending > 30 / stride());
}

/* A step that fails leaves its publication open, and nothing is published over that. */
static void test_failed_step(void **state)
{
	const struct fixture *f = *state;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;
	struct publication *p;

	make_root(f->path);
	MUST(root_open(&root, f->path, ROOT_WRITE, 0, &EVENT_SINK_NONE, &err));
	p = publication_begin(&root, &err);
	assert_non_null(p);
	MUST(publication_link(p, "v2/none/tags/list", "v2/app/tags/list", &err));
	assert_int_equal(publication_finish(p, &err), -1);
	assert_int_equal(publication_pending(root.db, &err), 1);
	assert_null(publication_begin(&root, &err));
	root_close(&root);
	scratch_remove(f->path);
}

/* An image in an old and a new repository, of which a file has got lost before it was linked. */
static int publish_hopeless(struct root *root, struct err *err)
{
	struct publication *p = publication_begin(root, err);

	if (!p)
		return -1;
	if (put_text(p, root, "v2/app/blobs/" D("5"), "layer 5", err) < 0 ||
	    put_link(p, root, "v2/app/blobs/" D("5"), "v2/new/app/blobs/" D("5"), "layer 5", err) <
	            0 ||
	    put_link(p, root, "v2/gone/blobs/" D("6"), "v2/new/app/blobs/" D("6"), "layer 6", err) <
	            0 ||
	    put_text(p, root, "v2/new/app/manifests/" D("7"), "manifest 7", err) < 0 ||
	    put_text(p, root, "v2/new/app/tags/list", "v1", err) < 0) {
		publication_abandon(p);
		return -1;
	}
	return publication_finish(p, err);
}

/* What cannot be finished is undone, and that may be killed anywhere as well. */
static void test_rollback_killed_anywhere(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str undone = STR_INIT(100000);
	int killed = 0, status = KILLED;

	make_root(f->path);
	assert_int_equal(in_child(f->path, -1, publish_hopeless), 1);
	assert_false(reopen(f->path, &undone));
	assert_null(strstr(str_text(&undone), "v2/new"));
	assert_null(strstr(str_text(&undone), "v2/app/blobs/" D("5")));
	assert_non_null(strstr(str_text(&undone), "v2/app/manifests/latest "));
	scratch_remove(f->path);
	for (long k = 0; status == KILLED; k += stride()) {
		AUTO_STR struct str dump = STR_INIT(100000);

		make_root(f->path);
		assert_int_equal(in_child(f->path, -1, publish_hopeless), 1);
		status = in_child(f->path, k, NULL);
		killed += status == KILLED;
		assert_false(reopen(f->path, &dump));
		CASE(strcmp(str_text(&dump), str_text(&undone)) == 0, "call %ld: %s", k,
		     str_text(&dump));
		scratch_remove(f->path);
	}
	assert_int_equal(status, 0);
	assert_true(killed > 20 / stride());
}

/* ---- a temporary file that is gone, though no step has moved it (J3) ---- */

static int publish_layer_and_list(struct root *root, struct err *err)
{
	struct publication *p = publication_begin(root, err);

	if (!p)
		return -1;
	if (put_text(p, root, "v2/app/blobs/" D("8"), "layer 8", err) < 0 ||
	    put_text(p, root, "v2/app/tags/list", "latest8", err) < 0) {
		publication_abandon(p);
		return -1;
	}
	return publication_finish(p, err);
}

/* The publication is committed, none of its steps is done, and tmp/ is emptied all the same. */
static void lose_temporary_files(struct root *root, const char *path)
{
	struct err err = ERR_INIT;

	for (long k = 0;; k++) {
		make_root(path);
		assert_int_equal(in_child(path, k, publish_layer_and_list), KILLED);
		MUST(root_open(root, path, ROOT_READ, 0, &EVENT_SINK_NONE, &err));
		if (publication_pending(root->db, &err) == 1)
			break;
		root_close(root);
		scratch_remove(path);
	}
	root->tmp = openat(root->private_dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(root_empty_tmp(root, &err));
}

static void write_key(const struct root *root, const char *key, const char *text)
{
	AUTO_CLOSE int fd = openat(root->dir, key, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct err err = ERR_INIT;

	MUST(file_write(fd, text, strlen(text), key, &err));
}

/* What lies under a key is no proof that the step was done, unless it is what was to go there. */
static void test_temporary_file_gone(void **state)
{
	static const struct {
		const char *layer, *list; /* what the keys hold; NULL: what they held before */
		bool finished;
	} cases[] = {
		{"layer 8", "latest8", true},  {"layer 8", NULL, false},
		{"layer 8", "latest9", false}, {"layer 9", "latest8", false},
		{"", "latest8", false},        {NULL, NULL, false},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str dump = STR_INIT(100000);
		struct root root = ROOT_INIT;
		struct err err = ERR_INIT;

		lose_temporary_files(&root, f->path);
		if (cases[i].layer)
			write_key(&root, "v2/app/blobs/" D("8"), cases[i].layer);
		if (cases[i].list)
			write_key(&root, "v2/app/tags/list", cases[i].list);
		root_close(&root);
		MUST(root_open(&root, f->path, ROOT_WRITE, 0, &EVENT_SINK_NONE, &err));
		assert_tree_is_state(&root, &dump);
		CASE((object_has(root.db, "v2/app/blobs/" D("8"), &err) == 1) == cases[i].finished,
		     "FT1: case %zu is %s", i, cases[i].finished ? "undone" : "finished");
		root_close(&root);
		scratch_remove(f->path);
	}
}

/* The repair itself may be killed, anywhere, and is finished by the next. */
static void test_repair_killed_anywhere(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str first = STR_INIT(100000), second = STR_INIT(100000);
	long committed_at = 0;
	int killed = 0, status;

	expected_dumps(f->path, &first, &second);
	for (bool committed = false; !committed; committed_at += stride()) {
		AUTO_STR struct str dump = STR_INIT(100000);

		make_root(f->path);
		assert_int_equal(in_child(f->path, committed_at, publish_second), KILLED);
		committed = reopen(f->path, &dump);
		scratch_remove(f->path);
	}
	for (long k = 0;; k += stride()) {
		AUTO_STR struct str dump = STR_INIT(100000);

		make_root(f->path);
		assert_int_equal(in_child(f->path, committed_at + k % 20, publish_second), KILLED);
		status = in_child(f->path, k, NULL);
		if (status == 0)
			break;
		assert_int_equal(status, KILLED);
		killed++;
		assert_true(reopen(f->path, &dump));
		assert_string_equal(str_text(&dump), str_text(&second));
		scratch_remove(f->path);
	}
	assert_true(killed > 20 / stride());
}

/* ---- what a power cut would take: changes of folders that were not fsynced ---- */

static struct {
	char paths[100][PATH_MAX];
	int count;
	int tags_published;
	int commits_with_dirt;
} dirty;

static void fd_path(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
}

static void watch_folders(const char *call, int dir, const char *path)
{
	char full[PATH_MAX], *slash;
	size_t len;

	fd_path(dir, full);
	if (strcmp(call, "fsync") == 0 || strcmp(call, "fdatasync") == 0) {
		/* Whatever is committed speaks of files whose names must be durable by then. */
		if (strstr(full, "state.db-wal"))
			for (int i = 0; i < dirty.count; i++, dirty.commits_with_dirt++)
				print_error("not durable at a commit: %s\n", dirty.paths[i]);
		for (int i = 0; i < dirty.count; i++)
			if (strcmp(dirty.paths[i], full) == 0)
				memcpy(dirty.paths[i--], dirty.paths[--dirty.count], PATH_MAX);
		return;
	}
	if (!path || strcmp(call, "rmdir") == 0) /* an empty folder that comes back harms nobody */
		return;
	/* A tag comes only after the folders of all that it refers to. */
	if (strcmp(call, "renameat") == 0 && strstr(path, "/manifests/") &&
	    !strstr(path, "sha256:")) {
		dirty.tags_published++;
		for (int i = 0; i < dirty.count; i++)
			CASE(strstr(dirty.paths[i], "/tmp") || strstr(dirty.paths[i], "/manifests"),
			     "%s is not durable before the tag", dirty.paths[i]);
	}
	len = strlen(full);
	(void)snprintf(full + len, sizeof(full) - len, "/%s", path);
	slash = strrchr(full, '/');
	*slash = '\0';
	/* What is taken out of tmp, or left over there, the next run cleans up; so with locks. */
	if ((strcmp(call, "openat") != 0 && strstr(full, LAYOUT_PRIVATE "/tmp")) ||
	    strncmp(path, "lock", 4) == 0)
		return;
	/* A count of changes that is lower than the state's harms nobody. */
	if (strcmp(slash + 1, "changes") == 0)
		return;
	for (int i = 0; i < dirty.count; i++)
		if (strcmp(dirty.paths[i], full) == 0)
			return;
	assert_true(dirty.count < (int)COUNT(dirty.paths));
	memcpy(dirty.paths[dirty.count++], full, PATH_MAX);
}

static void test_power_cut(void **state)
{
	const struct fixture *f = *state;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;

	memset(&dirty, 0, sizeof(dirty));
	watch = watch_folders;
	MUST(root_open(&root, f->path, ROOT_CREATE, 0, &EVENT_SINK_NONE, &err));
	MUST(publish_first(&root, &err));
	MUST(publish_second(&root, &err));
	watch = NULL;
	root_close(&root);
	assert_true(dirty.tags_published >= 3);
	assert_int_equal(dirty.commits_with_dirt, 0);
	for (int i = 0; i < dirty.count; i++)
		print_error("not durable: %s\n", dirty.paths[i]);
	assert_int_equal(dirty.count, 0);
}

/* Moving a second link of the file that is there already leaves nothing in tmp. */
static void test_move_of_a_twin(void **state)
{
	const struct fixture *f = *state;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;
	struct publication *p;

	make_root(f->path);
	MUST(root_open(&root, f->path, ROOT_WRITE, 0, &EVENT_SINK_NONE, &err));
	assert_int_equal(REAL(linkat)(root.dir, "v2/app/blobs/" D("1"), root.tmp, "twin", 0), 0);
	p = publication_begin(&root, &err);
	assert_non_null(p);
	MUST(publication_move(p, "twin", "v2/app/blobs/" D("1"), &err));
	MUST(publication_finish(p, &err));
	assert_int_equal(count_files(root.path, LAYOUT_PRIVATE "/tmp"), 0);
	root_close(&root);
}

/* A state file that was tampered with leads to nothing outside of the tree. */
static void test_hostile_steps(void **state)
{
	static char too_long[TMP_NAME_MAX + 1];
	static const struct {
		int action; /* enum step_action of db/root/publication.c, and one that is none */
		const char *source, *key;
	} cases[] = {
		{1, "../state.db", "v2/app/blobs/" D("5")},
		{1, "", "v2/app/blobs/" D("5")},
		{1, ".", "v2/app/blobs/" D("5")},
		{1, "..", "v2/app/blobs/" D("5")},
		{1, too_long, "v2/app/blobs/" D("1")},
		{2, "../outside", "v2/app/blobs/" D("5")},
		{2, ".drydock/state.db", "v2/app/blobs/" D("5")},
		{2, "/etc/passwd", "v2/app/blobs/" D("5")},
		{2, "v2/", "v2/app/blobs/" D("5")},
		{1, "x", "../outside"},
		{1, "x", "v2/"},
		{3, "", "v2/"},
		{3, "", ".drydock/state.db"},
		{9, "", "v2/app/blobs/" D("1")},
	};
	const struct fixture *f = *state;

	memset(too_long, '0', TMP_NAME_MAX);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct root root = ROOT_INIT;
		struct err err = ERR_INIT;
		char text[1000];

		make_root(f->path);
		MUST(root_open(&root, f->path, ROOT_WRITE, 0, &EVENT_SINK_NONE, &err));
		(void)snprintf(text, sizeof(text),
		               "INSERT INTO publication VALUES (9, 0); "
		               "INSERT INTO publication_step VALUES (9, 0, %d, '%s', '%s')",
		               cases[i].action, cases[i].source, cases[i].key);
		MUST(db_exec(root.db, text, &err));
		root_close(&root);
		CASE(root_open(&root, f->path, ROOT_WRITE, 0, &EVENT_SINK_NONE, &err) == -1,
		     "step %d '%s' '%s'", cases[i].action, cases[i].source, cases[i].key);
		CASE(err.code == ERR_NO_STATE, "step %d '%s': %s", cases[i].action, cases[i].source,
		     err.message);
		assert_int_equal(count_files(f->path, "v2"), 6);
		assert_int_equal(access(f->path, F_OK), 0);
		scratch_remove(f->path);
	}
}

static void test_abandon(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str dump = STR_INIT(100000);
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;
	struct publication *p;

	make_root(f->path);
	MUST(root_open(&root, f->path, ROOT_WRITE, 0, &EVENT_SINK_NONE, &err));
	p = publication_begin(&root, &err);
	assert_non_null(p);
	MUST(put_text(p, &root, "v2/app/blobs/" D("3"), "layer 3", &err));
	publication_abandon(p);
	publication_abandon(NULL);
	assert_int_equal(object_has(root.db, "v2/app/blobs/" D("3"), &err), 0);
	/* Rows without steps are a plain transaction. */
	p = publication_begin(&root, &err);
	assert_non_null(p);
	MUST(tag_put(root.db, "a", "b", &(struct digest){.alg = DIGEST_SHA256}, &err));
	MUST(publication_finish(p, &err));
	root_close(&root);
	assert_false(reopen(f->path, &dump));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_undisturbed),
		T(test_killed_anywhere),
		T(test_killed_before_a_sync_locks),
		T(test_failed_step),
		T(test_rollback_killed_anywhere),
		T(test_temporary_file_gone),
		T(test_repair_killed_anywhere),
		T(test_power_cut),
		T(test_move_of_a_twin),
		T(test_hostile_steps),
		T(test_abandon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
