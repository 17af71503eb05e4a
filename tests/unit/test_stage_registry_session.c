/* With which registries plain http is tried at all. All else of a session is tested by whole runs.
 */
#include "stage/registry/session_internal.h"

#include "tests/unit/check.h"

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static void test_schemes(void **state)
{
	static const struct {
		const char *source;
		bool no_verify_tls, may_be_plain;
	} cases[] = {
		{"docker://127.0.0.1:5000/a", false, true},
		{"docker://localhost/a", false, true},
		{"docker://[::1]:5000/a", false, true},
		{"docker://quay.io/a", false, false},
		{"docker://127.example.org/a", false, false},
		{"docker://127.0.0.1.example.org:5000/a", false, false},
		{"docker://quay.io/a", true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct registry_options options = {.env = no_env,
		                                   .no_verify_tls = cases[i].no_verify_tls};
		struct registry_reference ref;
		struct registry_session *s;
		struct err err = ERR_INIT;

		MUST(registry_reference_parse(&ref, cases[i].source, &err));
		s = registry_session_new(&options, &ref, &EVENT_SINK_NONE, &err);
		CASE(s != NULL, "%s: %s", cases[i].source, err.message);
		assert_true(s->https);
		CASE(s->scheme_known != cases[i].may_be_plain, "%s", cases[i].source);
		registry_session_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_schemes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
