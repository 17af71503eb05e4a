/* What --image means, and in which form (I10). */
#include "stage/document/image_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEX "3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA "sha256:e" HEX

/* Entries of one archive; containerd's and ref.name, or a RepoTag. */
static const struct {
	const char *containerd, *ref, *repo_tag;
} ENTRIES[] = {
	{"docker.io/library/app:1", "1", NULL},
	{"docker.io/library/app:2", "2", NULL},
	{"registry.example.org/db:2", "2", NULL},
	{"docker.io/library/app@" SHA, "@" SHA, NULL},
	{NULL, "plain", NULL},
	{NULL, "1.0.0+build.5", NULL},
	{NULL, "localhost:5000/team/web", NULL},
	{NULL, NULL, "tool:latest"},
	{NULL, NULL, NULL},
};
enum { ENTRY_COUNT = sizeof(ENTRIES) / sizeof(ENTRIES[0]) };

/* Each entry has another, entry 3 the one that is in its name. */
static struct digest digest_of(size_t entry)
{
	char text[] = SHA;
	struct digest digest;

	if (entry != 3)
		text[sizeof("sha256:") - 1] = (char)('0' + entry);
	assert_true(digest_parse_quiet(&digest, text, strlen(text)));
	return digest;
}

/* Which entries are taken, as "02", or NULL for an error. */
static const char *taken(const char *const *asked, size_t count, char text[ENTRY_COUNT + 1],
                         struct err *err)
{
	struct image_choice choice;
	size_t len = 0;
	int got = image_choice_init(&choice, asked, count, NAME_KEEP_HOSTS, err);

	for (size_t i = 0; got >= 0 && i < ENTRY_COUNT; i++) {
		struct name_sources from = {ENTRIES[i].containerd, ENTRIES[i].ref,
		                            &ENTRIES[i].repo_tag, ENTRIES[i].repo_tag != NULL};
		struct digest digest = digest_of(i);

		got = image_choice_takes(&choice, i, &digest, &from, err);
		if (got > 0)
			text[len++] = (char)('0' + i);
	}
	text[len] = '\0';
	if (got >= 0)
		got = image_choice_check(&choice, err);
	image_choice_release(&choice);
	return got < 0 ? NULL : text;
}

static void test_takes(void **state)
{
	static const struct {
		const char *asked, *takes;
	} cases[] = {
		/* FP11: as it stands there */
		{"docker.io/library/app:1", "0"},
		{"docker.io/library/app@" SHA, "3"},
		{"@" SHA, "3"},
		{"1", "0"},
		{"plain", "4"},
		{"1.0.0+build.5", "5"},
		/* FP11: in another form */
		{"app:1", "0"},
		{"library/app:1", "0"},
		{"index.docker.io/library/app:1", "0"},
		{"team/web", "6"},
		{"team/web:latest", "6"},
		{"localhost:5000/team/web:latest", "6"},
		{"tool", "7"},
		{"docker.io/tool:latest", "7"},
		/* FP11: by its digest, whatever is before it */
		{"sha256:8" HEX, "8"},
		{"@sha256:1" HEX, "1"},
		{"app@sha256:1" HEX, "1"},
		{"app:2@sha256:1" HEX, "1"},
		{"app:1@sha256:9" HEX, NULL},
		/* FP11: by its number */
		{"@0", "0"},
		{"@8", "8"},
		/* FP11: nothing */
		{"app", NULL},
		{"app:3", NULL},
		{"db:2", NULL},
		{"plain:latest", NULL},
		{"@9", NULL},
		{"@", NULL},
		{"@0x1", NULL},
		{"@10000000000", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[ENTRY_COUNT + 1];
		struct err err = ERR_INIT;
		const char *got = taken(&cases[i].asked, 1, text, &err);

		if (cases[i].takes) {
			assert_non_null(got);
			assert_string_equal(got, cases[i].takes);
		} else {
			assert_null(got);
			assert_int_equal(err.code, ERR_NOT_FOUND);
		}
	}
}

static void test_several_and_none(void **state)
{
	static const char *const asked[] = {"app:2", "@7", "tool"};
	char text[ENTRY_COUNT + 1];
	struct err err = ERR_INIT;

	(void)state;
	assert_string_equal(taken(asked, 3, text, &err), "17");
	assert_string_equal(taken(NULL, 0, text, &err), "012345678");
}

static void test_tag_of_several_names(void **state)
{
	static const char *const asked[] = {"2"};
	char text[ENTRY_COUNT + 1];
	struct err err = ERR_INIT;

	(void)state;
	assert_null(taken(asked, 1, text, &err));
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.message, "registry.example.org/db:2"));
}

/* FP11: the error tells what is there, in the form in which it can be asked for. */
static void test_what_is_there(void **state)
{
	static const char *const asked[] = {"app:3"};
	char text[ENTRY_COUNT + 1];
	struct err err = ERR_INIT;

	(void)state;
	assert_null(taken(asked, 1, text, &err));
	assert_string_equal(err.message,
	                    "no image 'app:3' in it; it has app:1, app:2, "
	                    "registry.example.org/db:2, docker.io/library/app@" SHA ", plain, "
	                    "1.0.0+build.5, team/web:latest, tool:latest, @8; did you "
	                    "mean app:1?");
}

static void test_much_is_cut(void **state)
{
	static const char *const asked[] = {"app:3"};
	struct digest digest = digest_of(0);
	struct image_choice choice;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(image_choice_init(&choice, asked, 1, NAME_KEEP_HOSTS, &err), 0);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(image_choice_takes(&choice, i, &digest,
		                                    &(struct name_sources){.ref_name = NULL}, &err),
		                 0);
	assert_int_equal(image_choice_check(&choice, &err), -1);
	assert_non_null(strstr(err.message, "@11, …"));
	image_choice_release(&choice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_several_and_none),
		cmocka_unit_test(test_tag_of_several_names),
		cmocka_unit_test(test_what_is_there),
		cmocka_unit_test(test_much_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
