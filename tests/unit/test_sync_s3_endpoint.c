#include "sync/s3/endpoint.h"
#include "sync/s3/provider_source.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(struct endpoint_settings settings, const char *url, const char *region,
                  const char *provider)
{
	struct endpoint e;
	struct err err = ERR_INIT;
	AUTO_STR struct str out = STR_INIT(4096);

	if (endpoint_make(&e, &settings, &err) < 0)
		print_error("%s\n", err.message);
	assert_int_equal(err.code, ERR_NONE);
	assert_int_equal(endpoint_origin(&e, &out), 0);
	assert_int_equal(endpoint_path(&e, "v2/a/blobs/sha256:00", &out), 0);
	assert_string_equal(str_text(&out), url);
	assert_string_equal(e.region, region);
	assert_string_equal(e.provider->name, provider);
}

static void test_urls(void **state)
{
	(void)state;
	check((struct endpoint_settings){.bucket = "my-reg"},
	      "https://my-reg.s3.us-east-1.amazonaws.com/v2/a/blobs/sha256%3A00", "us-east-1",
	      "aws");
	check((struct endpoint_settings){.bucket = "my-reg", .region = "eu-central-1"},
	      "https://my-reg.s3.eu-central-1.amazonaws.com/v2/a/blobs/sha256%3A00", "eu-central-1",
	      "aws");
	check((struct endpoint_settings){.bucket = "my-reg", .region = "cn-north-1"},
	      "https://my-reg.s3.cn-north-1.amazonaws.com.cn/v2/a/blobs/sha256%3A00", "cn-north-1",
	      "aws");
	check((struct endpoint_settings){.bucket = "my-reg", .region = "eusc-de-east-1"},
	      "https://my-reg.s3.eusc-de-east-1.amazonaws.eu/v2/a/blobs/sha256%3A00",
	      "eusc-de-east-1", "aws");
	check((struct endpoint_settings){.bucket = "my-reg",
	                                 .region = "eu-west-1",
	                                 .dual_stack = true},
	      "https://my-reg.s3.dualstack.eu-west-1.amazonaws.com/v2/a/blobs/sha256%3A00",
	      "eu-west-1", "aws");
	check((struct endpoint_settings){.bucket = "my-reg",
	                                 .region = "us-gov-west-1",
	                                 .fips = true},
	      "https://my-reg.s3-fips.us-gov-west-1.amazonaws.com/v2/a/blobs/sha256%3A00",
	      "us-gov-west-1", "aws");
	check((struct endpoint_settings){.bucket = "my-reg",
	                                 .region = "us-east-2",
	                                 .fips = true,
	                                 .dual_stack = true},
	      "https://my-reg.s3-fips.dualstack.us-east-2.amazonaws.com/v2/a/blobs/sha256%3A00",
	      "us-east-2", "aws");
	/* Not where the address was named. */
	check((struct endpoint_settings){.bucket = "my-reg",
	                                 .url = "https://s3.example",
	                                 .fips = true},
	      "https://s3.example/my-reg/v2/a/blobs/sha256%3A00", "us-east-1", "other");
	check((struct endpoint_settings){.bucket = "my.reg", .region = "eu-west-1"},
	      "https://s3.eu-west-1.amazonaws.com/my.reg/v2/a/blobs/sha256%3A00", "eu-west-1",
	      "aws");
	check((struct endpoint_settings){.bucket = "Old_Bucket", .prefix = "/x y//"},
	      "https://s3.us-east-1.amazonaws.com/Old_Bucket/x%20y/v2/a/blobs/sha256%3A00",
	      "us-east-1", "aws");
	check((struct endpoint_settings){.url = "https://fra1.digitaloceanspaces.com",
	                                 .bucket = "reg"},
	      "https://reg.fra1.digitaloceanspaces.com/v2/a/blobs/sha256%3A00", "fra1",
	      "digitalocean");
	check((struct endpoint_settings){.url = "https://reg.fra1.digitaloceanspaces.com",
	                                 .bucket = "reg"},
	      "https://reg.fra1.digitaloceanspaces.com/v2/a/blobs/sha256%3A00", "fra1",
	      "digitalocean");
	check((struct endpoint_settings){.url = "https://acc.r2.cloudflarestorage.com",
	                                 .bucket = "reg"},
	      "https://acc.r2.cloudflarestorage.com/reg/v2/a/blobs/sha256%3A00", "auto", "r2");
	check((struct endpoint_settings){.url = "http://127.0.0.1:9000", .bucket = "reg"},
	      "http://127.0.0.1:9000/reg/v2/a/blobs/sha256%3A00", "us-east-1", "other");
	check((struct endpoint_settings){.url = "http://s3.localhost:9000",
	                                 .bucket = "reg",
	                                 .provider = "ceph",
	                                 .addressing = ADDRESSING_VIRTUAL},
	      "http://reg.s3.localhost:9000/v2/a/blobs/sha256%3A00", "us-east-1", "ceph");
	check((struct endpoint_settings){.url = "https://x.example:443/storage/v1/s3",
	                                 .bucket = "reg"},
	      "https://x.example/storage/v1/s3/reg/v2/a/blobs/sha256%3A00", "us-east-1", "other");
	check((struct endpoint_settings){.url = "https://s3.fr-par.scw.cloud",
	                                 .bucket = "reg",
	                                 .addressing = ADDRESSING_PATH},
	      "https://s3.fr-par.scw.cloud/reg/v2/a/blobs/sha256%3A00", "fr-par", "scaleway");
	check((struct endpoint_settings){.url = "https://s3.amazonaws.com", .bucket = "reg"},
	      "https://reg.s3.amazonaws.com/v2/a/blobs/sha256%3A00", "us-east-1", "aws");
}

