/* Where answers 3xx lead, where they must not, and who may be told a secret after that. */
#include "stage/registry/redirect.h"

#include "tests/unit/check.h"

static void test_statuses(void **state)
{
	static const int yes[] = {301, 302, 303, 307, 308}, no[] = {200, 300, 304, 305, 306, 309};

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++)
		CASE(registry_is_redirect(yes[i]), "%d", yes[i]);
	for (size_t i = 0; i < COUNT(no); i++)
		CASE(!registry_is_redirect(no[i]), "%d", no[i]);
}

static void test_targets(void **state)
{
	static const struct {
		const char *url, *location, *next;
	} cases[] = {
		{"https://r.io/v2/a/blobs/x", "https://s.io/x?sig=a%2Fb&e=1",
	         "https://s.io/x?sig=a%2Fb&e=1"},
		/* RFC 3986, 5.4: relative ones; all that registries write. */
		{"https://r.io/v2/a/blobs/x", "/other/x", "https://r.io/other/x"},
		{"https://r.io:5000/v2/a/blobs/x?y=1", "/x", "https://r.io:5000/x"},
		{"https://r.io/v2/a/blobs/x?y=1", "z?k=2", "https://r.io/v2/a/blobs/z?k=2"},
		{"https://r.io/v2/a/blobs/x", "../../b/x", "https://r.io/v2/b/x"},
		{"https://r.io/v2/a", "//s.io/x", "https://s.io/x"},
		{"http://r.io/v2/a", "//s.io/x", "http://s.io/x"},
		{"http://r.io/v2/a", "https://s.io/x", "https://s.io/x"},
		{"http://127.0.0.1:5000/v2/a", "http://127.0.0.1:9000/x",
	         "http://127.0.0.1:9000/x"},
		{"https://r.io/v2/a", "https://s.io/x#part", "https://s.io/x"},
		{"https://r.io/v2/a", "HTTPS://s.io/x", "https://s.io/x"},
	};
	AUTO_STR struct str next = STR_INIT(REDIRECT_URL_MAX);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;

		CASE(registry_redirect(cases[i].url, cases[i].location, &next, &err) == 0, "%s: %s",
		     cases[i].location, err.message);
		CASE(strcmp(str_text(&next), cases[i].next) == 0, "%s: %s", cases[i].location,
		     str_text(&next));
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *url, *location, *says;
		enum err_code code;
	} cases[] = {
		{"https://r.io/a", "http://r.io/a", "from https to http", ERR_REFUSED},
		{"HTTPS://r.io/a", "http://r.io/a", "from https to http", ERR_REFUSED},
		{"https://r.io/a", "file:///etc/passwd", "leads to file:", ERR_REFUSED},
		{"https://r.io/a", "ftp://s.io/x", "leads to ftp:", ERR_REFUSED},
		{"https://r.io/a", "gopher://s.io/x", "leads to gopher:", ERR_REFUSED},
		{"https://r.io/a", "https://me:pw@s.io/x", "names a user", ERR_REFUSED},
		{"https://r.io/a", "https://me@s.io/x", "names a user", ERR_REFUSED},
		{"https://r.io/a", "//me@s.io/x", "names a user", ERR_REFUSED},
		{"https://r.io/a", "https://s.io:99999/x", "no URL", ERR_MALFORMED},
		{"https://r.io/a", "https://", "no URL", ERR_MALFORMED},
		{"https://r.io/a", "https://s io/x", "no URL", ERR_MALFORMED},
		{"https://r.io/a", "https://[::1/x", "no URL", ERR_MALFORMED},
	};
	AUTO_STR struct str next = STR_INIT(REDIRECT_URL_MAX);
	char longer[REDIRECT_URL_MAX + 2];
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		err.code = ERR_NONE;
		CASE(registry_redirect(cases[i].url, cases[i].location, &next, &err) == -1,
		     "%s: %s", cases[i].location, str_text(&next));
		CASE(err.code == cases[i].code && strstr(err.message, cases[i].says), "%s: %s",
		     cases[i].location, err.message);
		CASE(!strstr(err.message, "pw"), "%s", err.message);
	}
	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	MUST_FAIL(registry_redirect("https://r.io/a", longer, &next, &err), ERR_REFUSED);
}

static void test_origins(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"https://r.io/a", "https://r.io/b?c", true},
		{"https://r.io/a", "https://R.IO:443/a", true},
		{"http://r.io:80/a", "http://r.io/a", true},
		{"https://r.io/a", "http://r.io/a", false},
		{"https://r.io:443/a", "http://r.io:443/a", false},
		{"https://r.io/a", "https://r.io:5000/a", false},
		{"https://r.io/a", "https://s.r.io/a", false},
		{"https://r.io/a", "https://r.io.evil/a", false},
		{"https://r.io/a", "https://r.io@evil/a", false},
		{"https://[::1]:5000/a", "https://[::1]:5000/b", true},
		{"https://[::1]/a", "https://[::2]/a", false},
		{"https://r.io/a", "r io", false},
		{"", "", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CASE(registry_same_origin(cases[i].a, cases[i].b) == cases[i].same, "%s %s",
		     cases[i].a, cases[i].b);
		CASE(registry_same_origin(cases[i].b, cases[i].a) == cases[i].same, "%s %s",
		     cases[i].b, cases[i].a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_origins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
