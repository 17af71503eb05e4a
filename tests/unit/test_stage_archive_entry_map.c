/* Names and links of an archive (N2, N4). */
#include "stage/archive/entry_map.h"
#include "stage/archive/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_join(void **state)
{
	static const struct {
		const char *base, *path, *expect; /* NULL: refused */
	} cases[] = {
		{"", "a/b", "a/b"},        {"", "./a//b/.", "a/b"},
		{"", "a/../b", "b"},       {"x/y", "z", "x/z"},
		{"x/y/z", "../q", "x/q"},  {"x/y", "../../q", NULL},
		{"", "..", NULL},          {"", "", NULL},
		{"", ".", NULL},           {"", "a/..", NULL},
		{"", "/etc/passwd", NULL}, {"a/b", "/etc/passwd", NULL},
		{"", "...", "..."},        {"", "..a", "..a"},
	};
	char out[ENTRY_NAME_MAX + 1], longest[ENTRY_NAME_MAX + 3];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ok = entry_path_join(out, cases[i].base, cases[i].path);

		assert_int_equal(ok, cases[i].expect != NULL);
		if (ok)
			assert_string_equal(out, cases[i].expect);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[ENTRY_NAME_MAX + 1] = '\0';
	assert_false(entry_path_join(out, "", longest));
	longest[ENTRY_NAME_MAX - 1] = '\0';
	assert_true(entry_path_join(out, "", longest));
}

/* Entries are "the same" when their offsets' tens are. */
static int same_tens(void *context, const struct entry *a, const struct entry *b, struct err *err)
{
	(void)context;
	(void)err;
	return a->offset / 10 == b->offset / 10;
}

struct given {
	enum entry_kind kind;
	const char *name, *target;
	uint64_t offset;
};

static const struct given ENTRIES[] = {
	{ENTRY_SYMLINK, "first/layer.tar", "../second/layer.tar", 0}, /* before its target */
	{ENTRY_FILE, "./second//layer.tar", NULL, 20},
	{ENTRY_HARDLINK, "hard", "second/layer.tar", 0},
	{ENTRY_SYMLINK, "hard-to-link", "hard", 0},
	{ENTRY_SYMLINK, "folder", "second", 0},
	{ENTRY_SYMLINK, "out", "../../etc/passwd", 0},
	{ENTRY_SYMLINK, "absolute", "/etc/passwd", 0},
	{ENTRY_SYMLINK, "loop-a", "loop-b", 0},
	{ENTRY_SYMLINK, "loop-b", "loop-a", 0},
	{ENTRY_SYMLINK, "self", "self", 0},
	{ENTRY_SYMLINK, "loop-dir", "loop-dir/x", 0},
	{ENTRY_SYMLINK, "dangling", "nowhere", 0},
	{ENTRY_FILE, "twice-equal", NULL, 31},
	{ENTRY_FILE, "twice-equal", NULL, 32},
	{ENTRY_FILE, "twice-other", NULL, 41},
	{ENTRY_FILE, "twice-other", NULL, 52},
	{ENTRY_FILE, "twice-kind", NULL, 61},
	{ENTRY_SYMLINK, "twice-kind", "second/layer.tar", 0},
	{ENTRY_FILE, "../escape", NULL, 70},
	{ENTRY_FILE, "/absolute-name", NULL, 71},
};

static void fill(struct entry_map *map)
{
	struct err err = ERR_INIT;

	entry_map_init(map);
	map->same = same_tens;
	for (size_t i = 0; i < sizeof(ENTRIES) / sizeof(ENTRIES[0]); i++)
		assert_int_equal(entry_map_add(map, ENTRIES[i].kind, ENTRIES[i].name,
		                               ENTRIES[i].target, ENTRIES[i].offset, 5, 0, &err),
		                 0);
	entry_map_seal(map);
}

static void test_resolve(void **state)
{
	static const struct {
		const char *name;
		int expect;
		const char *found;
		uint64_t offset;
	} cases[] = {
		{"second/layer.tar", 1, "second/layer.tar", 20},
		{"./second/../second/layer.tar", 1, "second/layer.tar", 20},
		{"first/layer.tar", 1, "second/layer.tar", 20},
		{"hard", 1, "second/layer.tar", 20},
		{"hard-to-link", 1, "second/layer.tar", 20},
		{"folder/layer.tar", 1, "second/layer.tar", 20},
		{"folder", 0, NULL, 0},
		{"second", 0, NULL, 0},
		{"nothing", 0, NULL, 0},
		{"dangling", 0, NULL, 0},
		{"twice-equal", 1, "twice-equal", 31},
		{"out", -1, NULL, 0},
		{"absolute", -1, NULL, 0},
		{"loop-a", -1, NULL, 0},
		{"self", -1, NULL, 0},
		{"loop-dir/y", -1, NULL, 0},
		{"twice-other", -1, NULL, 0},
		{"twice-kind", -1, NULL, 0},
		{"../escape", -1, NULL, 0},
		{"escape", 0, NULL, 0},
		{"absolute-name", 0, NULL, 0},
	};
	struct entry_map map;
	struct entry entry;

	(void)state;
	fill(&map);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		int got = entry_resolve(entry_map_node, &map, cases[i].name, &entry, &err);

		if (got != cases[i].expect)
			print_error("%s: %s\n", cases[i].name, err.message);
		assert_int_equal(got, cases[i].expect);
		if (got > 0) {
			assert_string_equal(entry.name, cases[i].found);
			assert_int_equal(entry.offset, cases[i].offset);
		}
		if (got < 0)
			assert_int_equal(err.code, ERR_REFUSED);
	}
	entry_map_release(&map);
}

static void test_empty(void **state)
{
	struct entry_map map;
	struct entry entry;
	struct err err = ERR_INIT;

	(void)state;
	entry_map_init(&map);
	entry_map_seal(&map);
	assert_int_equal(entry_resolve(entry_map_node, &map, "a", &entry, &err), 0);
	entry_map_release(&map);
}

static void test_limit(void **state)
{
	struct entry_map map;
	struct err err = ERR_INIT;
	char name[16];
	int result = 0;
	uint32_t count = 0;

	(void)state;
	entry_map_init(&map);
	for (; result == 0 && count <= LIMIT_ENTRIES; count++) {
		(void)snprintf(name, sizeof(name), "%u", count);
		result = entry_map_add(&map, ENTRY_FILE, name, NULL, 0, 0, 0, &err);
	}
	assert_int_equal(result, -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(count, LIMIT_ENTRIES + 1);
	entry_map_release(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("stage_entry_map", tests, NULL, NULL);
}
