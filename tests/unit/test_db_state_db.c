#define _DEFAULT_SOURCE /* setgroups */
#include "db/state/db.h"

#include "db/state/meta.h"
#include "db/state/run.h"
#include "db/state/schema.h"
#include "tests/unit/state.h"

#include <grp.h>
#include <sqlite3.h>

static int64_t count_meta(struct db *db)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct err err = ERR_INIT;

	MUST(query_start(&q, db, "SELECT count(*) FROM meta", &err));
	assert_int_equal(query_step(&q, &err), 1);
	return query_int(&q, 0);
}

static int64_t pragma(struct db *db, const char *sql)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct err err = ERR_INIT;

	MUST(query_start(&q, db, sql, &err));
	assert_int_equal(query_step(&q, &err), 1);
	return query_int(&q, 0);
}

static void test_meta(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;
	char value[10];

	assert_int_equal(meta_get(s->db, "a", value, sizeof(value), &err), 0);
	MUST(meta_set(s->db, "a", "1", &err));
	MUST(meta_set(s->db, "a", "2", &err));
	assert_int_equal(meta_get(s->db, "a", value, sizeof(value), &err), 1);
	assert_string_equal(value, "2");
	assert_int_equal(count_meta(s->db), 1);
}

static void test_pragmas(void **state)
{
	struct state *s = *state;
	AUTO_QUERY struct query q = QUERY_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(pragma(s->db, "PRAGMA user_version"), SCHEMA_VERSION);
	assert_int_equal(pragma(s->db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma(s->db, "PRAGMA synchronous"), 2);
	MUST(query_start(&q, s->db, "PRAGMA journal_mode", &err));
	assert_int_equal(query_step(&q, &err), 1);
	assert_string_equal(query_text(&q, 0), "wal");
}

static void test_open_modes(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;
	char none[SCRATCH_MAX + 16];
	struct db *db;

	(void)snprintf(none, sizeof(none), "%s/none.db", s->scratch);
	assert_null(db_open(none, DB_READ, &err));
	assert_int_equal(err.code, ERR_NO_STATE);
	assert_null(db_open(none, DB_WRITE, &err));
	assert_int_equal(err.code, ERR_NO_STATE);
	assert_int_equal(access(none, F_OK), -1);
	MUST(meta_set(s->db, "a", "1", &err));
	db = db_open(s->path, DB_READ, &err);
	assert_non_null(db);
	assert_int_equal(count_meta(db), 1);
	assert_int_equal(meta_set(db, "a", "2", &err), -1);
	MUST(meta_set(s->db, "b", "1", &err));
	assert_int_equal(count_meta(db), 2);
	db_close(db);
	db_close(NULL);
}

static void write_bytes(const char *path, const char *bytes, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/*
 * An empty file is not an old state but a lost one: it is filled only where a new root is made,
 * else everything published would be forgotten without a word.
 */
static void test_empty(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;
	char path[SCRATCH_MAX + 16];
	struct db *db;

	(void)snprintf(path, sizeof(path), "%s/empty.db", s->scratch);
	write_bytes(path, "", 0);
	assert_null(db_open(path, DB_READ, &err));
	assert_int_equal(err.code, ERR_NO_STATE);
	assert_null(db_open(path, DB_WRITE, &err));
	assert_int_equal(err.code, ERR_NO_STATE);
	db = db_open(path, DB_CREATE, &err);
	assert_non_null(db);
	db_close(db);
}

static void test_damaged(void **state)
{
	struct state *s = *state;
	static const enum db_mode modes[] = {DB_READ, DB_WRITE, DB_CREATE};
	char path[SCRATCH_MAX + 16], bytes[8192];

	memset(bytes, 'x', sizeof(bytes));
	(void)snprintf(path, sizeof(path), "%s/bad.db", s->scratch);
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct err err = ERR_INIT;

		write_bytes(path, bytes, sizeof(bytes));
		assert_null(db_open(path, modes[i], &err));
		assert_int_equal(err.code, ERR_NO_STATE);
		assert_non_null(strstr(err.message, path));
	}
}

static void test_newer(void **state)
{
	struct state *s = *state;
	static const enum db_mode modes[] = {DB_READ, DB_WRITE, DB_CREATE};
	struct err err = ERR_INIT;

	MUST(db_exec(s->db, "PRAGMA user_version = 99", &err));
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_null(db_open(s->path, modes[i], &err));
		assert_int_equal(err.code, ERR_NO_STATE);
		assert_non_null(strstr(err.message, "version 99"));
	}
	assert_int_equal(pragma(s->db, "PRAGMA user_version"), 99);
}

