#include "base/http/uri.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_encode(void **state)
{
	static const struct {
		const char *text, *path, *query;
	} cases[] = {
		{"", "", ""},
		{"v2/app/blobs/sha256:ab", "v2/app/blobs/sha256%3Aab",
	         "v2%2Fapp%2Fblobs%2Fsha256%3Aab"},
		{"a b+c*~_.-", "a%20b%2Bc%2A~_.-", "a%20b%2Bc%2A~_.-"},
		{"\xc3\xa9$%", "%C3%A9%24%25", "%C3%A9%24%25"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_STR struct str out = STR_INIT(100);

		assert_int_equal(
			uri_encode(&out, cases[i].text, strlen(cases[i].text), URI_KEEP_SLASH), 0);
		assert_string_equal(str_text(&out), cases[i].path);
		str_clear(&out);
		assert_int_equal(
			uri_encode(&out, cases[i].text, strlen(cases[i].text), URI_ENCODE_SLASH),
			0);
		assert_string_equal(str_text(&out), cases[i].query);
	}
}

static void test_encode_is_bounded(void **state)
{
	AUTO_STR struct str out = STR_INIT(5);

	(void)state;
	assert_int_equal(uri_encode(&out, "::", 2, URI_KEEP_SLASH), -1);
}

static void test_decode(void **state)
{
	static const struct {
		const char *text;
		bool plus;
		const char *expect; /* NULL: refused */
	} cases[] = {
		{"v2%2Fa%3ab", false, "v2/a:b"},
		{"a+b%20c", true, "a b c"},
		{"a+b", false, "a+b"},
		{"%", false, NULL},
		{"%4", false, NULL},
		{"%zz", false, NULL},
		{"a%00b", false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_STR struct str out = STR_INIT(100);
		int got = uri_decode(&out, cases[i].text, strlen(cases[i].text), cases[i].plus);

		assert_int_equal(got, cases[i].expect ? 0 : -1);
		if (cases[i].expect)
			assert_string_equal(str_text(&out), cases[i].expect);
	}
}

static void test_endpoint(void **state)
{
	static const struct {
		const char *text;
		bool https;
		const char *host;
		unsigned port;
		const char *path;
	} good[] = {
		{"https://s3.example.com", true, "s3.example.com", 0, ""},
		{"http://127.0.0.1:9000/", false, "127.0.0.1", 9000, ""},
		{"https://Host.Example:8443/storage/v1/s3/", true, "host.example", 8443,
	         "/storage/v1/s3"},
		{"fra1.digitaloceanspaces.com", true, "fra1.digitaloceanspaces.com", 0, ""},
		{"http://[::1]:80", false, "[::1]", 80, ""},
		{"http://[fd00::1]", false, "[fd00::1]", 0, ""},
	};
	static const char *const bad[] = {
		"",
		"https://",
		"ftp://host",
		"file:///etc/passwd",
		"https://user:secret@host",
		"https://host:0",
		"https://host:70000",
		"https://host:",
		"https://host:12x",
		"https://ho st",
		"https://host/p?x=1",
		"https://host/#f",
		"https://a..b",
		"https://.a",
		"https://a.",
		"https://-a",
		"https://a-.b:80",
		"https://host/a b",
		"https://host/a%00",
		"https://[zz]",
		"https://[::1",
		"https://host\r\nX-Evil: 1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct uri_endpoint uri;
		struct err err = ERR_INIT;

		assert_int_equal(uri_parse_endpoint(&uri, good[i].text, &err), 0);
		assert_int_equal(uri.https, good[i].https);
		assert_string_equal(uri.host, good[i].host);
		assert_int_equal(uri.port, good[i].port);
		assert_string_equal(uri.path, good[i].path);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct uri_endpoint uri;
		struct err err = ERR_INIT;

		if (uri_parse_endpoint(&uri, bad[i], &err) == 0)
			print_error("accepted: %s\n", bad[i]);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_null(strstr(err.message, "secret"));
	}
}

static void test_endpoint_lengths(void **state)
{
	char text[2000] = "https://h/";
	struct uri_endpoint uri;
	struct err err = ERR_INIT;

	(void)state;
	memset(text + 10, 'a', URI_PATH_MAX);
	assert_int_equal(uri_parse_endpoint(&uri, text, &err), -1);
	memset(text + 8, 'h', URI_HOST_MAX + 1);
	text[8 + URI_HOST_MAX + 1] = '\0';
	assert_int_equal(uri_parse_endpoint(&uri, text, &err), -1);
	text[8 + URI_HOST_MAX] = '\0';
	assert_int_equal(uri_parse_endpoint(&uri, text, &err), 0);
}

static void test_loopback(void **state)
{
	static const char *const yes[] = {"localhost", "127.0.0.1", "127.1.2.3", "[::1]"};
	static const char *const no[] = {"127.example.org",
	                                 "127.0.0.1.example.org",
	                                 "localhost.example.org",
	                                 "128.0.0.1",
	                                 "0.0.0.0",
	                                 "[::2]",
	                                 "127.1",
	                                 "",
	                                 "[::1].a"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!uri_host_is_loopback(yes[i]))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (uri_host_is_loopback(no[i]))
			fail_msg("%s", no[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),           cmocka_unit_test(test_encode_is_bounded),
		cmocka_unit_test(test_decode),           cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_endpoint_lengths), cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
