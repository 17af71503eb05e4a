#include "sync/doctor/front.h"

#include "base/http/transport.h"

#include "tests/unit/unit.h"

static const struct {
	const char *lines[3];
	const char *name; /* NULL: they do not tell */
} cases[] = {
	{{"Server: nginx/1.22.1"}, "nginx"},
	{{"Server: openresty"}, "nginx"},
	{{"Server: Caddy"}, "caddy"},
	{{"Server: Apache/2.4.57 (Debian)"}, "apache"},
	{{"Server: lighttpd/1.4.69"}, "lighttpd"},
	{{"Server: nginx", "CF-RAY: 7f00-FRA", "Server: cloudflare"}, "cloudflare"},
	{{"Server: AmazonS3", "X-Amz-Cf-Id: abc="}, "cloudfront"},
	{{"X-Served-By: cache-fra-etou8220123-FRA", "Server: nginx"}, "fastly"},
	{{"X-Served-By: cabin"}, NULL},
	{{"Server: BunnyCDN-DE1-1000"}, "bunny"},
	{{"Server: Netlify"}, "netlify"},
	{{"Server: AmazonS3"}, NULL},
	{{"Server:"}, NULL},
	{{"X-Server: nginx"}, NULL},
	{{NULL}, NULL},
};

static void test_fronts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str headers = STR_INIT(1000);
		const struct front *front;

		for (int k = 0; k < 3 && cases[i].lines[k]; k++)
			assert_int_equal(http_headers_add(&headers, cases[i].lines[k],
			                                  strlen(cases[i].lines[k])),
			                 0);
		front = front_of(&headers);
		if (!cases[i].name)
			assert_null(front);
		else
			assert_string_equal(front ? front->name : "", cases[i].name);
		str_release(&headers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_fronts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
