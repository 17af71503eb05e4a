/* The table of rule I8: what names an image, and with which tag. */
#include "stage/document/image_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SHA "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct image_names_case {
	const char *wanted, *containerd, *ref, *tags[3];
	const char *expect; /* "repo:tag repo:tag", "" for none, NULL for an error */
};

static const struct image_names_case CASES[] = {
	/* the order of precedence */
	{NULL, "docker.io/library/app:1", "1", {"other:2"}, "app:1"},
	{NULL, NULL, "localhost/app:1", {"other:2"}, "app:1"},
	{NULL, NULL, NULL, {"app:1", "team/app:2"}, "app:1 team/app:2"},
	{"mine:9", "docker.io/library/app:1", "1", {"other:2"}, "mine:9"},
	/* tags that are missing */
	{NULL, "docker.io/library/app", "3", {NULL}, "app:3"},
	{NULL, "docker.io/library/app", NULL, {NULL}, "app:latest"},
	{NULL, NULL, "gcr.io/team/app", {NULL}, "gcr.io/team/app:latest"},
	{"mine", NULL, NULL, {NULL}, "mine:latest"},
	{"mine", NULL, "2.1", {NULL}, "mine:2.1"},
	{"mine", NULL, NULL, {"app:1", "app:2"}, "mine:1 mine:2"},
	{"mine", NULL, NULL, {"app:1", "b:1"}, "mine:1"},
	/* nothing names it: a bare tag is no name */
	{NULL, NULL, NULL, {NULL}, ""},
	{NULL, NULL, "latest", {NULL}, ""},
	{NULL, "", "", {NULL}, ""},
	/* FP1: a name by digest names no tag, whoever writes it */
	{NULL, "docker.io/library/app@" SHA, SHA, {NULL}, ""},
	{NULL, "app@" SHA, "@" SHA, {NULL}, ""},
	{NULL, NULL, "registry.example:5000/team/app@" SHA, {NULL}, ""},
	{NULL, NULL, NULL, {"x@" SHA, "overlayfs@" SHA, "import-2026-01-02@" SHA}, ""},
	{NULL, NULL, NULL, {"x@" SHA, "app:1", "app@" SHA}, "app:1"},
	{NULL, "docker.io/library/app:1@" SHA, "1@" SHA, {NULL}, "app:1"},
	{"mine", "app@" SHA, "@" SHA, {NULL}, "mine:latest"},
	{"mine", NULL, NULL, {"x@" SHA, "app:1"}, "mine:1"},
	/* FP2: an image id is no repository, and what is behind its colon no tag */
	{NULL, SHA, SHA, {NULL}, ""},
	{NULL, SHA, "", {SHA, "app:1"}, "app:1"},
	{NULL, SHA, "localhost/app:1", {NULL}, "app:1"},
	{"mine", SHA, SHA, {SHA}, "mine:latest"},
	{NULL, "sha256:12", NULL, {NULL}, "sha256:12"},
	/* FP13: a ref.name that is no tag counts only when nothing else names the image */
	{NULL, NULL, "1.0.0+build.5", {NULL}, NULL},
	{"chart", NULL, "1.0.0+build.5", {NULL}, "chart:latest"},
	{"chart:1", NULL, "1.0.0+build.5", {NULL}, "chart:1"},
	{NULL, "team/chart:1", "1.0.0+build.5", {NULL}, "team/chart:1"},
	{NULL, SHA, "1.0.0+build.5", {NULL}, NULL},
	/* hosts */
	{NULL, "localhost:5000/app:1", NULL, {NULL}, "app:1"},
	{NULL,
         "gcr.io/google-samples/node-hello:1.0",
         NULL,
         {NULL},
         "gcr.io/google-samples/node-hello:1.0"},
	/* what no key may be made of */
	{NULL, "../../etc/passwd:1", NULL, {NULL}, NULL},
	{NULL, NULL, NULL, {"a/manifests/b:1"}, NULL},
	{NULL, NULL, NULL, {"App:1"}, NULL},
	{NULL, NULL, "bad tag", {NULL}, NULL},
	/* a better name may be given to it */
	{"mine", "../../etc/passwd:1", NULL, {NULL}, "mine:latest"},
};