static void test_bucket_path(void **state)
{
	struct endpoint_settings settings = {.bucket = "reg", .prefix = "p"};
	struct endpoint e;
	struct err err = ERR_INIT;
	AUTO_STR struct str out = STR_INIT(100);

	(void)state;
	assert_int_equal(endpoint_make(&e, &settings, &err), 0);
	assert_int_equal(endpoint_path(&e, NULL, &out), 0);
	assert_string_equal(str_text(&out), "/");
	settings.addressing = ADDRESSING_PATH;
	str_clear(&out);
	assert_int_equal(endpoint_make(&e, &settings, &err), 0);
	assert_int_equal(endpoint_path(&e, NULL, &out), 0);
	assert_string_equal(str_text(&out), "/reg");
}

static const char *identity_of(struct endpoint_settings settings, struct endpoint *e,
                               struct str *out)
{
	struct err err = ERR_INIT;

	str_clear(out);
	assert_int_equal(endpoint_make(e, &settings, &err), 0);
	assert_int_equal(endpoint_identity(e, out), 0);
	return str_text(out);
}

/* One bucket, one name, in whatever way it is asked for. */
static void test_identity(void **state)
{
	static const struct endpoint_settings amazon[] = {
		{.bucket = "reg"},
		{.bucket = "reg", .region = "eu-west-1"},
		{.bucket = "reg", .addressing = ADDRESSING_PATH},
		{.bucket = "reg", .url = "https://s3.eu-west-1.amazonaws.com"},
		{.bucket = "reg", .url = "https://reg.s3.amazonaws.com:443/"},
		{.bucket = "reg", .dual_stack = true, .fips = true},
	};
	struct endpoint e;
	AUTO_STR struct str out = STR_INIT(1024);

	(void)state;
	for (size_t i = 0; i < sizeof(amazon) / sizeof(amazon[0]); i++) {
		assert_string_equal(identity_of(amazon[i], &e, &out), "https://s3.amazonaws.com/");
		assert_true(endpoint_was_named(&e, "https://reg.s3.us-east-1.amazonaws.com"));
		assert_true(endpoint_was_named(&e, "https://s3.eu-west-1.amazonaws.com"));
		assert_false(endpoint_was_named(&e, "https://s3.cn-north-1.amazonaws.com.cn"));
		assert_false(endpoint_was_named(&e, "https://s3.us-gov-west-1.amazonaws.com"));
		assert_false(endpoint_was_named(&e, "https://s3.amazonaws.com/"));
		assert_false(endpoint_was_named(&e, "http://s3.amazonaws.com"));
	}
	assert_string_equal(
		identity_of((struct endpoint_settings){.bucket = "reg", .region = "cn-north-1"}, &e,
	                    &out),
		"https://s3.amazonaws.com.cn/");
	assert_string_equal(identity_of((struct endpoint_settings){.bucket = "reg",
	                                                           .region = "us-gov-west-1",
	                                                           .fips = true},
	                                &e, &out),
	                    "https://s3.us-gov-west-1.amazonaws.com/");
	assert_string_equal(
		identity_of(
			(struct endpoint_settings){.url = "https://s3.eusc-de-east-1.amazonaws.eu",
	                                           .bucket = "reg"},
			&e, &out),
		"https://s3.eusc-de-east-1.amazonaws.eu/");
	assert_string_equal(
		identity_of((struct endpoint_settings){.url = "http://s3s.localhost:9000/one/",
	                                               .bucket = "s3s",
	                                               .addressing = ADDRESSING_VIRTUAL},
	                    &e, &out),
		"http://s3s.localhost:9000/one/");
	assert_true(endpoint_was_named(&e, "http://s3s.localhost:9000"));
	assert_true(endpoint_was_named(&e, "http://s3s.s3s.localhost:9000"));
	assert_false(endpoint_was_named(&e, "http://s3s.localhost"));
	assert_false(endpoint_was_named(&e, "http://s3s.localhost:9000/"));
	assert_false(endpoint_was_named(&e, "http://s3s.localhost:9000/one"));
	assert_false(endpoint_was_named(&e, ""));
}

