/* Which files may be linked into the root, and what keeps a link from being made after all. */
#include "stage/blob/file_link.h"

#include "tests/unit/check.h"

struct place {
	char scratch[SCRATCH_MAX];
	int dir;
	int fd; /* of the file "source" */
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	scratch_make(p->scratch);
	p->dir = open(p->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->fd = openat(p->dir, "source", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(p->fd >= 0);
	assert_int_equal(fchmod(p->fd, 0644), 0);
	assert_int_equal(write(p->fd, "bytes", 5), 5);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	(void)close(p->fd);
	(void)close(p->dir);
	scratch_remove(p->scratch);
	free(p);
	return 0;
}

static void modes(void **state)
{
	static const struct {
		mode_t mode;
		bool allowed;
	} cases[] = {{0644, true},  {0444, true},  {0755, true},  {0664, false},
	             {0646, false}, {0666, false}, {0600, false}, {0640, false}};
	struct place *p = *state;
	struct stat before;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(fchmod(p->fd, cases[i].mode), 0);
		CASE(file_link_allowed(p->fd, &before) == cases[i].allowed, "mode %04o",
		     (unsigned)cases[i].mode);
	}
}

static void foreign_owner(void **state)
{
	struct place *p = *state;
	struct stat before;

	if (geteuid() != 0)
		skip();
	assert_int_equal(fchown(p->fd, 12345, 12345), 0);
	assert_false(file_link_allowed(p->fd, &before));
}

static void no_file(void **state)
{
	struct place *p = *state;
	struct stat before;

	assert_false(file_link_allowed(p->dir, &before));
}

static void linked(void **state)
{
	struct err err = ERR_INIT;
	struct place *p = *state;
	struct stat before, now;

	assert_true(file_link_allowed(p->fd, &before));
	/* Not the name is linked, but what was opened by it. */
	assert_int_equal(renameat(p->dir, "source", p->dir, "moved"), 0);
	assert_true(file_link_allowed(p->fd, &before));
	assert_int_equal(file_link_finish(p->fd, &before, p->dir, "link", &err), 1);
	assert_int_equal(fstatat(p->dir, "link", &now, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(now.st_ino, before.st_ino);
}

static void must_not_link(struct place *p, const struct stat *before)
{
	struct err err = ERR_INIT;
	struct stat now;

	assert_int_equal(file_link_finish(p->fd, before, p->dir, "link", &err), 0);
	assert_int_equal(fstatat(p->dir, "link", &now, AT_SYMLINK_NOFOLLOW), -1);
}

/* The clock of a file system is coarse: wait until it has moved on. */
static void touch_later(struct place *p, void (*change)(struct place *))
{
	struct timespec nap = {0, 20000000};
	struct stat before;

	assert_true(file_link_allowed(p->fd, &before));
	(void)nanosleep(&nap, NULL);
	change(p);
	must_not_link(p, &before);
}

static void write_byte(struct place *p)
{
	assert_int_equal(pwrite(p->fd, "B", 1, 0), 1);
}

/* Who writes can set the mtime back, but not the ctime. */
static void write_and_hide(struct place *p)
{
	struct stat st;

	assert_int_equal(fstat(p->fd, &st), 0);
	write_byte(p);
	assert_int_equal(futimens(p->fd, (struct timespec[]){st.st_atim, st.st_mtim}), 0);
}

static void give_away(struct place *p)
{
	assert_int_equal(fchmod(p->fd, 0666), 0);
}

static void changed(void **state)
{
	touch_later(*state, write_byte);
}

static void changed_secretly(void **state)
{
	touch_later(*state, write_and_hide);
}

static void mode_changed(void **state)
{
	touch_later(*state, give_away);
}

/* What the system does not link is copied. */
static void name_is_taken(void **state)
{
	struct err err = ERR_INIT;
	struct place *p = *state;
	struct stat before;

	assert_true(file_link_allowed(p->fd, &before));
	assert_int_equal(file_link_finish(p->fd, &before, p->dir, "source", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(foreign_owner, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(linked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changed_secretly, set_up, tear_down),
		cmocka_unit_test_setup_teardown(mode_changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(name_is_taken, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
