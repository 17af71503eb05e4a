#include "stage/page/html.h"

#include "stage/page/kind.h"
#include "tests/unit/check.h"

static const struct {
	const char *text, *html;
} TEXTS[] = {
	{"", ""},
	{"plain äöü 日本", "plain äöü 日本"},
	{"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
	{"\"><img src=x onerror=a()>", "&quot;&gt;&lt;img src=x onerror=a()&gt;"},
	{"' onfocus='a()", "&#39; onfocus=&#39;a()"},
	{"&lt;b&gt;&amp;", "&amp;lt;b&amp;gt;&amp;amp;"},
	{"<!-- --> ]]>", "&lt;!-- --&gt; ]]&gt;"},
	{"two\nlines\tand a tab", "two\nlines\tand a tab"},
	{"cr\rbell\aesc\x1b[31m", "cr\\x0dbell\\x07esc\\x1b[31m"},
	{"\xe2\x80\xae"
         "fdp.exe",
         "\\xe2\\x80\\xaefdp.exe"}, /* U+202E turns the line round */
	{"broken \xff\xc3 utf-8", "broken \\xff\\xc3 utf-8"},
	{"\xc0\xbcscript\xc0\xbe", "\\xc0\\xbcscript\\xc0\\xbe"}, /* overlong < and > */
	{"&", "&amp;"},
	{"a&", "a&amp;"},
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(TEXTS); i++) {
		AUTO_STR struct str out = STR_INIT(1000);

		html_text(&out, TEXTS[i].text);
		CASE(strcmp(str_text(&out), TEXTS[i].html) == 0, "%s became %s", TEXTS[i].text,
		     str_text(&out));
	}
}

/* Of all bytes, alone and before each other: no markup is left. */
static void test_no_markup(void **state)
{
	(void)state;
	for (int a = 1; a < 256; a++) {
		for (int b = 1; b < 256; b++) {
			AUTO_STR struct str out = STR_INIT(1000);
			const char text[] = {(char)a, (char)b, '<', '\0'};

			html_text(&out, text);
			CASE(!strpbrk(str_text(&out), "<>\"'"), "%02x %02x", (unsigned)a,
			     (unsigned)b);
		}
	}
}

static void test_cut(void **state)
{
	AUTO_STR struct str out = STR_INIT(1000);

	(void)state;
	html_text_cut(&out, "abc", 3);
	html_text_cut(&out, "abcd", 3);
	html_text_cut(&out, "äö", 3); /* not within the second */
	html_text_cut(&out, "ä", 0);
	assert_string_equal(str_text(&out), "abcabc…ä……");
}

static void test_budget(void **state)
{
	AUTO_STR struct str out = STR_INIT(10000);
	size_t budget = 5;
	char longer[5000];

	(void)state;
	html_foreign(&out, "abc", &budget);
	assert_int_equal(budget, 2);
	html_foreign(&out, "<<<", &budget);
	assert_int_equal(budget, 0);
	html_foreign(&out, "x", &budget);
	assert_string_equal(str_text(&out), "abc&lt;&lt;……");
	str_clear(&out);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	budget = 1 << 20;
	html_foreign(&out, longer, &budget);
	assert_true(out.len < 2100);
}

static const struct {
	const char *text;
	bool link;
} URLS[] = {
	{"https://example.org", true},
	{"http://example.org/a?b=c&d=(e)#f", true},
	{"https://[2001:db8::1]/", true},
	{"https://", false},
	{"https:///path", false},
	{"HTTPS://example.org", false},
	{"ftp://example.org", false},
	{"javascript:alert(1)", false},
	{" javascript:alert(1)", false},
	{"data:text/html,x", false},
	{"//example.org", false},
	{"see https://example.org", false},
	{"https://example.org/ a", false},
	{"https://example.org/\"onclick=", false},
	{"https://example.org/'x", false},
	{"https://example.org/<x>", false},
	{"https://bank@example.org/", false},
	{"https://example.org/\xe2\x80\xae", false},
	{"https://example.org/\n", false},
	{"", false},
};

static void test_urls(void **state)
{
	AUTO_STR struct str out = STR_INIT(1000);
	size_t budget = 1000;

	(void)state;
	for (size_t i = 0; i < COUNT(URLS); i++)
		CASE(html_is_web_url(URLS[i].text) == URLS[i].link, "%s", URLS[i].text);
	html_foreign_link(&out, "http://x/?a&b", &budget);
	html_foreign_link(&out, "javascript:x", &budget);
	assert_string_equal(str_text(&out),
	                    "<a rel=\"nofollow noopener noreferrer\" href=\"http://x/?a&amp;b\">"
	                    "http://x/?a&amp;b</a>javascript:x");
}

static void test_bound(void **state)
{
	AUTO_STR struct str out = STR_INIT(4);
	struct err err = ERR_INIT;

	(void)state;
	html_text(&out, "<<<");
	MUST_FAIL(str_check(&out, "page", &err), ERR_MEMORY);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_string_equal(kind_of_layer("application/vnd.oci.image.layer.v1.tar+gzip"), "gzip");
	assert_string_equal(kind_of_layer("application/vnd.docker.image.rootfs.diff.tar.gzip"),
	                    "gzip");
	assert_string_equal(kind_of_layer("application/vnd.oci.image.layer.v1.tar+zstd"), "zstd");
	assert_string_equal(kind_of_layer("application/vnd.oci.image.layer.v1.tar"), "tar");
	assert_string_equal(kind_of_layer("tar"), "tar");
	assert_string_equal(kind_of_layer("text/x"), "text/x");
	assert_string_equal(kind_of_artifact("https://slsa.dev/provenance/v1"), "SLSA provenance");
	assert_string_equal(kind_of_artifact("application/x"), "application/x");
	assert_int_equal(kind_of_pull(NULL), PULL_CONTAINER);
	assert_int_equal(kind_of_pull("application/vnd.oci.image.config.v1+json"), PULL_CONTAINER);
	assert_int_equal(kind_of_pull("application/vnd.cncf.helm.config.v1+json"), PULL_HELM);
	assert_int_equal(kind_of_pull("application/x"), PULL_ORAS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),  cmocka_unit_test(test_no_markup),
		cmocka_unit_test(test_cut),   cmocka_unit_test(test_budget),
		cmocka_unit_test(test_urls),  cmocka_unit_test(test_bound),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