/* Paths are taken as they are: nothing in them is an option of SQLite's, or a host. */
static void test_odd_paths(void **state)
{
	static const char *const names[] = {"a b.db",  "a?mode=memory", "a#b",
	                                    "100%.db", "a%41",          "\xc3\xa9.db"};
	struct state *s = *state;
	char path[SCRATCH_MAX + 40];

	for (size_t i = 0; i <= COUNT(names); i++) {
		struct err err = ERR_INIT;
		struct db *db;

		if (i < COUNT(names))
			(void)snprintf(path, sizeof(path), "%s/%s", s->scratch, names[i]);
		else
			(void)snprintf(path, sizeof(path), "/%s/slashes.db", s->scratch);
		db = db_open(path, DB_CREATE, &err);
		CASE(db, "%s: %s", path, err.message);
		db_close(db);
		CASE(access(path, F_OK) == 0, "%s is not there", path);
	}
}

/* An empty state file that is in WAL mode already. */
static void make_empty(const char *path)
{
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* Several processes may find that the tables are to be made; one does, all succeed. */
static void test_race(void **state)
{
	struct state *s = *state;
	char path[SCRATCH_MAX + 40];
	pid_t pids[8];

	for (int round = 0; round < 5; round++) {
		(void)snprintf(path, sizeof(path), "%s/race-%d.db", s->scratch, round);
		make_empty(path);
		for (size_t i = 0; i < COUNT(pids); i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				struct err err = ERR_INIT;
				struct db *db = db_open(path, DB_CREATE, &err);

				int result = db ? meta_set(db, "a", "b", &err) : -1;

				if (result < 0)
					(void)fprintf(stderr, "# %s\n", err.message);
				db_close(db);
				_exit(result < 0);
			}
		}
		for (size_t i = 0; i < COUNT(pids); i++)
			assert_int_equal(wait_status(pids[i]), 0);
	}
}

/* As another user, who may read and not write; exits with what `body` returns. */
static int as_nobody(const char *path, int (*body)(const char *))
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
			_exit(99);
		_exit(body(path));
	}
	return wait_status(pid);
}

static int read_only(const char *path)
{
	struct err err = ERR_INIT;
	struct db *db = db_open(path, DB_READ, &err);
	char value[10];

	if (!db || meta_get(db, "a", value, sizeof(value), &err) != 1) {
		(void)fprintf(stderr, "# %s\n", err.message);
		return 1;
	}
	db_close(db);
	return value[0] == 'n' ? 0 : 2;
}

static int write_refused(const char *path)
{
	struct err err = ERR_INIT;
	struct db *db = db_open(path, DB_WRITE, &err);

	if (db)
		return 1;
	return err.code == ERR_STORAGE ? 0 : 2;
}

/* In a folder that cannot be written the file is still read, and what is in the WAL with it. */
static void test_read_only_folder(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;

	if (getuid() != 0)
		skip();
	assert_int_equal(chmod(s->scratch, 0755), 0);
	MUST(meta_set(s->db, "a", "old", &err));
	db_close(s->db);
	s->db = db_open(s->path, DB_WRITE, &err);
	assert_non_null(s->db);
	MUST(meta_set(s->db, "a", "new", &err)); /* in the WAL, while we hold it open */
	assert_int_equal(as_nobody(s->path, read_only), 0);
	assert_int_equal(as_nobody(s->path, write_refused), 0);
	db_close(s->db);
	s->db = NULL;
	assert_int_equal(as_nobody(s->path, read_only), 0);
}

