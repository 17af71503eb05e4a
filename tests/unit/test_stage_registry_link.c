/* Link: which target is the next page, and that it leads nowhere else. */
#include "stage/registry/link.h"

#include "base/http/transport.h"
#include "tests/unit/check.h"

#define URL "https://r.example/v2/a/tags/list?n=2"

static void test_header(void **state)
{
	static const struct {
		const char *value, *next; /* "": there is none */
	} cases[] = {
		{"", ""},
		{" ,, ", ""},
		/* Distribution specification 1.1, "Listing Tags". */
		{"</v2/a/tags/list?n=2&last=v1>; rel=\"next\"",
	         "https://r.example/v2/a/tags/list?n=2&last=v1"},
		{"</x>; rel=next", "https://r.example/x"},
		{"</x>;rel=NEXT", "https://r.example/x"},
		{"</x> ; REL = \"next\" ", "https://r.example/x"},
		{"</x>;rel=\"last next\"", "https://r.example/x"},
		{"</x>;rel=\"nextish\"", ""},
		{"</x>;rel=\"ne\\xt\"", "https://r.example/x"},
		{"</x>;title=\"next\"", ""},
		{"</x>", ""},
		{"</x>;rel", ""},
		/* The first rel counts; an anchor makes it another page's link. */
		{"</x>;rel=prev;rel=next", ""},
		{"</x>;rel=next;rel=prev", "https://r.example/x"},
		{"</x>;rel=next;anchor=\"/y\"", ""},
		/* The right one of several; commas and semicolons within. */
		{"</a,b;c>;rel=prev,</x>;rel=next", "https://r.example/x"},
		{"</a>;rel=prev;title=\"a, <b>;rel=next\" , </x>;rel=next, </y>;rel=next",
	         "https://r.example/x"},
		{"</x>;;rel=next;", "https://r.example/x"},
		{"</x>;title*=UTF-8'de'n%c3%a4chste;rel=next", "https://r.example/x"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str next = STR_INIT(LINK_URL_MAX);
		struct err err = ERR_INIT;

		if (registry_link_find(cases[i].value, URL, &next, &err) < 0)
			fail_msg("%s: %s", cases[i].value, err.message);
		CASE(strcmp(str_text(&next), cases[i].next) == 0, "%s: %s", cases[i].value,
		     str_text(&next));
	}
}

static void test_resolve(void **state)
{
	static const struct {
		const char *url, *target, *next;
	} cases[] = {
		/* RFC 3986, 5.4, what of it can be a page. */
		{"http://a/b/c/d;p?q", "g", "http://a/b/c/g"},
		{"http://a/b/c/d;p?q", "./g", "http://a/b/c/g"},
		{"http://a/b/c/d;p?q", "g/", "http://a/b/c/g/"},
		{"http://a/b/c/d;p?q", "/g", "http://a/g"},
		{"http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y"},
		{"http://a/b/c/d;p?q", "g?y#s", "http://a/b/c/g?y"},
		{"http://a/b/c/d;p?q", ".", "http://a/b/c/"},
		{"http://a/b/c/d;p?q", "..", "http://a/b/"},
		{"http://a/b/c/d;p?q", "../g", "http://a/b/g"},
		{"http://a/b/c/d;p?q", "../../../../g", "http://a/g"},
		{"http://a/b/c/d;p?q", "/./g", "http://a/g"},
		{"http://a/b/c/d;p?q", "/../g", "http://a/g"},
		{"http://a/b/c/d;p?q", "g.", "http://a/b/c/g."},
		{"http://a/b/c/d;p?q", "..g", "http://a/b/c/..g"},
		{"http://a/b/c/d;p?q", "./../g", "http://a/b/g"},
		{"http://a/b/c/d;p?q", "g;x=1/../y", "http://a/b/c/y"},
		{"http://a/b/c/d;p?q", "g?y/../x", "http://a/b/c/g?y/../x"},
		{"http://a", "g", "http://a/g"},
		{"http://a?q", "?y", "http://a/?y"},
		{"http://a?q=/b/c", "g", "http://a/g"},
		/* Whole URLs of the same host: scheme and port stay. */
		{"https://a/b", "https://a/c", "https://a/c"},
		{"https://a/b", "http://a/c", "https://a/c"},
		{"https://a:444/b", "HTTP://A:5000/c", "https://a:444/c"},
		{"http://a/b", "https://a/c", "http://a/c"},
		{"https://[::1]:5000/b", "//[::1]/c", "https://[::1]:5000/c"},
		/* No scheme: the colon stands in the query. */
		{"https://a/b", "c?last=x:y", "https://a/c?last=x:y"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str next = STR_INIT(LINK_URL_MAX), value = STR_INIT(1000);
		struct err err = ERR_INIT;

		(void)str_addf(&value, "<%s>;rel=next", cases[i].target);
		if (registry_link_find(str_text(&value), cases[i].url, &next, &err) < 0)
			fail_msg("%s: %s", cases[i].target, err.message);
		CASE(strcmp(str_text(&next), cases[i].next) == 0, "%s: %s", cases[i].target,
		     str_text(&next));
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *value;
		enum err_code code;
	} cases[] = {
		{"<https://evil.example/v2/a/tags/list>; rel=next", ERR_REFUSED},
		{"<//evil.example/x>; rel=next", ERR_REFUSED},
		{"<//r.example.evil.example/x>; rel=next", ERR_REFUSED},
		{"<ftp://r.example/x>; rel=next", ERR_REFUSED},
		{"<file:///etc/passwd>; rel=next", ERR_REFUSED},
		{"<javascript:x>; rel=next", ERR_REFUSED},
		{"<htt://r.example/x>; rel=next", ERR_REFUSED},
		{"<https:x>; rel=next", ERR_MALFORMED},
		{"<https://r.example@evil.example/x>; rel=next", ERR_MALFORMED},
		{"<https://u:p@r.example/x>; rel=next", ERR_MALFORMED},
		{"<https:///x>; rel=next", ERR_MALFORMED},
		{"<https://r.example>; rel=next", ERR_MALFORMED},
		{"<https://r.example\\@evil.example/x>; rel=next", ERR_MALFORMED},
		{"</x y>; rel=next", ERR_MALFORMED},
		{"</x\x7f>; rel=next", ERR_MALFORMED},
		{"</x\r\nX: y>; rel=next", ERR_MALFORMED},
		{"</\xc3\xa9>; rel=next", ERR_MALFORMED},
		/* The same page again. */
		{"<>; rel=next", ERR_MALFORMED},
		{"<#x>; rel=next", ERR_MALFORMED},
		{"<?n=2>; rel=next", ERR_MALFORMED},
		{"<" URL "#x>; rel=next", ERR_MALFORMED},
		{"</v2/b/../a/tags/list?n=2>; rel=next", ERR_MALFORMED},
		/* No header of its kind. */
		{"/x; rel=next", ERR_MALFORMED},
		{"</x", ERR_MALFORMED},
		{"</x> rel=next", ERR_MALFORMED},
		{"</x>; rel=\"next", ERR_MALFORMED},
		{"</x>; rel=\"a\x01\"", ERR_MALFORMED},
		{"</x>; \"rel\"=next", ERR_MALFORMED},
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str next = STR_INIT(LINK_URL_MAX);

		memset(&err, 0, sizeof(err));
		if (registry_link_find(cases[i].value, URL, &next, &err) == 0)
			fail_msg("accepted: %s: %s", cases[i].value, str_text(&next));
		CASE(err.code == cases[i].code, "%s: %s", cases[i].value, err.message);
	}
	for (size_t len = LINK_URL_MAX - 200; len < LINK_HEADER_MAX + 100; len += 97) {
		AUTO_STR struct str next = STR_INIT(LINK_HEADER_MAX), value = STR_INIT(1 << 16);
		int got;

		(void)str_addc(&value, '<');
		while (value.len <= len)
			(void)str_addc(&value, 'a');
		(void)str_adds(&value, ">;rel=next");
		got = registry_link_find(str_text(&value), URL, &next, &err);
		assert_int_equal(
			got, len + strlen("https://r.example/v2/a/tags/") <= LINK_URL_MAX ? 0 : -1);
		assert_true(got == 0 || err.code == ERR_REFUSED);
	}
}

static void test_headers(void **state)
{
	AUTO_STR struct str headers = STR_INIT(1000), next = STR_INIT(LINK_URL_MAX);
	struct err err = ERR_INIT;

	(void)state;
	MUST(registry_link_next(&headers, URL, &next, &err));
	assert_int_equal(next.len, 0);
	MUST(http_headers_add(&headers, "Link: </a>; rel=prev", 20));
	MUST(http_headers_add(&headers, "link: </b>; rel=next", 20));
	MUST(http_headers_add(&headers, "link: </c>; rel=next", 20));
	MUST(registry_link_next(&headers, URL, &next, &err));
	assert_string_equal(str_text(&next), "https://r.example/b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
