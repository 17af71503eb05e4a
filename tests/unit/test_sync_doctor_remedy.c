#include "sync/doctor/remedy.h"

#include "sync/s3/provider.h"

#include "tests/unit/unit.h"

static struct remedy_place place_at(const char *provider)
{
	return (struct remedy_place){.provider = provider,
	                             .url = "s3://BUCKET/PREFIX",
	                             .bucket = "BUCKET",
	                             .prefix = "PREFIX/",
	                             .region = "REGION",
	                             .object_url = "https://HOST/BUCKET/PREFIX/",
	                             .host = "HOST",
	                             .pull_host = "PULL",
	                             .pull_connect = "PULL:443",
	                             .pull_url = "https://PULL/"};
}

/* Of each provider, each remedy has words, and no place in them is left open. */
static void test_all(void **state)
{
	(void)state;
	for (unsigned i = 0; provider_at(i); i++) {
		struct remedy_place place = place_at(provider_at(i)->name);

		for (int r = REMEDY_NONE + 1; r < REMEDIES; r++) {
			struct str text = STR_INIT(1 << 16);

			remedy_add(&text, (enum remedy)r, &place);
			assert_false(text.failed);
			if (text.len < 10 || strchr(str_text(&text), '@'))
				fail_msg("%s, remedy %d: %s", place.provider, r, str_text(&text));
			assert_int_not_equal(str_text(&text)[text.len - 1], '\n');
			str_release(&text);
		}
	}
}

static void check(const char *provider, enum remedy remedy, const char *part)
{
	struct remedy_place place = place_at(provider);
	struct str text = STR_INIT(1 << 16);

	remedy_add(&text, remedy, &place);
	if (!strstr(str_text(&text), part))
		fail_msg("%s is not in: %s", part, str_text(&text));
	str_release(&text);
}

static void test_providers(void **state)
{
	(void)state;
	check("aws", REMEDY_PUBLIC_READ, "delete-public-access-block --bucket BUCKET");
	check("aws", REMEDY_PUBLIC_READ, "\"arn:aws:s3:::BUCKET/PREFIX/v2/*\"");
	check("ceph", REMEDY_PUBLIC_READ, "put-bucket-policy --bucket BUCKET");
	check("b2", REMEDY_PUBLIC_READ, "b2 bucket update BUCKET allPublic");
	check("swift", REMEDY_PUBLIC_READ, "swift post -r '.r:*,.rlistings' BUCKET");
	check("r2", REMEDY_ADDRESS, "connect a domain to BUCKET");
	check("other", REMEDY_ADDRESS, "proxy_pass https://HOST/BUCKET/PREFIX/v2/;");
	check("other", REMEDY_REGION, "region = REGION");
	check("other", REMEDY_PULL_HOST, "https://PULL/v2/");
	check("other", REMEDY_NONE, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_providers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
