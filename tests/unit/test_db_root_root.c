#include "db/root/open.h"

#include "base/file.h"
#include "base/layout.h"
#include "base/stop.h"
#include "base/units.h"
#include "tests/unit/check.h"

#include <signal.h>
#include <sys/file.h>

struct fixture {
	char scratch[SCRATCH_MAX];
	char path[SCRATCH_MAX + 16];
	int notes;
	struct event_sink sink;
};

static void count_notes(void *context, const struct event *event)
{
	*(int *)context += event->type == EVENT_NOTE;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	scratch_make(f->scratch);
	(void)snprintf(f->path, sizeof(f->path), "%s/registry", f->scratch);
	f->sink = (struct event_sink){count_notes, &f->notes, 0};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	scratch_remove(f->scratch);
	free(f);
	return 0;
}

static void run_in(const char *folder, const char *command)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (chdir(folder) < 0)
			_exit(126);
		(void)execlp("sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(wait_status(pid), 0);
}

static void create(struct fixture *f)
{
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;

	MUST(root_open(&root, f->path, ROOT_CREATE, 0, &f->sink, &err));
	root_close(&root);
}

static mode_t mode_of(const struct root *root, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(root->dir, path, &st, 0), 0);
	return st.st_mode & 07777;
}

static void test_create(void **state)
{
	struct fixture *f = *state;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;
	mode_t before = umask(077);

	MUST(root_open(&root, f->path, ROOT_CREATE, 0, &f->sink, &err));
	(void)umask(before);
	assert_int_equal(f->notes, 1);
	assert_int_equal(mode_of(&root, "."), 0755);
	assert_int_equal(mode_of(&root, ".drydock"), 0700);
	assert_int_equal(mode_of(&root, ".drydock/tmp"), 0700);
	assert_true(root.lock >= 0 && root.tmp >= 0 && root.db);
	root_close(&root);
	assert_int_equal(root.dir, -1);
	root_close(&root);
	create(f);
	assert_int_equal(f->notes, 1); /* it is announced once */
}

static void test_refused(void **state)
{
	static const enum root_mode modes[] = {ROOT_READ, ROOT_SYNC, ROOT_WRITE};
	struct fixture *f = *state;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT(modes); i++) {
		MUST_FAIL(root_open(&root, f->path, modes[i], 0, &f->sink, &err), ERR_NOT_FOUND);
		MUST_FAIL(root_open(&root, f->scratch, modes[i], 0, &f->sink, &err), ERR_NOT_FOUND);
		assert_null(root.path);
	}
	assert_int_equal(access(f->path, F_OK), -1);
	run_in(f->scratch, "touch file");
	(void)strcat(f->path, "/x");
	MUST_FAIL(root_open(&root, f->path, ROOT_CREATE, 0, &f->sink, &err), ERR_NOT_FOUND);
	(void)snprintf(f->path, sizeof(f->path), "%s/file", f->scratch);
	assert_int_equal(root_open(&root, f->path, ROOT_CREATE, 0, &f->sink, &err), -1);
	assert_int_equal(f->notes, 0);
}

/* A tree whose state is lost is not taken for a new root: that would forget all of it. */
static void test_tree_without_state(void **state)
{
	static const char *const losses[] = {
		"rm -r .drydock",
		"rm .drydock/state.db*",
		"rm .drydock/state.db-*; : >.drydock/state.db",
		"rm -f .drydock/state.db-*; head -c 9000 /dev/zero >.drydock/state.db",
	};
	static const enum root_mode modes[] = {ROOT_READ, ROOT_SYNC, ROOT_WRITE, ROOT_CREATE};
	struct fixture *f = *state;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT(losses); i++) {
		create(f);
		run_in(f->path, "mkdir -p v2/app/blobs; ls .drydock | grep -q wal || : "
		                ">.drydock/state.db-x");
		run_in(f->path, losses[i]);
		for (size_t k = 0; k < COUNT(modes); k++) {
			CASE(root_open(&root, f->path, modes[k], 0, &f->sink, &err) == -1,
			     "'%s': mode %d opens it", losses[i], (int)modes[k]);
			CASE(err.code == ERR_NO_STATE, "'%s': mode %d: %s", losses[i],
			     (int)modes[k], err.message);
			assert_non_null(strstr(err.message, "drydock rescan"));
		}
		scratch_remove(f->path);
	}
}

/* A process that died while it made a root is no obstacle to the next. */
static void test_half_made(void **state)
{
	static const char *const halves[] = {
		"mkdir registry",
		"mkdir -p registry/.drydock",
		"mkdir -p registry/.drydock/tmp",
		"mkdir -p registry/.drydock/tmp; : >registry/.drydock/lock",
		"mkdir -p registry/.drydock/tmp; : >registry/.drydock/state.db",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(halves); i++) {
		run_in(f->scratch, halves[i]);
		create(f);
		create(f);
		scratch_remove(f->path);
	}
}

