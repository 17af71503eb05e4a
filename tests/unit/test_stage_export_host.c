#include "check.h"

#include "stage/export/host.h"

static struct host_load small(void)
{
	return (struct host_load){.files = 10,
	                          .bytes = 1000,
	                          .largest_bytes = 500,
	                          .largest = "v2/a/blobs/x",
	                          .folder_files = 5,
	                          .folder = "v2/a/blobs"};
}

static unsigned warnings;

static void count_warning(void *context, const struct event *event)
{
	(void)context;
	warnings += event->type == EVENT_WARNING;
}

static const struct event_sink SINK = {count_warning, NULL, 0};

static void takes_what_is_within_its_limits(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	warnings = 0;
	for (size_t i = 0; export_host_at(i); i++) {
		const struct host_load load = small();

		MUST(export_host_check(export_host_at(i), &load, &SINK, &err));
	}
	assert_int_equal(warnings, 0);
}

static void refuses_what_is_beyond_them(void **state)
{
	const struct {
		const char *host, *words;
		struct host_load load;
	} cases[] = {
		{"cloudflare-pages",
	         "files of at most 25.0 MiB: v2/a has 26.0 MiB",
	         {.files = 3, .largest_bytes = 26 << 20, .too_large = 2, .largest = "v2/a"}},
		{"cloudflare-pages",
	         "at most 100000 files, and there are 100001",
	         {.files = 100000}}, /* and the marker */
		{"netlify",
	         "at most 54000 files in a folder: v2/a/blobs has 54001",
	         {.files = 60000, .folder_files = 54001, .folder = "v2/a/blobs"}},
		{"github-pages",
	         "files of at most 100.0 MiB",
	         {.files = 1, .largest_bytes = 101 << 20, .too_large = 1, .largest = "v2/a"}},
		{"github-pages",
	         "sites of at most 953.7 MiB: this one has 954.0 MiB",
	         {.files = 20, .bytes = (uint64_t)954 << 20}},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		MUST_FAIL(export_host_check(export_host_named(cases[i].host), &cases[i].load, &SINK,
		                            &err),
		          ERR_REFUSED);
		CASE(strstr(err.message, cases[i].words), "%s: %s", cases[i].words, err.message);
	}
}

static void warns_of_what_a_free_plan_does_not_take(void **state)
{
	struct host_load load = small();
	struct err err = ERR_INIT;

	(void)state;
	warnings = 0;
	load.files = 19999;
	MUST(export_host_check(export_host_named("cloudflare-pages"), &load, &SINK, &err));
	assert_int_equal(warnings, 0);
	load.files = 20000;
	MUST(export_host_check(export_host_named("cloudflare-pages"), &load, &SINK, &err));
	assert_int_equal(warnings, 1);
}

/* The option's choices are the hosts, in their order. */
static void knows_its_names(void **state)
{
	char choices[100] = "";

	(void)state;
	for (size_t i = 0; export_host_at(i); i++) {
		(void)snprintf(choices + strlen(choices), sizeof(choices) - strlen(choices), "%s%s",
		               i ? "|" : "", export_host_at(i)->name);
		assert_ptr_equal(export_host_named(export_host_at(i)->name), export_host_at(i));
	}
	assert_string_equal(choices, EXPORT_HOST_CHOICES);
	assert_null(export_host_named("example"));
	assert_true(host_files_know("_headers"));
	assert_false(host_files_know("../_headers"));
	assert_false(host_files_know("index.html"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_is_within_its_limits),
		cmocka_unit_test(refuses_what_is_beyond_them),
		cmocka_unit_test(warns_of_what_a_free_plan_does_not_take),
		cmocka_unit_test(knows_its_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
