#define _DEFAULT_SOURCE /* syscall */
#include "db/root/probe.h"

#include "db/root/open.h"
#include "db/state/meta.h"
#include "tests/unit/check.h"
#include "tests/unit/lacking.h"

struct fixture {
	char scratch[SCRATCH_MAX];
	char path[SCRATCH_MAX + 16];
	int notes;
	struct event_sink sink;
	struct root root;
	char device[24];
};

/* What the file system says to a name with a colon instead of making it, or 0. */
static int colon_errno;

int openat(int dir, const char *path, int flags, ...)
{
	if (colon_errno && strchr(path, ':')) {
		errno = colon_errno;
		return -1;
	}
	return (int)syscall(SYS_openat, dir, path, flags, 0600);
}

static void count_notes(void *context, const struct event *event)
{
	*(int *)context += event->type == EVENT_NOTE;
}

/* A root that was never probed. */
static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = ERR_INIT;
	struct stat st;

	assert_non_null(f);
	link_errno = folder_sync_errno = colon_errno = 0;
	scratch_make(f->scratch);
	(void)snprintf(f->path, sizeof(f->path), "%s/registry", f->scratch);
	f->sink = (struct event_sink){count_notes, &f->notes, 0};
	MUST(root_open(&f->root, f->path, ROOT_CREATE, 0, &f->sink, &err));
	MUST(meta_clear(f->root.db, "file_system", &err));
	f->notes = 0;
	assert_int_equal(fstat(f->root.tmp, &st), 0);
	(void)snprintf(f->device, sizeof(f->device), "%llu", (unsigned long long)st.st_dev);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	root_close(&f->root);
	scratch_remove(f->scratch);
	free(f);
	return 0;
}

/* What is kept is the device and `lacking`; NULL: nothing is kept. And nothing is left in tmp/. */
static void expect_kept(const struct fixture *f, const char *lacking)
{
	int entries = 0;
	DIR *dir;
	char kept[100] = "", wanted[100] = "", tmp[SCRATCH_MAX + 32];
	struct err err = ERR_INIT;

	assert_int_equal(meta_get(f->root.db, "file_system", kept, sizeof(kept), &err),
	                 lacking != NULL);
	if (lacking)
		(void)snprintf(wanted, sizeof(wanted), "%s%s", f->device, lacking);
	assert_string_equal(kept, wanted);
	(void)snprintf(tmp, sizeof(tmp), "%s/.drydock/tmp", f->path);
	dir = opendir(tmp);
	assert_non_null(dir);
	while (readdir(dir))
		entries++;
	(void)closedir(dir);
	assert_int_equal(entries, 2); /* . and .. */
}

static void test_all_there(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	MUST(probe_file_system(&f->root, &err));
	assert_int_equal(f->notes, 0);
	expect_kept(f, "");
}

static void test_lacking(void **state)
{
	static const struct {
		int link, folder_sync;
		const char *kept; /* NULL: nothing */
		int notes;
	} cases[] = {
		{ENOSYS, 0, " no-links", 1},
		{EPERM, 0, " no-links", 1},
		{0, EINVAL, " no-folder-sync", 1},
		{EINVAL, ENOSYS, " no-links no-folder-sync", 2},
		{EIO, 0, NULL, 0}, /* the disk fails: that is no trait of it */
		{ENOSPC, 0, NULL, 0},
		{0, EIO, NULL, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture *f = *state;
		struct err err = ERR_INIT;

		link_errno = cases[i].link;
		folder_sync_errno = cases[i].folder_sync;
		MUST(probe_file_system(&f->root, &err));
		CASE(f->notes == cases[i].notes, "FT4: case %zu: %d notes", i, f->notes);
		expect_kept(f, cases[i].kept);
		(void)tear_down(state);
		(void)set_up(state);
	}
}

static void test_kept(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	char other[40];

	link_errno = ENOSYS;
	MUST(probe_file_system(&f->root, &err));
	expect_kept(f, " no-links");
	/* Neither is it asked again, nor told. */
	link_errno = 0;
	MUST(probe_file_system(&f->root, &err));
	assert_int_equal(f->notes, 1);
	expect_kept(f, " no-links");
	/* A device whose number only begins so is another. */
	(void)snprintf(other, sizeof(other), "%s1 no-links", f->device);
	MUST(meta_set(f->root.db, "file_system", other, &err));
	MUST(probe_file_system(&f->root, &err));
	expect_kept(f, "");
}

static void test_colons(void **state)
{
	static const int refusals[] = {EINVAL, ENOENT, EILSEQ, EPERM, EACCES, ENOTSUP};
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT(refusals); i++) {
		colon_errno = refusals[i];
		MUST_FAIL(probe_file_system(&f->root, &err), ERR_STORAGE);
		CASE(strstr(err.message, f->path) && strstr(err.message, "ext4"), "FT4: says %s",
		     err.message);
		expect_kept(f, NULL);
	}
	colon_errno = ENOSPC;
	MUST(probe_file_system(&f->root, &err));
	expect_kept(f, NULL);
	colon_errno = 0;
	/* Files that a killed probe left are no answer. */
	for (int i = 0; i < 3; i++) {
		static const char *const left[] = {"probe-a", "probe-b:c", "probe-d"};
		int fd = openat(f->root.tmp, left[i], O_CREAT | O_WRONLY, 0600);

		assert_true(fd >= 0);
		(void)close(fd);
	}
	MUST(probe_file_system(&f->root, &err));
	expect_kept(f, "");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_all_there),
		T(test_lacking),
		T(test_kept),
		T(test_colons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