/* A change that has reached the file, of a process that died before its end. */
static int die_in_change(const char *path)
{
	sqlite3 *handle;

	if (sqlite3_open(path, &handle) != SQLITE_OK ||
	    sqlite3_exec(handle,
	                 "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 2; BEGIN;"
	                 "UPDATE meta SET value = 'lost';"
	                 "INSERT INTO meta VALUES ('b', zeroblob(200000))",
	                 NULL, NULL, NULL) != SQLITE_OK) {
		(void)fprintf(stderr, "# %s\n", sqlite3_errmsg(handle));
		return 1;
	}
	return 0;
}

static int read_refused(const char *path)
{
	struct err err = ERR_INIT;

	if (db_open(path, DB_READ, &err))
		return 1;
	return err.code == ERR_STORAGE && strstr(err.message, "have its owner run") ? 0 : 2;
}

/* Readers take it back, where they may. */
static void test_hot_journal(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;
	pid_t pid;

	MUST(meta_set(s->db, "a", "n", &err));
	db_close(s->db);
	s->db = NULL;
	assert_int_equal(chmod(s->scratch, 0755), 0);
	pid = fork();
	if (pid == 0)
		_exit(die_in_change(s->path));
	assert_int_equal(wait_status(pid), 0);
	if (getuid() == 0)
		assert_int_equal(as_nobody(s->path, read_refused), 0);
	assert_int_equal(read_only(s->path), 0);
	assert_int_equal(read_only(s->path), 0);
}

static void test_transactions(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;

	MUST(db_begin(s->db, &err));
	MUST(db_begin(s->db, &err));
	MUST(meta_set(s->db, "a", "1", &err));
	MUST(db_commit(s->db, &err));
	MUST(db_commit(s->db, &err));
	assert_int_equal(count_meta(s->db), 1);
	MUST(db_begin(s->db, &err));
	MUST(meta_set(s->db, "b", "1", &err));
	db_rollback(s->db);
	db_rollback(s->db);
	assert_int_equal(count_meta(s->db), 1);
}

/* After a rollback inside, nothing more is written until the outermost has ended. */
static void test_rollback_inside(void **state)
{
	struct state *s = *state;
	struct err err = ERR_INIT;

	MUST(db_begin(s->db, &err));
	MUST(meta_set(s->db, "a", "1", &err));
	MUST(db_begin(s->db, &err));
	MUST(meta_set(s->db, "b", "1", &err));
	db_rollback(s->db);
	assert_int_equal(meta_set(s->db, "c", "1", &err), -1);
	assert_int_equal(err.code, ERR_BUG);
	assert_int_equal(db_begin(s->db, &err), -1);
	assert_int_equal(count_meta(s->db), 0); /* reading is fine */
	MUST_FAIL(db_commit(s->db, &err), ERR_BUG);
	assert_int_equal(count_meta(s->db), 0);
	MUST(db_begin(s->db, &err));
	MUST(meta_set(s->db, "d", "1", &err));
	MUST(db_commit(s->db, &err));
	assert_int_equal(count_meta(s->db), 1);
}

