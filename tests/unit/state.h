/* state: a fresh state file for each test of the typed queries, and digests to fill it with. */
#ifndef DRYDOCK_TESTS_UNIT_STATE_H
#define DRYDOCK_TESTS_UNIT_STATE_H

#include "db/state/db.h"

#include "tests/unit/check.h"

struct state {
	char scratch[SCRATCH_MAX];
	char path[SCRATCH_MAX + 16];
	struct db *db;
	struct err err;
};

static inline int state_set_up(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	scratch_make(s->scratch);
	(void)snprintf(s->path, sizeof(s->path), "%s/state.db", s->scratch);
	s->db = db_open(s->path, DB_CREATE, &s->err);
	if (!s->db)
		fail_msg("%s", s->err.message);
	*state = s;
	return 0;
}

static inline int state_tear_down(void **state)
{
	struct state *s = *state;

	db_close(s->db);
	scratch_remove(s->scratch);
	free(s);
	return 0;
}

/* sha256 of which the first byte is `first`, the rest zero. */
static inline struct digest digest_no(uint8_t first)
{
	struct digest d = {.alg = DIGEST_SHA256};

	d.bytes[0] = first;
	return d;
}

#define STATE_TEST(test) cmocka_unit_test_setup_teardown(test, state_set_up, state_tear_down)

#endif
