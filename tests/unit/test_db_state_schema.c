/* What a migration does to a state file, with steps that no release has. */
#include "db/state/schema.h"

#include "db/state/meta.h"
#include "db/state/schema_sql.h" /* generated from db/state/schema.sql */
#include "tests/unit/state.h"

#include <sqlite3.h>

static const char *const two_steps[] = {schema_sql,
                                        "ALTER TABLE blob ADD COLUMN note TEXT DEFAULT 'new'"};
static const char *const bad_steps[] = {schema_sql, "CREATE TABLE half (a); SELECT nonsense"};

static sqlite3 *open_file(const char *path)
{
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	(void)sqlite3_busy_timeout(handle, 10000);
	return handle;
}

static void run_sql(sqlite3 *handle, const char *sql)
{
	char *why = NULL;

	(void)sqlite3_exec(handle, sql, NULL, NULL, &why);
	CASE(!why, "%s: %s", sql, why);
}

static int number(sqlite3 *handle, const char *sql)
{
	sqlite3_stmt *stmt;
	int value;

	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int(stmt, 0);
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	return value;
}

static int number_in(const char *path, const char *sql)
{
	sqlite3 *handle = open_file(path);
	int value = number(handle, sql);

	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
	return value;
}

static char *copy_of(const struct state *s, char path[SCRATCH_MAX + 32], const char *end)
{
	(void)snprintf(path, SCRATCH_MAX + 32, "%s.v1%s", s->path, end);
	return path;
}

static void assert_copy(const struct state *s, int rows)
{
	char copy[SCRATCH_MAX + 32], partial[SCRATCH_MAX + 32];

	(void)copy_of(s, copy, "");
	assert_int_equal(access(copy_of(s, partial, ".new"), F_OK), -1);
	assert_int_equal(number_in(copy, "PRAGMA user_version"), 1);
	assert_int_equal(number_in(copy, "SELECT integrity_check = 'ok' FROM "
	                                 "pragma_integrity_check"),
	                 1);
	assert_int_equal(number_in(copy, "SELECT count(*) FROM meta"), rows);
	assert_int_equal(number_in(copy, "SELECT count(*) FROM pragma_table_info('blob') WHERE "
	                                 "name = 'note'"),
	                 0);
}

/* The copy is the old state, in whichever journal mode the file is. */
static void test_copy(void **state)
{
	static const char *const modes[] = {"PRAGMA journal_mode = WAL",
	                                    "PRAGMA journal_mode = DELETE"};

	for (size_t i = 0; i < COUNT(modes); i++) {
		struct state *s = *state;
		struct err err = ERR_INIT;
		sqlite3 *handle;
		char copy[SCRATCH_MAX + 32];

		if (i > 0) {
			assert_int_equal(state_tear_down(state), 0);
			assert_int_equal(state_set_up(state), 0);
			s = *state;
		}
		MUST(meta_set(s->db, "a", "1", &err));
		db_close(s->db);
		s->db = NULL;
		/* What an attempt that was killed has left. */
		handle = open_file(copy_of(s, copy, ".new"));
		run_sql(handle, "CREATE TABLE old (a)");
		assert_int_equal(sqlite3_close(handle), SQLITE_OK);
		handle = open_file(s->path);
		run_sql(handle, modes[i]);
		MUST(schema_run_steps(handle, two_steps, 2, &err));
		assert_int_equal(number(handle, "PRAGMA user_version"), 2);
		run_sql(handle, "INSERT INTO meta VALUES ('b', '2')");
		assert_copy(s, 1);
		/* Whoever comes late changes nothing, and above all not the copy. */
		MUST(schema_run_steps(handle, two_steps, 2, &err));
		assert_copy(s, 1);
		assert_int_equal(sqlite3_close(handle), SQLITE_OK);
	}
}

/* A step that fails leaves the old file; so does a copy that cannot be made. */
static void test_failures(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;
	char copy[SCRATCH_MAX + 32];
	sqlite3 *handle = open_file(s->path);

	assert_int_equal(schema_run_steps(handle, bad_steps, 2, &err), -1);
	assert_int_equal(number(handle, "PRAGMA user_version"), 1);
	assert_int_equal(number(handle, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"),
	                 0);
	assert_int_equal(unlink(copy_of(s, copy, "")), 0);
	assert_int_equal(mkdir(copy, 0755), 0);
	assert_int_equal(schema_run_steps(handle, two_steps, 2, &err), -1);
	assert_int_equal(number(handle, "PRAGMA user_version"), 1);
	assert_int_equal(access(copy_of(s, copy, ".new"), F_OK), -1);
	assert_int_equal(rmdir(copy_of(s, copy, "")), 0);
	MUST(schema_run_steps(handle, two_steps, 2, &err));
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
	assert_copy(s, 0);
}

static pid_t start_migration(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = ERR_INIT;
		sqlite3 *handle = open_file(path);
		int result = schema_run_steps(handle, two_steps, 2, &err);

		if (result < 0)
			(void)fprintf(stderr, "# %s\n", err.message);
		(void)sqlite3_close(handle);
		_exit(result < 0);
	}
	return pid;
}

/* Holds the file's write lock, says so, and commits two rows a while later. */
static pid_t start_writer(const char *path)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct timespec nap = {0, 200000000};
		sqlite3 *handle = open_file(path);

		run_sql(handle, "BEGIN IMMEDIATE; INSERT INTO meta VALUES ('a', '1')");
		(void)!write(ready[1], "x", 1);
		(void)nanosleep(&nap, NULL);
		run_sql(handle, "INSERT INTO meta VALUES ('b', '2'); COMMIT");
		(void)sqlite3_close(handle);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return pid;
}

/*
 * Several processes find an old file while another still writes to it: what that one commits
 * before its turn is over is in the copy, and the copy is never made of what is migrated already.
 * SQLite's connections do not survive a fork, so this process has none open meanwhile.
 */
static void test_race(void **state)
{
	struct state *s = *state;
	pid_t writer, pids[4];

	db_close(s->db);
	s->db = NULL;
	writer = start_writer(s->path);
	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = start_migration(s->path);
	assert_int_equal(wait_status(writer), 0);
	for (size_t i = 0; i < COUNT(pids); i++)
		assert_int_equal(wait_status(pids[i]), 0);
	assert_int_equal(number_in(s->path, "PRAGMA user_version"), 2);
	assert_copy(s, 2);
}

/* What the older program has prepared goes on working on the file of the newer one. */
static void test_older_program(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;
	char value[10];

	sqlite3 *handle = open_file(s->path);

	MUST(meta_set(s->db, "a", "1", &err));
	MUST(schema_run_steps(handle, two_steps, 2, &err));
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
	MUST(meta_set(s->db, "a", "2", &err));
	assert_int_equal(meta_get(s->db, "a", value, sizeof(value), &err), 1);
	assert_string_equal(value, "2");
	assert_copy(s, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_copy),
		STATE_TEST(test_failures),
		STATE_TEST(test_race),
		STATE_TEST(test_older_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