/* The same statement may be in use twice; values and types come back as they went. */
static void test_queries(void **state)
{
	static const char sql[] = "SELECT ?1, ?2, ?3, ?4, ?5";
	struct state *s = *state;
	AUTO_QUERY struct query a = QUERY_INIT;
	AUTO_QUERY struct query b = QUERY_INIT;
	struct digest d = digest_no(7), back;
	struct err err = ERR_INIT;
	uint8_t bytes[2];
	size_t len;

	MUST(query_start(&a, s->db, sql, &err));
	MUST(query_start(&b, s->db, sql, &err));
	query_bind_int(&a, 1, INT64_MIN);
	query_bind_text(&a, 2, "text");
	query_bind_bytes(&a, 3, "\0\1", 2);
	query_bind_digest(&a, 4, &d);
	query_bind_text(&a, 5, NULL);
	query_bind_int(&b, 1, 1);
	query_bind_bytes(&b, 3, NULL, 0);
	query_bind_digest(&b, 4, &(struct digest){.alg = DIGEST_NONE});
	query_bind_null(&b, 5);
	assert_int_equal(query_step(&a, &err), 1);
	assert_int_equal(query_step(&b, &err), 1);
	assert_true(query_int(&a, 0) == INT64_MIN);
	assert_string_equal(query_text(&a, 1), "text");
	assert_memory_equal(query_bytes(&a, 2, &len), "\0\1", 2);
	MUST(query_copy(&a, 2, bytes, 2, &err));
	MUST_FAIL(query_copy(&a, 2, bytes, 1, &err), ERR_NO_STATE);
	MUST(query_digest(&a, 3, &back, &err));
	assert_true(digest_equal(&back, &d));
	MUST_FAIL(query_digest(&a, 2, &back, &err), ERR_NO_STATE);
	assert_true(query_is_null(&a, 4));
	assert_string_equal(query_text(&a, 4), "");
	assert_false(query_is_null(&b, 2));
	MUST(query_digest(&b, 3, &back, &err));
	assert_int_equal(back.alg, DIGEST_NONE);
	assert_int_equal(query_step(&a, &err), 0);
	query_again(&a);
	assert_int_equal(query_step(&a, &err), 1);
	assert_true(query_is_null(&a, 0)); /* what was bound before is gone */
	query_again(&a);
	query_bind_int(&a, 6, 1); /* there is no sixth: told at the next step */
	MUST_FAIL(query_step(&a, &err), ERR_OTHER);
	assert_int_equal(query_start(&b, s->db, "SELECT nonsense", &err), -1);
}

static void test_run(void **state)
{
	struct state *s = *state;
	struct run_row row = {.command = "sync",
	                      .started_at = 10,
	                      .ended_at = 12,
	                      .status = 5,
	                      .bytes = 7,
	                      .objects = 8,
	                      .failed = 9,
	                      .message = "why"};
	struct run_row back;
	struct err err = ERR_INIT;

	assert_int_equal(run_last(s->db, "sync", 0, RUN_ANY, &back, &err), 0);
	MUST(run_put(s->db, &row, &err));
	assert_int_equal(run_last(s->db, "sync", 0, RUN_SUCCEEDED, &back, &err), 0);
	assert_int_equal(run_last(s->db, "sync", 0, RUN_ANY, &back, &err), 1);
	assert_int_equal(back.started_at, 10);
	assert_int_equal(back.ended_at, 12);
	assert_int_equal(back.status, 5);
	assert_int_equal(back.bytes + back.objects * 10 + back.failed * 100, 987);
	assert_string_equal(back.message, "why");
	assert_int_equal(back.remote, 0);
	assert_int_equal(run_last(s->db, "stage", 0, RUN_ANY, &back, &err), 0);
	assert_int_equal(run_last(s->db, "sync", 3, RUN_ANY, &back, &err), 0);
	row.remote = 3; /* there is no such remote */
	assert_int_equal(run_put(s->db, &row, &err), -1);
	row.remote = 0;
	row.status = 0;
	row.message[0] = '\0';
	(void)snprintf(row.command, sizeof(row.command), "stage");
	MUST(db_begin(s->db, &err));
	for (row.started_at = 0; row.started_at < 1010; row.started_at++)
		MUST(run_put(s->db, &row, &err));
	MUST(db_commit(s->db, &err));
	assert_int_equal(pragma(s->db, "SELECT count(*) FROM run WHERE command = 'stage'"), 1000);
	assert_int_equal(pragma(s->db, "SELECT min(started_at) FROM run WHERE command = 'stage'"),
	                 10);
	assert_int_equal(pragma(s->db, "SELECT count(*) FROM run WHERE command = 'sync'"), 1);
	assert_int_equal(run_last(s->db, "stage", 0, RUN_SUCCEEDED, &back, &err), 1);
	assert_int_equal(back.started_at, 1009);
	assert_string_equal(back.message, "");
}

