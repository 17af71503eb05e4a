/* --check-metadata: which headers are wrong, and what is said of them. */
#include "sync/diff/check_headers.h"
#include "sync/run/object_headers.h"

#include "tests/unit/check.h"

static void test_what_is_wrong(void **state)
{
	static const struct {
		const char *type, *cache, *digest; /* as found */
		const char *why;                   /* NULL: nothing is wrong */
	} cases[] = {
		{"application/json", "max-age=60", "sha256:1", NULL},
		{"text/plain", "max-age=60", "sha256:1", "Content-Type is 'text/plain'"},
		{"application/json; charset=utf-8", "max-age=60", "sha256:1",
	         "Content-Type is 'application/json; charset=utf-8'"},
		{"", "max-age=60", "sha256:1", "no Content-Type"},
		{NULL, "max-age=60", "sha256:1", "no Content-Type"},
		{"application/json", "max-age=6", "sha256:1", "Cache-Control is 'max-age=6'"},
		{"application/json", "", "sha256:1", "no Cache-Control"},
		{"application/json", "max-age=60", "sha256:2",
	         "x-amz-meta-docker-content-digest is 'sha256:2'"},
		{"application/json", "max-age=60", NULL, "no x-amz-meta-docker-content-digest"},
	};
	static const struct s3_meta meta[] = {{"drydock-token", "t"}, {META_DIGEST, "sha256:1"}};
	const struct s3_attributes wanted = {.content_type = "application/json",
	                                     .cache_control = "max-age=60",
	                                     .meta = meta,
	                                     .meta_count = 2};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct s3_head head = {.content_type = cases[i].type,
		                             .cache_control = cases[i].cache,
		                             .meta_digest = cases[i].digest,
		                             .meta_token = "another"};
		char why[PLAN_WHY_MAX] = "";
		bool wrong = check_headers_is_wrong(&head, &wanted, why);

		CASE(wrong == (cases[i].why != NULL), "case %zu: %s", i, why);
		if (cases[i].why)
			assert_string_equal(why, cases[i].why);
	}
}

/* Blobs and lists have no digest among their metadata, and none is asked for. */
static void test_without_digest(void **state)
{
	const struct s3_attributes wanted = {.content_type = "a/b", .cache_control = "x"};
	const struct s3_head head = {
		.content_type = "a/b", .cache_control = "x", .meta_digest = "y"};
	char why[PLAN_WHY_MAX];

	(void)state;
	assert_false(check_headers_is_wrong(&head, &wanted, why));
}

/* What a server answers is shown within bounds, and without its control characters. */
static void test_hostile_values(void **state)
{
	char value[5000], why[PLAN_WHY_MAX];
	const struct s3_attributes wanted = {.content_type = "a/b", .cache_control = "x"};
	const struct s3_head head = {.content_type = value, .cache_control = "x"};

	(void)state;
	memset(value, '\033', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_true(check_headers_is_wrong(&head, &wanted, why));
	assert_null(strchr(why, '\033'));
	assert_true(strlen(why) < PLAN_WHY_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_wrong),
		cmocka_unit_test(test_without_digest),
		cmocka_unit_test(test_hostile_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
