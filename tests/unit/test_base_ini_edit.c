/* Changes to configuration files: what is asked for, and nothing else. */
#include "base/ini.h"
#include "base/ini_edit.h"
#include "tests/unit/unit.h"

#include <string.h>

static void put(struct str *text, const char *from)
{
	str_init(text, INI_FILE_MAX);
	assert_int_equal(str_adds(text, from), 0);
}

static void test_set(void **state)
{
	static const struct {
		const char *before, *section, *key, *value, *after;
	} cases[] = {
		{"", "core", "root", "/srv", "[core]\nroot = /srv\n"},
		{"\xef\xbb\xbf", "core", "root", "/srv", "\xef\xbb\xbf[core]\nroot = /srv\n"},
		{"# mine", "core", "root", "/srv", "# mine\n\n[core]\nroot = /srv\n"},
		{"# mine\n\n", "core", "root", "/srv", "# mine\n\n[core]\nroot = /srv\n"},
		/* A line keeps its indentation, its spelling, its comment and its end. */
		{"[core]\n\tRoot=a  ; why\r\n[sync]\n", "core", "root", "b",
	         "[core]\n\tRoot=b  ; why\r\n[sync]\n"},
		{"[s]\npart-size = 5M\n", "s", "part_size", "6M", "[s]\npart-size = 6M\n"},
		{"[s]\nk =\n", "s", "k", "v", "[s]\nk = v\n"},
		{"[s]\nk=\n", "s", "k", "v", "[s]\nk=v\n"},
		{"[s]\nk = # none yet\n", "s", "k", "v", "[s]\nk = v # none yet\n"},
		{"[s]\nk = v # one", "s", "k", "", "[s]\nk =  # one"},
		{"[s]\nk = a#b;c\n", "s", "k", "d#e", "[s]\nk = d#e\n"},
		/* A new key goes below the section's last, indented as the others. */
		{"[a]\n  x = 1\n# of b\n[b]\n", "a", "y", "2",
	         "[a]\n  x = 1\n  y = 2\n# of b\n[b]\n"},
		{"[a]\r\nx = 1", "a", "y", "2", "[a]\r\nx = 1\r\ny = 2\n"},
		{"[a]\n[b]\n\tx = 1\n", "a", "y", "2", "[a]\n\ty = 2\n[b]\n\tx = 1\n"},
		/* The last one counts, of sections and of keys. */
		{"[a]\nx = 1\n[b]\n[a]\nx = 2\nx = 3\n", "a", "x", "4",
	         "[a]\nx = 1\n[b]\n[a]\nx = 2\nx = 4\n"},
		{"[a]\nx = 1\n[b]\n[a]\n", "a", "y", "2", "[a]\nx = 1\n[b]\n[a]\ny = 2\n"},
		{"[remote  \"p q\" ] ; c\nx = 1\n", "remote \"p q\"", "x", "2",
	         "[remote  \"p q\" ] ; c\nx = 2\n"},
		{"[remote \"p  q\"]\nx = 1", "remote \"pq\"", "x", "2",
	         "[remote \"p  q\"]\nx = 1\n\n[remote \"pq\"]\nx = 2\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct str text;

		put(&text, cases[i].before);
		assert_int_equal(
			ini_set(&text, cases[i].section, cases[i].key, cases[i].value, &err), 0);
		assert_string_equal(str_text(&text), cases[i].after);
		str_release(&text);
	}
}

static void test_what_cannot_be_set(void **state)
{
	static const struct {
		const char *section, *key, *value;
	} cases[] = {
		{"a", "x", "1\n[core]\nroot = /"},
		{"a", "x", "1\n"},
		{"a", "x", " 1"},
		{"a", "x", "1\t"},
		{"a", "x", "1 # one"},
		{"a", "x", "; one"},
		{"a", "x\ny", "1"},
		{"a", "", "1"},
		{"a", "x=y", "1"},
		{"a]b", "x", "1"},
		{"", "x", "1"},
		{"a\n[b", "x", "1"},
		{"a", "#x", "1"},
	};
	static const char before[] = "[a]\nx = 0\n";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct str text;

		put(&text, before);
		assert_int_equal(
			ini_set(&text, cases[i].section, cases[i].key, cases[i].value, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(str_text(&text), before);
		str_release(&text);
	}
}

static void test_broken_file(void **state)
{
	struct err err = ERR_INIT;
	struct str text;
	size_t removed;

	(void)state;
	put(&text, "[a]\n\nnonsense\n");
	assert_int_equal(ini_set(&text, "a", "x", "1", &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.message, "line 3"));
	assert_int_equal(ini_unset(&text, "a", "x", &removed, &err), -1);
	assert_int_equal(ini_remove_section(&text, "a", &removed, &err), -1);
	assert_string_equal(str_text(&text), "[a]\n\nnonsense\n");
	str_release(&text);
}

static void test_full_file(void **state)
{
	struct err err = ERR_INIT;
	struct str text;

	(void)state;
	str_init(&text, 20);
	assert_int_equal(str_adds(&text, "[a]\nx = 1\n"), 0);
	assert_int_equal(ini_set(&text, "a", "x", "12345678901234567890", &err), -1);
	assert_int_equal(err.code, ERR_MEMORY);
	assert_string_equal(str_text(&text), "[a]\nx = 1\n");
	str_release(&text);
}

static void test_unset(void **state)
{
	static const struct {
		const char *before, *after;
		size_t removed;
	} cases[] = {
		{"[a]\n# c\nX-y = 1\nz = 2\n[b]\nx_y = 3\n[a]\nx_y = 4",
	         "[a]\n# c\nz = 2\n[b]\nx_y = 3\n[a]\n", 2},
		{"[b]\nx_y = 3\n", "[b]\nx_y = 3\n", 0},
		{"", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct str text;
		size_t removed;

		put(&text, cases[i].before);
		assert_int_equal(ini_unset(&text, "a", "x_y", &removed, &err), 0);
		assert_int_equal(removed, cases[i].removed);
		assert_string_equal(str_text(&text), cases[i].after);
		str_release(&text);
	}
}

static void test_remove_section(void **state)
{
	static const struct {
		const char *before, *after;
		size_t removed;
	} cases[] = {
		{"[a]\nx = 1\n", "", 1},
		{"\xef\xbb\xbf[a]\nx = 1\n[b]\n", "\xef\xbb\xbf[b]\n", 1},
		{"# file\n\n[a]\n# in it\nx = 1\n# of it\n\n# of b\n[b]\ny = 1\n",
	         "# file\n\n# of b\n[b]\ny = 1\n", 1},
		{"[b]\ny = 1\n[a]\nx = 1\n# of c\n[c]\n", "[b]\ny = 1\n# of c\n[c]\n", 1},
		{"[a]\n[b]\n[a]\nx = 1\n[a]\n", "[b]\n", 3},
		{"[b]\n\n[a]\nx = 1\n\n\n[c]\n", "[b]\n\n\n[c]\n", 1},
		{"[b]\n[a]\nx = 1\n\n[c]\n", "[b]\n\n[c]\n", 1},
		{"[b]\nx = 1\n", "[b]\nx = 1\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct str text;
		size_t removed;

		put(&text, cases[i].before);
		assert_int_equal(ini_remove_section(&text, "a", &removed, &err), 0);
		assert_int_equal(removed, cases[i].removed);
		assert_string_equal(str_text(&text), cases[i].after);
		str_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),         cmocka_unit_test(test_what_cannot_be_set),
		cmocka_unit_test(test_broken_file), cmocka_unit_test(test_full_file),
		cmocka_unit_test(test_unset),       cmocka_unit_test(test_remove_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