/* Tools that copy trees without their empty folders lose tmp/. */
static void test_tmp_is_gone(void **state)
{
	static const enum root_mode modes[] = {ROOT_SYNC, ROOT_WRITE, ROOT_CREATE};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(modes); i++) {
		struct root root = ROOT_INIT;
		struct err err = ERR_INIT;

		create(f);
		run_in(f->path, "rmdir .drydock/tmp");
		MUST(root_open(&root, f->path, modes[i], 0, &f->sink, &err));
		assert_int_equal(mode_of(&root, ".drydock/tmp"), 0700);
		root_close(&root);
	}
}

static void test_temp_files(void **state)
{
	struct fixture *f = *state;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;
	AUTO_STR struct str text = STR_INIT(100);
	char a[TMP_NAME_MAX], b[TMP_NAME_MAX];
	int fd;

	MUST(root_open(&root, f->path, ROOT_CREATE, 0, &f->sink, &err));
	fd = root_temp_file(&root, a, &err);
	MUST(fd);
	(void)close(fd);
	MUST(root_temp_write(&root, "text", 4, b, &err));
	assert_string_not_equal(a, b);
	MUST(file_read_all(root.tmp, b, &text, &err));
	assert_string_equal(str_text(&text), "text");
	root_close(&root);
	/* A reader and a sync leave them alone; the next writer sweeps. */
	MUST(root_open(&root, f->path, ROOT_READ, 0, &f->sink, &err));
	assert_int_equal(root.tmp, -1);
	assert_int_equal(root.lock, -1);
	root_close(&root);
	MUST(root_open(&root, f->path, ROOT_SYNC, 0, &f->sink, &err));
	assert_int_equal(faccessat(root.tmp, a, F_OK, 0), 0);
	root_close(&root);
	/* Folders are none of drydock's, and nothing fails for them. */
	run_in(f->path, "mkdir .drydock/tmp/folder .drydock/tmp/partial-folder");
	MUST(root_open(&root, f->path, ROOT_WRITE, 0, &f->sink, &err));
	assert_int_equal(faccessat(root.tmp, a, F_OK, 0), -1);
	assert_int_equal(faccessat(root.tmp, b, F_OK, 0), -1);
	assert_int_equal(faccessat(root.tmp, "folder", F_OK, 0), 0);
	root_close(&root);
}

static void test_find(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	char inside[SCRATCH_MAX + 32], before[4096];
	char *found;

	assert_non_null(getcwd(before, sizeof(before)));
	found = root_find("given", &err);
	assert_string_equal(found, "given");
	free(found);
	assert_int_equal(chdir(f->scratch), 0);
	found = root_find(NULL, &err);
	assert_string_equal(found, "./registry");
	free(found);
	create(f);
	(void)snprintf(inside, sizeof(inside), "%s/v2/app", f->path);
	run_in(f->path, "mkdir -p v2/app");
	assert_int_equal(chdir(inside), 0);
	found = root_find(NULL, &err);
	assert_string_equal(found, f->path);
	free(found);
	assert_int_equal(chdir(f->path), 0);
	found = root_find(NULL, &err);
	assert_string_equal(found, f->path);
	free(found);
	/* Only a folder counts. */
	run_in(f->path, "mkdir -p v2/app/x && : >v2/app/x/.drydock && ln -s ../.. v2/app/.drydock");
	(void)snprintf(inside, sizeof(inside), "%s/v2/app/x", f->path);
	assert_int_equal(chdir(inside), 0);
	found = root_find(NULL, &err);
	assert_string_equal(found, f->path);
	free(found);
	assert_int_equal(chdir(before), 0);
}

static void expect_foreign(const char *folder)
{
	struct err err = ERR_INIT;

	assert_int_equal(chdir(folder), 0);
	assert_null(root_find(NULL, &err));
	assert_int_equal(err.code, ERR_CONFIG);
}

/* Whoever may make folders where we work must not thereby give us a configuration. */
static void test_find_foreign(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	char inside[SCRATCH_MAX + 32], before[4096];
	char *found;

	if (geteuid() != 0)
		skip();
	assert_non_null(getcwd(before, sizeof(before)));
	run_in(f->scratch,
	       "chmod 755 . && mkdir -p registry/.drydock registry/x && chown 1 registry/.drydock");
	expect_foreign(f->scratch);
	expect_foreign(f->path);
	(void)snprintf(inside, sizeof(inside), "%s/x", f->path);
	expect_foreign(inside);
	found = root_find(f->path, &err);
	assert_string_equal(found, f->path);
	free(found);
	/* Our own in between is the nearest. */
	run_in(inside, "mkdir .drydock");
	found = root_find(NULL, &err);
	assert_string_equal(found, inside);
	free(found);
	/* To the other user the first is his own, and the second the superuser's. */
	assert_int_equal(seteuid(1), 0);
	found = root_find(NULL, &err);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(found, inside);
	free(found);
	assert_int_equal(chdir(before), 0);
}