static void test_refused(void **state)
{
	static const struct endpoint_settings cases[] = {
		{.bucket = NULL},
		{.bucket = ""},
		{.bucket = ".."},
		{.bucket = "a/b"},
		{.bucket = "a\r\nb"},
		{.bucket = "reg", .region = "a b"},
		{.bucket = "reg", .region = ""},
		{.bucket = "reg", .url = "ftp://x"},
		/* FN11 */
		{.bucket = "reg", .url = "127.0.0.1:18000"},
		{.bucket = "reg", .url = "s3.example.com"},
		{.bucket = "reg", .url = "http://127.0.0.1/reg"},
		{.bucket = "reg", .url = "https://s3.example.com/base/reg/"},
		{.bucket = "reg", .provider = "none-such"},
		{.bucket = "reg", .provider = "r2"},
		{.bucket = "reg", .prefix = "a//b"},
		{.bucket = "reg", .prefix = "../b"},
		{.bucket = "reg", .prefix = "b/."},
		{.bucket = "reg", .prefix = "b\n"},
		{.bucket = "Reg_", .addressing = ADDRESSING_VIRTUAL},
		{.bucket = "reg", .url = "http://127.0.0.1", .addressing = ADDRESSING_VIRTUAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint e;
		struct err err = ERR_INIT;

		if (endpoint_make(&e, &cases[i], &err) == 0)
			print_error("case %zu was accepted\n", i);
		assert_true(err.code == ERR_USAGE || err.code == ERR_CONFIG);
	}
}

static void test_set_region(void **state)
{
	struct endpoint_settings settings = {.bucket = "reg"};
	struct endpoint e;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(endpoint_make(&e, &settings, &err), 0);
	assert_false(endpoint_set_region(&e, "us-east-1"));
	assert_false(endpoint_set_region(&e, "evil.example/#"));
	assert_false(endpoint_set_region(&e, ""));
	assert_true(endpoint_set_region(&e, "eu-west-1"));
	assert_string_equal(e.host, "s3.eu-west-1.amazonaws.com");
	settings.url = "https://s3.example.com";
	assert_int_equal(endpoint_make(&e, &settings, &err), 0);
	assert_true(endpoint_set_region(&e, "eu-west-1"));
	assert_string_equal(e.host, "s3.example.com");
}

/* Hosts of all providers, as people paste them: which one it is, and where the region stands. */
static void test_hosts(void **state)
{
	static const struct {
		const char *host, *provider, *region; /* region NULL: the host names none */
	} hosts[] = {
		{"s3.eu-west-1.amazonaws.com", "aws", "eu-west-1"},
		{"s3-eu-west-1.amazonaws.com", "aws", "eu-west-1"},
		{"s3.dualstack.eu-west-1.amazonaws.com", "aws", "eu-west-1"},
		{"s3-fips.us-gov-west-1.amazonaws.com", "aws", "us-gov-west-1"},
		{"s3-fips.dualstack.us-east-2.amazonaws.com", "aws", "us-east-2"},
		{"name-123456789012.s3-accesspoint.eu-west-1.amazonaws.com", "aws", "eu-west-1"},
		{"s3.amazonaws.com", "aws", NULL},
		{"s3-accelerate.amazonaws.com", "aws", NULL},
		{"s3-accelerate.dualstack.amazonaws.com", "aws", NULL},
		{"s3-external-1.amazonaws.com", "aws", NULL},
		{"s3.cn-northwest-1.amazonaws.com.cn", "aws", "cn-northwest-1"},
		{"s3.eusc-de-east-1.amazonaws.eu", "aws", "eusc-de-east-1"},
		{"0a1b.r2.cloudflarestorage.com", "r2", NULL},
		{"0a1b.eu.r2.cloudflarestorage.com", "r2", NULL},
		{"fra1.digitaloceanspaces.com", "digitalocean", "fra1"},
		{"s3.nl-ams.scw.cloud", "scaleway", "nl-ams"},
		{"s3.us-west-004.backblazeb2.com", "b2", "us-west-004"},
		{"s3.eu-central-1.wasabisys.com", "wasabi", "eu-central-1"},
		{"storage.googleapis.com", "gcs", NULL},
		{"s3.gra.io.cloud.ovh.net", "ovh", "gra"},
		{"s3.sbg.perf.cloud.ovh.net", "ovh", "sbg"},
		{"fsn1.your-objectstorage.com", "hetzner", "fsn1"},
		{"s3.us-west-1.idrivee2.com", "idrive", "us-west-1"},
		{"cos.ap-guangzhou.myqcloud.com", "tencent", "ap-guangzhou"},
		{"s3.oss-cn-hangzhou.aliyuncs.com", "alibaba", "cn-hangzhou"},
		{"s3.oss-cn-hangzhou-internal.aliyuncs.com", "alibaba", "cn-hangzhou"},
		{"oss-ap-southeast-1-internal.aliyuncs.com", "alibaba", "ap-southeast-1"},
		{"oss-internal.aliyuncs.com", "alibaba", NULL},
		{"us-southeast-1.linodeobjects.com", "linode", "us-southeast-1"},
		{"ns.compat.objectstorage.us-phoenix-1.oraclecloud.com", "oracle", "us-phoenix-1"},
		{"s3.us-south.cloud-object-storage.appdomain.cloud", "ibm", "us-south"},
		{"gateway.storjshare.io", "storj", NULL},
		{"gateway.eu1.storjshare.io", "storj", "eu1"},
		{"t3.storage.dev", "tigris", NULL},
		{"fly.storage.tigris.dev", "tigris", NULL},
		{"s3.example.org", "other", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		const struct provider *p = provider_guess(hosts[i].host);
		char region[64] = "";

		assert_string_equal(p->name, hosts[i].provider);
		assert_int_equal(provider_region_of_host(p, hosts[i].host, region, sizeof(region)),
		                 hosts[i].region != NULL);
		if (hosts[i].region)
			assert_string_equal(region, hosts[i].region);
	}
}

/* Each trait has a name, each source is of a trait that the provider has. */
static void test_sources(void **state)
{
	(void)state;
	for (unsigned i = 0; provider_at(i); i++) {
		const struct provider *p = provider_at(i);

		for (unsigned bit = 1; bit < PROVIDER_FACT_HOSTS; bit <<= 1) {
			if (p->traits & bit)
				assert_non_null(provider_trait_name(bit));
			else if (provider_source(p->name, bit))
				fail_msg("%s has a source for %s", p->name,
				         provider_trait_name(bit));
		}
		if (*p->hosts)
			assert_non_null(provider_hosts_source(p->name, 0));
		else
			assert_null(p->host_suffix);
	}
	assert_null(provider_source("other", PROVIDER_ACL));
	assert_non_null(strstr(provider_source("r2", PROVIDER_IF_MATCH), "conditional"));
	assert_true(provider_is_further_row(1));
	assert_false(provider_is_further_row(0));
}

static void test_providers(void **state)
{
	(void)state;
	for (unsigned i = 0; provider_at(i); i++) {
		assert_true(provider_at(i)->max_parts >= 1000);
		assert_non_null(provider_find(provider_at(i)->name));
	}
	assert_null(provider_find("x"));
	assert_string_equal(provider_guess("evilamazonaws.com")->name, "other");
	assert_string_equal(provider_guess("s3.us-west-004.backblazeb2.com")->name, "b2");
	assert_true(provider_has(provider_find("ceph"), PROVIDER_IF_MATCH_UNQUOTED));
	assert_false(provider_has(provider_find("gcs"), PROVIDER_COMPOSITE_ETAG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),      cmocka_unit_test(test_sources),
		cmocka_unit_test(test_urls),       cmocka_unit_test(test_bucket_path),
		cmocka_unit_test(test_identity),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_set_region), cmocka_unit_test(test_providers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
