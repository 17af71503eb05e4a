#include "sync/plan/layer_count.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct digest letter(char c)
{
	uint8_t bytes[SHA256_BYTES];

	memset(bytes, c, sizeof(bytes));
	return digest_from_sha256(bytes);
}

enum { FIRST = 0x80 };

static bool is_manifest(char c)
{
	return (c >= 'A' && c <= 'Z') || (unsigned char)c >= FIRST;
}

/* c is a config, what is no manifest is a layer. */
static void manifest(struct db *db, char parent, const char *children)
{
	struct edge_row edges[8];
	struct err err = ERR_INIT;
	struct manifest_row row = {.digest = letter(parent), .media_type = "x"};
	size_t count = 0;

	memset(edges, 0, sizeof(edges));
	for (; children[count]; count++) {
		char child = children[count];

		edges[count].child = letter(child);
		edges[count].role = is_manifest(child) ? EDGE_MANIFEST
		                    : child == 'c'     ? EDGE_CONFIG
		                                       : EDGE_LAYER;
		edges[count].present = 1;
	}
	assert_int_equal(manifest_put(db, &row, &err), 0);
	assert_int_equal(edges_put(db, &row.digest, edges, count, &err), 0);
}

static int setup(void **state)
{
	struct err err = ERR_INIT;
	struct db *db = db_open(":memory:", DB_CREATE, &err);

	assert_non_null(db);
	manifest(db, 'M', "cxyz");
	manifest(db, 'N', "cx");
	manifest(db, 'I', "MN");
	manifest(db, 'J', "INMP"); /* P is not there */
	manifest(db, 'E', "");
	*state = db;
	return 0;
}

static int teardown(void **state)
{
	db_close(*state);
	return 0;
}

/* Whatever was asked before, and each as often as one likes. */
static void counts(void **state)
{
	static const struct {
		char manifest;
		uint64_t layers;
	} rows[] = {{'M', 3}, {'I', 4}, {'J', 8}, {'N', 1}, {'J', 8}, {'M', 3}, {'E', 0}, {'P', 0}};

	for (size_t first = 0; first < sizeof(rows) / sizeof(rows[0]); first++) {
		struct layer_count count = {.walk.db = *state};

		for (size_t i = first; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct digest digest = letter(rows[i].manifest);
			struct err err = ERR_INIT;
			uint64_t layers = 99;

			assert_int_equal(layer_count_of(&count, &digest, &layers, &err), 0);
			assert_int_equal(layers, rows[i].layers);
		}
		layer_count_release(&count);
	}
}

/* Two indexes of each level have both of the level below: 2^36 paths, of which 2^32 - 1 are told.
 */
static void stays_at_the_most(void **state)
{
	struct layer_count count = {.walk.db = *state};
	struct digest top = letter((char)(FIRST + 72));
	struct err err = ERR_INIT;
	uint64_t layers = 0;

	manifest(*state, (char)FIRST, "x");
	manifest(*state, (char)(FIRST + 1), "x");
	for (int level = 1; level <= 36; level++)
		for (int i = 0; i < 2; i++) {
			int below = FIRST + 2 * (level - 1);

			manifest(*state, (char)(below + 2 + i),
			         (char[]){(char)below, (char)(below + 1), 0});
		}
	assert_int_equal(layer_count_of(&count, &top, &layers, &err), 0);
	assert_int_equal(layers, UINT32_MAX);
	layer_count_release(&count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts, setup, teardown),
		cmocka_unit_test_setup_teardown(stays_at_the_most, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