static void choose(const struct image_names_case *c, struct name_set *set, int *result)
{
	struct name_sources from = {c->containerd, c->ref, c->tags, 0};
	struct reference wanted;
	struct image_names rules = {.wanted = c->wanted ? &wanted : NULL, .hosts = NAME_KEEP_HOSTS};
	struct err err = ERR_INIT;

	while (from.repo_tag_count < 3 && c->tags[from.repo_tag_count])
		from.repo_tag_count++;
	if (c->wanted)
		assert_int_equal(reference_parse_plain(&wanted, c->wanted, &err), 0);
	*result = image_names_choose(&rules, &from, set, &err);
	if (*result < 0)
		assert_int_equal(err.code, ERR_REFUSED);
}

static void test_choose(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct name_set set = {NULL, 0, 0};
		char text[1024] = "";
		int result;

		choose(&CASES[i], &set, &result);
		for (size_t k = 0; k < set.count; k++) {
			strcat(text, k ? " " : "");
			strcat(text, set.names[k].repo);
			strcat(text, ":");
			strcat(text, set.names[k].tag);
		}
		if (CASES[i].expect) {
			assert_int_equal(result, 0);
			assert_string_equal(text, CASES[i].expect);
		} else {
			assert_int_equal(result, -1);
		}
		name_set_release(&set);
	}
}

static void test_kind(void **state)
{
	static const char *const tags[] = {SHA, "app:1"};
	static const struct {
		struct name_sources from;
		enum names_kind kind;
	} cases[] = {
		{{NULL, NULL, NULL, 0}, NAMES_NONE},
		{{"", "", NULL, 0}, NAMES_NONE},
		{{NULL, "1", NULL, 0}, NAMES_TAG},
		{{NULL, "1@" SHA, NULL, 0}, NAMES_TAG},
		{{NULL, "1.0.0+build.5", NULL, 0}, NAMES_ODD},
		{{"app:1", "1.0.0+build.5", NULL, 0}, NAMES_FULL},
		{{"app:1", "1", NULL, 0}, NAMES_FULL},
		{{NULL, "team/app", NULL, 0}, NAMES_FULL},
		{{"team/app@" SHA, "@" SHA, NULL, 0}, NAMES_NONE},
		{{SHA, SHA, NULL, 0}, NAMES_NONE},
		{{NULL, NULL, tags, 1}, NAMES_NONE},
		{{NULL, NULL, tags, 2}, NAMES_FULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(image_names_kind(&cases[i].from), cases[i].kind);
}

static void count_note(void *context, const char *text, const char *repo)
{
	assert_string_equal(text, "localhost/app:1");
	assert_string_equal(repo, "app");
	++*(int *)context;
}

static void test_dropped_host_is_told(void **state)
{
	int notes = 0;
	struct image_names rules = {.note = count_note, .context = &notes};
	struct name_sources from = {.ref_name = "localhost/app:1"};
	struct name_set set = {NULL, 0, 0};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(image_names_choose(&rules, &from, &set, &err), 0);
	assert_int_equal(notes, 1);
	name_set_release(&set);
}

static void test_strip_host(void **state)
{
	struct image_names rules = {.hosts = NAME_STRIP_HOSTS};
	struct name_sources from = {.ref_name = "gcr.io/team/app:1"};
	struct name_set set = {NULL, 0, 0};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(image_names_choose(&rules, &from, &set, &err), 0);
	assert_string_equal(set.names[0].repo, "team/app");
	name_set_release(&set);
}

static void test_set_has_no_duplicates(void **state)
{
	struct name_set set = {NULL, 0, 0};
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(name_set_add(&set, "a", i == 2 ? "2" : "1", &err), 0);
	assert_int_equal(set.count, 2);
	name_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_dropped_host_is_told),
		cmocka_unit_test(test_strip_host),
		cmocka_unit_test(test_set_has_no_duplicates),
	};

	return cmocka_run_group_tests_name("stage_naming", tests, NULL, NULL);
}