/* Opens the root in a child, says so through a pipe, and keeps it until it or we are killed. */
static pid_t holder(const struct fixture *f, enum lock_kind kind)
{
	const struct timespec nap = {0, 20000000};
	pid_t parent = getpid(), pid;
	int ends[2];
	char c;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct root root = ROOT_INIT;
		struct err err = ERR_INIT;

		(void)signal(SIGTERM, SIG_DFL);
		if (root_open(&root, f->path, ROOT_SYNC, 0, &f->sink, &err) < 0 ||
		    root_lock(&root, kind, 0, &err) < 0 ||
		    root_lock_named(&root, "prod", 0, &err) < 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		while (getppid() == parent)
			(void)nanosleep(&nap, NULL);
		_exit(0);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 1);
	(void)close(ends[0]);
	return pid;
}

static void test_locks(void **state)
{
	struct fixture *f = *state;
	struct root root = ROOT_INIT, second = ROOT_INIT;
	struct err err = ERR_INIT;
	int64_t began;
	pid_t pid;
	int fd;

	create(f);
	pid = holder(f, LOCK_EXCLUSIVE);
	MUST_FAIL(root_open(&root, f->path, ROOT_WRITE, 0, &f->sink, &err), ERR_LOCKED);
	MUST_FAIL(root_open(&root, f->path, ROOT_CREATE, 0, &f->sink, &err), ERR_LOCKED);
	began = monotonic_ms();
	MUST_FAIL(root_open(&root, f->path, ROOT_WRITE, 250, &f->sink, &err), ERR_LOCKED);
	assert_in_range(monotonic_ms() - began, 250, 5000);
	/* Who reads, and who syncs to somewhere else, is not in the way. */
	MUST(root_open(&root, f->path, ROOT_READ, 0, &f->sink, &err));
	root_close(&root);
	MUST(root_open(&root, f->path, ROOT_SYNC, 0, &f->sink, &err));
	MUST_FAIL(root_lock(&root, LOCK_SHARED, 0, &err), ERR_LOCKED);
	assert_int_equal(root.lock, -1);
	MUST_FAIL(root_lock_named(&root, "prod", 0, &err), ERR_LOCKED);
	fd = root_lock_named(&root, "other", 0, &err);
	MUST(fd);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	(void)close(fd);
	MUST_FAIL(root_lock_named(&root, "../x", 0, &err), ERR_BUG);
	/* The dead hold nothing. */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(wait_status(pid), -SIGKILL);
	MUST(root_lock(&root, LOCK_SHARED, 0, &err));
	MUST(root_open(&second, f->path, ROOT_SYNC, 0, &f->sink, &err));
	MUST(root_lock(&second, LOCK_SHARED, 0, &err));
	/* To convert, the others have to go. */
	MUST_FAIL(root_lock(&root, LOCK_EXCLUSIVE, 0, &err), ERR_LOCKED);
	root_unlock(&second);
	MUST(root_lock(&root, LOCK_EXCLUSIVE, 0, &err));
	MUST_FAIL(root_lock(&second, LOCK_SHARED, 0, &err), ERR_LOCKED);
	root_unlock(&root);
	MUST(root_lock(&second, LOCK_SHARED, 0, &err));
	root_close(&second);
	root_close(&root);
}

/* A lock that becomes free while one waits is taken. */
static void test_lock_wait(void **state)
{
	struct fixture *f = *state;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;
	pid_t pid, killer;

	create(f);
	pid = holder(f, LOCK_SHARED);
	killer = fork();
	if (killer == 0) {
		const struct timespec nap = {0, 200000000};

		(void)nanosleep(&nap, NULL);
		_exit(kill(pid, SIGKILL) == 0 ? 0 : 1);
	}
	MUST(root_open(&root, f->path, ROOT_WRITE, 20000, &f->sink, &err));
	root_close(&root);
	assert_int_equal(wait_status(killer), 0);
	assert_int_equal(wait_status(pid), -SIGKILL);
}

/* Ctrl-C ends the waiting. */
static void test_lock_interrupted(void **state)
{
	struct fixture *f = *state;
	pid_t pid, waiter;

	create(f);
	pid = holder(f, LOCK_EXCLUSIVE);
	waiter = fork();
	if (waiter == 0) {
		struct root root = ROOT_INIT;
		struct err err = ERR_INIT;
		int64_t began = monotonic_ms();

		if (stop_install(&err) < 0 || raise(SIGINT) != 0)
			_exit(3);
		if (root_open(&root, f->path, ROOT_WRITE, 20000, &f->sink, &err) != -1)
			_exit(4);
		_exit(err.code == ERR_INTERRUPTED && monotonic_ms() - began < 10000 ? 0 : 5);
	}
	assert_int_equal(wait_status(waiter), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(wait_status(pid), -SIGKILL);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_create),    T(test_refused),          T(test_tree_without_state),
		T(test_half_made), T(test_tmp_is_gone),      T(test_temp_files),
		T(test_find),      T(test_find_foreign),     T(test_locks),
		T(test_lock_wait), T(test_lock_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