static void put_runs(struct state *s, const char *command, int64_t remote, int status, int count)
{
	struct run_row row = {.remote = remote, .started_at = 1, .status = status};
	struct err err = ERR_INIT;

	(void)snprintf(row.command, sizeof(row.command), "%s", command);
	MUST(db_begin(s->db, &err));
	for (int i = 0; i < count; i++, row.started_at++)
		MUST(run_put(s->db, &row, &err));
	MUST(db_commit(s->db, &err));
}

/* One remote that is always down must not make another's success forgotten, nor its own. */
static void test_run_trim(void **state)
{
	struct state *s = *state;
	struct run_row back;
	struct err err = ERR_INIT;

	MUST(db_exec(s->db,
	             "INSERT INTO remote (id, endpoint, bucket, prefix) "
	             "VALUES (1, 'e', 'a', ''), (2, 'e', 'b', '')",
	             &err));
	put_runs(s, RUN_SYNC, 1, 0, 1);
	put_runs(s, RUN_SYNC_PART, 1, 0, 1);
	put_runs(s, RUN_SYNC, 2, 0, 3);
	put_runs(s, RUN_SYNC, 2, 5, 1500);
	assert_int_equal(run_last(s->db, RUN_SYNC, 1, RUN_SUCCEEDED, &back, &err), 1);
	assert_string_equal(back.command, RUN_SYNC_PART);
	assert_int_equal(run_last(s->db, RUN_SYNC_PART, 1, RUN_SUCCEEDED, &back, &err), 1);
	assert_int_equal(pragma(s->db, "SELECT count(*) FROM run WHERE remote = 1"), 2);
	assert_int_equal(run_last(s->db, RUN_SYNC, 2, RUN_SUCCEEDED, &back, &err), 1);
	assert_int_equal(back.started_at, 3);
	assert_int_equal(pragma(s->db, "SELECT count(*) FROM run WHERE remote = 2"), 1001);
	put_runs(s, RUN_SYNC, 0, 7, 1500);
	assert_int_equal(pragma(s->db, "SELECT count(*) FROM run WHERE remote IS NULL"), 1000);
	assert_int_equal(pragma(s->db, "SELECT count(*) FROM run"), 2003);
}

/* A scratch database is nobody else's, and says so when it fails. */
static void test_scratch_private(void **state)
{
	struct err err = ERR_INIT;
	struct db *one = db_open_scratch(64, &err), *two = db_open_scratch(64, &err);

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	MUST(db_exec(one, "CREATE TABLE t (x)", &err));
	MUST(db_exec(two, "CREATE TABLE t (x)", &err));
	assert_int_equal(db_exec(one, "CREATE TABLE t (x)", &err), -1);
	assert_non_null(strstr(err.message, "scratch file"));
	db_close(one);
	db_close(two);
}

/* More than its cache holds: the rest goes to a file, and comes back. */
static void test_scratch_spills(void **state)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct err err = ERR_INIT;
	struct db *db = db_open_scratch(64, &err);
	static const char fill[] =
		"CREATE TABLE t (x); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
		"SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT zeroblob(1000) "
		"FROM n";

	(void)state;
	assert_non_null(db);
	MUST(db_exec(db, fill, &err));
	MUST(query_start(&q, db, "SELECT sum(length(x)) FROM t", &err));
	assert_int_equal(query_step(&q, &err), 1);
	assert_int_equal(query_int(&q, 0), 1000000);
	query_end(&q);
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_meta),
		STATE_TEST(test_pragmas),
		STATE_TEST(test_open_modes),
		STATE_TEST(test_empty),
		STATE_TEST(test_damaged),
		STATE_TEST(test_newer),
		STATE_TEST(test_odd_paths),
		STATE_TEST(test_race),
		STATE_TEST(test_read_only_folder),
		STATE_TEST(test_hot_journal),
		STATE_TEST(test_transactions),
		STATE_TEST(test_rollback_inside),
		STATE_TEST(test_queries),
		STATE_TEST(test_run),
		STATE_TEST(test_run_trim),
		cmocka_unit_test(test_scratch_private),
		cmocka_unit_test(test_scratch_spills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
