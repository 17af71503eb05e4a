#include "sync/doctor/pull_address.h"

#include "tests/unit/unit.h"

static const struct {
	const char *pull_host, *url, *bucket, *prefix;
	enum pull_kind kind;
	const char *host, *base;
} cases[] = {
	{"images.example.org", "https://s3.example.org", "b", NULL, PULL_HTTPS,
         "images.example.org", "https://images.example.org/"},
	{"images.example.org:8443", NULL, "b", "a/b", PULL_HTTPS, "images.example.org:8443",
         "https://images.example.org:8443/"},
	{"http://images.example.org", NULL, "b", NULL, PULL_HTTP, "images.example.org",
         "http://images.example.org/"},
	{"localhost:5000", NULL, "b", NULL, PULL_LOCAL, "localhost:5000", "http://localhost:5000/"},
	{"127.0.0.1", NULL, "b", NULL, PULL_LOCAL, "127.0.0.1", "http://127.0.0.1/"},
	{"https://localhost", NULL, "b", NULL, PULL_HTTPS, "localhost", "https://localhost/"},
	{NULL, NULL, "reg", NULL, PULL_HTTPS, "reg.s3.us-east-1.amazonaws.com",
         "https://reg.s3.us-east-1.amazonaws.com/"},
	{"", NULL, "reg", NULL, PULL_HTTPS, "reg.s3.us-east-1.amazonaws.com",
         "https://reg.s3.us-east-1.amazonaws.com/"},
	{NULL, NULL, "reg", "team", PULL_BELOW_PATH, "reg.s3.us-east-1.amazonaws.com/team",
         "https://reg.s3.us-east-1.amazonaws.com/team/"},
	/* What is no label of a host's name: too short, too long, of other letters. */
	{NULL, NULL, "ab", NULL, PULL_BELOW_PATH, "s3.us-east-1.amazonaws.com/ab",
         "https://s3.us-east-1.amazonaws.com/ab/"},
	{NULL, NULL, "a123456789b123456789c123456789d123456789e123456789f123456789g123", NULL,
         PULL_BELOW_PATH,
         "s3.us-east-1.amazonaws.com/"
         "a123456789b123456789c123456789d123456789e123456789f123456789g123",
         "https://s3.us-east-1.amazonaws.com/"
         "a123456789b123456789c123456789d123456789e123456789f123456789g123/"},
	{NULL, NULL, "Old_Bucket", NULL, PULL_BELOW_PATH, "s3.us-east-1.amazonaws.com/Old_Bucket",
         "https://s3.us-east-1.amazonaws.com/Old_Bucket/"},
	{NULL, NULL, "-reg", NULL, PULL_BELOW_PATH, "s3.us-east-1.amazonaws.com/-reg",
         "https://s3.us-east-1.amazonaws.com/-reg/"},
	{NULL, NULL, "my.bucket", NULL, PULL_DOTTED, "s3.us-east-1.amazonaws.com/my.bucket",
         "https://s3.us-east-1.amazonaws.com/my.bucket/"},
	{NULL, "https://fra1.digitaloceanspaces.com", "reg", NULL, PULL_HTTPS,
         "reg.fra1.digitaloceanspaces.com", "https://reg.fra1.digitaloceanspaces.com/"},
	/* Sent from within, pulled from without. */
	{NULL, "https://s3.oss-cn-hangzhou-internal.aliyuncs.com", "reg", NULL, PULL_HTTPS,
         "reg.s3.oss-cn-hangzhou.aliyuncs.com", "https://reg.s3.oss-cn-hangzhou.aliyuncs.com/"},
	{NULL, "https://s3.example.org", "b", NULL, PULL_BELOW_PATH, "s3.example.org/b",
         "https://s3.example.org/b/"},
	{NULL, "http://127.0.0.1:9000", "b", NULL, PULL_BELOW_PATH, "127.0.0.1:9000/b",
         "http://127.0.0.1:9000/b/"},
};

static int make(struct pull_address *a, const char *pull_host, const char *url, const char *bucket,
                const char *prefix, struct err *err)
{
	const struct endpoint_settings settings = {
		.url = url, .bucket = bucket, .prefix = prefix, .region = "us-east-1"};
	struct endpoint e;

	assert_int_equal(endpoint_make(&e, &settings, err), 0);
	return pull_address_make(a, pull_host, &e, err);
}

static void test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct pull_address a;

		assert_int_equal(make(&a, cases[i].pull_host, cases[i].url, cases[i].bucket,
		                      cases[i].prefix, &err),
		                 0);
		assert_string_equal(a.host, cases[i].host);
		assert_string_equal(a.base, cases[i].base);
		assert_int_equal(a.kind, cases[i].kind);
	}
}

static void test_ports(void **state)
{
	static const struct {
		const char *host, *connect;
	} ports[] = {
		{"a.example.org", "a.example.org:443"},
		{"a.example.org:8443", "a.example.org:8443"},
		{"http://a.example.org", "a.example.org:80"},
		{"https://[::1]", "[::1]:443"},
		{"https://[::1]:5000", "[::1]:5000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		struct err err = ERR_INIT;
		struct pull_address a;

		assert_int_equal(make(&a, ports[i].host, NULL, "b", NULL, &err), 0);
		assert_string_equal(a.connect, ports[i].connect);
	}
}

/* Style of addressing says how requests are sent, not where clients look. */
static void test_path_style(void **state)
{
	const struct endpoint_settings settings = {
		.bucket = "reg", .region = "eu-west-1", .addressing = ADDRESSING_PATH};
	struct err err = ERR_INIT;
	struct pull_address a;
	struct endpoint e;

	(void)state;
	assert_int_equal(endpoint_make(&e, &settings, &err), 0);
	assert_int_equal(pull_address_make(&a, NULL, &e, &err), 0);
	assert_string_equal(a.host, "reg.s3.eu-west-1.amazonaws.com");
	assert_int_equal(a.kind, PULL_HTTPS);
}

static void test_no_hosts(void **state)
{
	static const char *const hosts[] = {"images.example.org/registry",
	                                    "https://a/b",
	                                    "a b",
	                                    "a:99999999",
	                                    "user@host",
	                                    "ftp://host",
	                                    "-x",
	                                    "a.-x.example.org:5000"};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct err err = ERR_INIT;
		struct pull_address a;

		assert_int_equal(make(&a, hosts[i], NULL, "b", NULL, &err), -1);
		assert_int_equal(err.message[0], '"'); /* the option is named by who has it */
		assert_int_equal(err_exit_status(err.code), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_path_style),
		cmocka_unit_test(test_no_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
