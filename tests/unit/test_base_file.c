#define _DEFAULT_SOURCE /* syscall */
#include "base/file.h"

#include "tests/unit/check.h"
#include "tests/unit/lacking.h"

struct fixture {
	char path[SCRATCH_MAX];
	int dir;
	mode_t umask_before;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.umask_before = umask(0);
	scratch_make(f.path);
	f.dir = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f.dir >= 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)umask(f->umask_before);
	(void)close(f->dir);
	scratch_remove(f->path);
	return 0;
}

static void write_file(int dir, const char *path, const char *text)
{
	struct err err = ERR_INIT;
	int fd = file_create(dir, path, FILE_MODE_PUBLIC, &err);

	MUST(fd);
	MUST(file_write(fd, text, strlen(text), path, &err));
	MUST(file_sync_close(&fd, path, &err));
	assert_int_equal(fd, -1);
}

static void assert_content(int dir, const char *path, const char *text)
{
	AUTO_STR struct str out = STR_INIT(10000);
	struct err err = ERR_INIT;

	MUST(file_read_all(dir, path, &out, &err));
	assert_string_equal(str_text(&out), text);
}

static bool exists(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static mode_t mode_of(int dir, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static ino_t inode_of(int dir, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_ino;
}

static void test_modes(void **state)
{
	static const mode_t umasks[] = {0, 022, 077, 0777};
	const struct fixture *f = *state;
	char name[40];

	for (size_t i = 0; i < COUNT(umasks); i++) {
		struct err err = ERR_INIT;
		int fd;

		(void)umask(umasks[i]);
		(void)snprintf(name, sizeof(name), "public-%zu", i);
		fd = file_create(f->dir, name, FILE_MODE_PUBLIC, &err);
		MUST(fd);
		(void)close(fd);
		assert_int_equal(mode_of(f->dir, name), 0644);
		(void)snprintf(name, sizeof(name), "private-%zu", i);
		fd = file_create(f->dir, name, FILE_MODE_PRIVATE, &err);
		MUST(fd);
		(void)close(fd);
		assert_int_equal(mode_of(f->dir, name), 0600);
		(void)snprintf(name, sizeof(name), "dir-%zu", i);
		MUST(file_make_dir(f->dir, name, DIR_MODE_PUBLIC, &err));
		assert_int_equal(mode_of(f->dir, name), 0755);
		(void)snprintf(name, sizeof(name), "deep-%zu/a/b/file", i);
		MUST(file_make_parents(f->dir, name, &err));
		(void)snprintf(name, sizeof(name), "deep-%zu/a/b", i);
		assert_int_equal(mode_of(f->dir, name), 0755);
	}
}

static void test_create_is_exclusive(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	write_file(f->dir, "x", "first");
	MUST_FAIL(file_create(f->dir, "x", FILE_MODE_PUBLIC, &err), ERR_OTHER);
	assert_int_equal(symlinkat("nowhere", f->dir, "dangling"), 0);
	MUST_FAIL(file_create(f->dir, "dangling", FILE_MODE_PUBLIC, &err), ERR_OTHER);
	assert_false(exists(f->dir, "nowhere"));
	MUST_FAIL(file_create(f->dir, "none/x", FILE_MODE_PUBLIC, &err), ERR_NOT_FOUND);
	assert_content(f->dir, "x", "first");
}

static void test_open_read(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;
	int fd;

	write_file(f->dir, "x", "text");
	assert_int_equal(symlinkat("x", f->dir, "link"), 0);
	assert_int_equal(mkfifoat(f->dir, "fifo", 0600), 0);
	assert_int_equal(mkdirat(f->dir, "folder", 0700), 0);
	MUST_FAIL(file_open_read(f->dir, "none", &err), ERR_NOT_FOUND);
	MUST_FAIL(file_open_read(f->dir, "link", &err), ERR_REFUSED);
	MUST_FAIL(file_open_read(f->dir, "fifo", &err), ERR_REFUSED); /* and does not hang */
	MUST_FAIL(file_open_read(f->dir, "folder", &err), ERR_REFUSED);
	fd = file_open_read(f->dir, "x", &err);
	MUST(fd);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	(void)close(fd);
}

static void test_read(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;
	char data[20];
	int fd;

	write_file(f->dir, "x", "0123456789");
	fd = file_open_read(f->dir, "x", &err);
	MUST(fd);
	assert_int_equal(file_read_at(fd, data, 4, 3, "x", &err), 4);
	assert_memory_equal(data, "3456", 4);
	assert_int_equal(file_read_at(fd, data, 20, 8, "x", &err), 2);
	assert_int_equal(file_read_at(fd, data, 20, 100, "x", &err), 0);
	assert_int_equal(file_read(fd, data, 20, "x", &err), 10);
	assert_memory_equal(data, "0123456789", 10);
	assert_int_equal(file_read(fd, data, 20, "x", &err), 0);
	(void)close(fd);
	MUST_FAIL(file_read(fd, data, 1, "x", &err), ERR_OTHER);
	MUST_FAIL(file_read_at(fd, data, 1, 0, "x", &err), ERR_OTHER);
}

/* Short reads and writes are completed: through a pipe, both happen. */
static void test_short_io(void **state)
{
	enum { LEN = 1 << 20 };
	static char data[LEN], back[LEN];
	struct err err = ERR_INIT;
	int ends[2];
	pid_t pid;

	(void)state;
	for (int i = 0; i < LEN; i++)
		data[i] = (char)(i * 31 + i / 977);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		_exit(file_write(ends[1], data, LEN, "pipe", &err) == 0 ? 0 : 1);
	}
	(void)close(ends[1]);
	assert_int_equal(file_read(ends[0], back, LEN, "pipe", &err), LEN);
	assert_memory_equal(data, back, LEN);
	assert_int_equal(file_read(ends[0], back, 1, "pipe", &err), 0);
	assert_int_equal(wait_status(pid), 0);
	(void)close(ends[0]);
}

static void test_full_disk(void **state)
{
	struct err err = ERR_INIT;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	if (fd < 0)
		skip();
	MUST_FAIL(file_write(fd, "x", 1, "y", &err), ERR_STORAGE);
	(void)close(fd);
}

static void test_read_all(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str out = STR_INIT(10);
	struct err err = ERR_INIT;

	write_file(f->dir, "ten", "0123456789");
	write_file(f->dir, "eleven", "0123456789a");
	write_file(f->dir, "empty", "");
	MUST(file_read_all(f->dir, "empty", &out, &err));
	MUST(file_read_all(f->dir, "ten", &out, &err));
	assert_string_equal(str_text(&out), "0123456789");
	MUST_FAIL(file_read_all(f->dir, "ten", &out, &err), ERR_REFUSED);
	str_clear(&out);
	MUST_FAIL(file_read_all(f->dir, "eleven", &out, &err), ERR_REFUSED);
	MUST_FAIL(file_read_all(f->dir, "none", &out, &err), ERR_NOT_FOUND);
	assert_int_equal(out.len, 0);
}

static void test_make_dir(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	MUST(file_make_dir(f->dir, "d", DIR_MODE_PRIVATE, &err));
	MUST(file_make_dir(f->dir, "d", DIR_MODE_PRIVATE, &err));
	write_file(f->dir, "x", "");
	assert_int_equal(symlinkat("d", f->dir, "link"), 0);
	MUST_FAIL(file_make_dir(f->dir, "x", DIR_MODE_PUBLIC, &err), ERR_STORAGE);
	MUST_FAIL(file_make_dir(f->dir, "link", DIR_MODE_PUBLIC, &err), ERR_STORAGE);
	MUST_FAIL(file_make_dir(f->dir, "none/d", DIR_MODE_PUBLIC, &err), ERR_NOT_FOUND);
}

/* No component may be a link, wherever it stands and whatever lies behind it. */
static void test_make_parents(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	MUST(file_make_parents(f->dir, "file", &err));
	MUST(file_make_parents(f->dir, "a/b/c/file", &err));
	MUST(file_make_parents(f->dir, "a/b/c/file", &err));
	MUST(file_make_parents(f->dir, "a/b/d/file", &err));
	assert_true(exists(f->dir, "a/b/c") && exists(f->dir, "a/b/d"));
	assert_false(exists(f->dir, "a/b/c/file"));
	assert_int_equal(symlinkat("a", f->dir, "link"), 0);
	MUST_FAIL(file_make_parents(f->dir, "link/file", &err), ERR_STORAGE);
	MUST_FAIL(file_make_parents(f->dir, "link/x/file", &err), ERR_STORAGE);
	MUST_FAIL(file_make_parents(f->dir, "link/b/c/file", &err), ERR_STORAGE);
	write_file(f->dir, "a/x", "");
	MUST_FAIL(file_make_parents(f->dir, "a/x/y/file", &err), ERR_STORAGE);
}

static void test_rename(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	write_file(f->dir, "new", "new");
	write_file(f->dir, "old", "old");
	MUST(file_rename(f->dir, "new", "old", &err));
	assert_content(f->dir, "old", "new");
	assert_false(exists(f->dir, "new"));
	/* Two names of one inode: rename() itself would leave both. */
	assert_int_equal(linkat(f->dir, "old", f->dir, "twin", 0), 0);
	MUST(file_rename(f->dir, "twin", "old", &err));
	assert_false(exists(f->dir, "twin"));
	assert_content(f->dir, "old", "new");
	MUST_FAIL(file_rename(f->dir, "none", "old", &err), ERR_NOT_FOUND);
}

static void test_link(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	write_file(f->dir, "x", "text");
	MUST(file_link_or_copy(f->dir, "x", "y", &err));
	assert_int_equal(inode_of(f->dir, "x"), inode_of(f->dir, "y"));
	MUST_FAIL(file_link_or_copy(f->dir, "x", "y", &err), ERR_OTHER);
	MUST_FAIL(file_link_or_copy(f->dir, "none", "z", &err), ERR_NOT_FOUND);
}

/* Where the file system will not link (here: across two of them) the bytes are copied. */
static void test_copy(void **state)
{
	const struct fixture *f = *state;
	char other[] = "/tmp/drydock-unit-XXXXXX";
	struct err err = ERR_INIT;
	struct stat here, there;
	int fd;

	fd = mkstemp(other);
	if (fd < 0)
		skip();
	assert_int_equal(fstat(f->dir, &here), 0);
	assert_int_equal(fstat(fd, &there), 0);
	for (int i = 0; i < 100000; i++)
		MUST(file_write(fd, "0123456", 7, other, &err));
	(void)close(fd);
	if (here.st_dev == there.st_dev) {
		(void)unlink(other);
		skip();
	}
	(void)umask(077);
	MUST(file_link_or_copy(f->dir, other, "copy", &err));
	assert_int_equal(mode_of(f->dir, "copy"), 0644);
	assert_int_equal(fstatat(f->dir, "copy", &here, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(here.st_size, 700000);
	(void)unlink(other);
}

/* A file system without links says so in many ways (FT4). */
static void test_copy_instead(void **state)
{
	static const int errors[] = {EMLINK, EPERM, EXDEV, ENOTSUP, ENOSYS, EINVAL};
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	write_file(f->dir, "x", "text");
	for (size_t i = 0; i < COUNT(errors); i++) {
		link_errno = errors[i];
		CASE(file_link_or_copy(f->dir, "x", "y", &err) == 0, "FT4: %s: %s",
		     strerror(errors[i]), err.message);
		assert_content(f->dir, "y", "text");
		assert_int_not_equal(inode_of(f->dir, "x"), inode_of(f->dir, "y"));
		MUST(file_remove(f->dir, "y", &err));
	}
	link_errno = EIO;
	MUST_FAIL(file_link_or_copy(f->dir, "x", "y", &err), ERR_STORAGE);
	link_errno = 0;
}

/* Some cannot sync a folder; a disk that fails is another thing (FT4). */
static void test_no_folder_sync(void **state)
{
	static const int errors[] = {EINVAL, EBADF, ENOTSUP, ENOSYS};
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT(errors); i++) {
		folder_sync_errno = errors[i];
		CASE(file_sync_parent(f->dir, "x", &err) == 0, "FT4: %s: %s", strerror(errors[i]),
		     err.message);
	}
	folder_sync_errno = EIO;
	MUST_FAIL(file_sync_parent(f->dir, "x", &err), ERR_STORAGE);
	folder_sync_errno = 0;
}

static void test_copy_bytes(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;
	int in, out;

	write_file(f->dir, "x", "0123456789");
	in = file_open_read(f->dir, "x", &err);
	out = file_create(f->dir, "y", FILE_MODE_PUBLIC, &err);
	assert_int_equal(lseek(in, 2, SEEK_SET), 2);
	MUST(file_copy_bytes(in, out, 5, "x", &err));
	MUST_FAIL(file_copy_bytes(in, out, 4, "x", &err), ERR_INTEGRITY);
	MUST(file_sync_close(&out, "y", &err));
	assert_content(f->dir, "y", "23456789");
	(void)close(in);
}

static void test_prune(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	MUST(file_make_parents(f->dir, "a/b/c/d/file", &err));
	write_file(f->dir, "a/b/x", "");
	write_file(f->dir, "a/b/c/d/file", "");
	MUST(file_prune_parents(f->dir, "a/b/c/d/file", &err));
	assert_true(exists(f->dir, "a/b/c/d/file"));
	MUST(file_remove(f->dir, "a/b/c/d/file", &err));
	MUST(file_remove(f->dir, "a/b/c/d/file", &err));
	MUST(file_prune_parents(f->dir, "a/b/c/d/file", &err));
	assert_false(exists(f->dir, "a/b/c"));
	assert_true(exists(f->dir, "a/b/x"));
	MUST(file_remove(f->dir, "a/b/x", &err));
	MUST(file_prune_parents(f->dir, "a/b/x", &err));
	assert_false(exists(f->dir, "a"));
	/* Where an earlier attempt has ended half way up. */
	MUST(file_make_parents(f->dir, "a/b/file", &err));
	MUST(file_prune_parents(f->dir, "a/b/c/d/file", &err));
	assert_false(exists(f->dir, "a"));
	assert_int_equal(mkdirat(f->dir, "folder", 0700), 0);
	assert_int_equal(file_remove(f->dir, "folder", &err), -1);
}

static void test_sync(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint64_t bytes = 0;
	int ends[2];

	MUST(file_make_parents(f->dir, "a/b/x", &err));
	MUST(file_sync_parent(f->dir, "a/b/x", &err));
	MUST(file_sync_parent(f->dir, "x", &err));
	MUST_FAIL(file_sync_parent(f->dir, "none/x", &err), ERR_NOT_FOUND);
	assert_int_equal(symlinkat("a", f->dir, "link"), 0);
	assert_int_equal(file_sync_parent(f->dir, "link/x", &err), -1);
	assert_int_equal(pipe(ends), 0);
	(void)close(ends[1]);
	assert_int_equal(file_sync_close(&ends[0], "pipe", &err), -1); /* a pipe has no fsync */
	assert_int_equal(ends[0], -1);
	MUST(file_check_room(f->dir, 1, &bytes, &err));
	assert_true(bytes > 0);
	MUST_FAIL(file_check_room(f->dir, UINT64_MAX - 1, &bytes, &err), ERR_STORAGE);
	assert_int_equal(err.sys_errno, ENOSPC);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_modes),          T(test_create_is_exclusive),
		T(test_open_read),      T(test_read),
		T(test_short_io),       T(test_full_disk),
		T(test_read_all),       T(test_make_dir),
		T(test_make_parents),   T(test_rename),
		T(test_link),           T(test_copy),
		T(test_copy_bytes),     T(test_prune),
		T(test_sync),           T(test_copy_instead),
		T(test_no_folder_sync),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
