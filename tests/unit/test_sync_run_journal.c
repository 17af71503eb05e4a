/*
 * The journal beside a state file that another connection holds (FM8): a tick waits for a better
 * moment, a flush and a full journal are errors, and nothing that is kept is written twice.
 */
#include "sync/run/journal.h"

#include "db/state/remote.h"

#include "tests/unit/state.h"

static struct err err;

struct fixture {
	struct state *state;
	struct db *other; /* what locks the state */
	struct journal journal;
};

static struct fixture begin(struct state *s)
{
	struct fixture f = {.state = s};
	struct remote_row remote;

	MUST(remote_need(s->db, "https://s3.example", "b", "", &remote, &err));
	f.other = db_open(s->path, DB_WRITE, &err);
	assert_non_null(f.other);
	(void)db_set_patience(s->db, 1);
	MUST(journal_open(&f.journal, s->db, remote.id, &err));
	return f;
}

static void end(struct fixture *f)
{
	journal_close(&f->journal);
	db_close(f->other);
}

static int add(struct fixture *f, unsigned number)
{
	struct remote_object_row row = {.etag = "e", .size_bytes = number, .digest = digest_no(1)};
	char key[64];

	(void)snprintf(key, sizeof(key), "v2/app/blobs/%u", number);
	return journal_object(&f->journal, key, &row, &err);
}

static bool is_recorded(struct fixture *f, unsigned number)
{
	struct remote_object_row row;
	char key[64];
	int got;

	(void)snprintf(key, sizeof(key), "v2/app/blobs/%u", number);
	got = remote_object_get(f->state->db, f->journal.remote, key, &row, &err);
	assert_true(got >= 0);
	return got == 1;
}

static void test_full_and_locked(void **state)
{
	struct fixture f = begin(*state);

	MUST(db_begin(f.other, &err));
	for (unsigned i = 0; i < JOURNAL_MAX; i++)
		MUST(add(&f, i));
	assert_int_equal(add(&f, JOURNAL_MAX), -1);
	assert_int_equal(err.code, ERR_LOCKED);
	assert_true(f.journal.lost);
	db_rollback(f.other);
	assert_false(is_recorded(&f, 0));
	end(&f);
}

static void test_flush_when_locked(void **state)
{
	struct fixture f = begin(*state);

	MUST(db_begin(f.other, &err));
	MUST(add(&f, 1));
	assert_int_equal(journal_flush(&f.journal, &err), -1);
	assert_true(f.journal.lost);
	db_rollback(f.other);
	MUST(journal_flush(&f.journal, &err));
	assert_true(is_recorded(&f, 1));
	end(&f);
}

static void test_tick_when_locked(void **state)
{
	struct fixture f = begin(*state);

	MUST(db_begin(f.other, &err));
	for (unsigned i = 0; i < JOURNAL_BATCH; i++)
		MUST(add(&f, i));
	MUST(journal_tick(&f.journal, &err));
	assert_false(f.journal.lost);
	assert_int_equal(f.journal.count, JOURNAL_BATCH);
	db_rollback(f.other);
	/* It was put off, so that the next tick does not wait for the lock again. */
	MUST(journal_tick(&f.journal, &err));
	assert_int_equal(f.journal.count, JOURNAL_BATCH);
	MUST(journal_flush(&f.journal, &err));
	assert_int_equal(f.journal.count, 0);
	assert_true(is_recorded(&f, JOURNAL_BATCH - 1));
	end(&f);
}

static void test_dry_run(void **state)
{
	struct fixture f = begin(*state);

	f.journal.remote = 0;
	for (unsigned i = 0; i < 2 * JOURNAL_MAX; i++)
		MUST(add(&f, i));
	MUST(journal_flush(&f.journal, &err));
	assert_false(f.journal.wrote);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_full_and_locked),
		STATE_TEST(test_flush_when_locked),
		STATE_TEST(test_tick_when_locked),
		STATE_TEST(test_dry_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
