#include "sync/doctor/remedy.h"

#include "sync/doctor/front.h"
#include "sync/s3/provider.h"

#include "tests/unit/unit.h"

static struct remedy_place place_at(const char *provider)
{
	return (struct remedy_place){.provider = provider,
	                             .url = "s3://BUCKET/PREFIX",
	                             .remote = "s3://BUCKET/PREFIX --root R",
	                             .sync = "s3://BUCKET/PREFIX --root R --acl A",
	                             .aws = " --endpoint-url https://HOST --region REGION",
	                             .location = " LOCATION",
	                             .doctor_url = "s3://BUCKET/PREFIX/drydock-doctor/",
	                             .v2_url = "s3://BUCKET/PREFIX/v2/",
	                             .service_host = "HOST",
	                             .bucket = "BUCKET",
	                             .prefix = "PREFIX/",
	                             .region = "REGION",
	                             .object_url = "https://HOST/BUCKET/PREFIX/",
	                             .host = "HOST",
	                             .pull_host = "PULL",
	                             .pull_connect = "PULL:443",
	                             .pull_url = "https://PULL/",
	                             .front = "",
	                             .image = "NAME:TAG"};
}

static void check_words(const struct remedy_place *place)
{
	for (int r = REMEDY_NONE + 1; r < REMEDIES; r++) {
		struct str text = STR_INIT(1 << 16);

		remedy_add(&text, (enum remedy)r, place);
		assert_false(text.failed);
		/* Caddy calls its matchers so. */
		if (text.len < 10 ||
		    (strchr(str_text(&text), '@') && strcmp(place->front, "caddy") != 0))
			fail_msg("%s %s, remedy %d: %s", place->provider, place->front, r,
			         str_text(&text));
		assert_int_not_equal(str_text(&text)[text.len - 1], '\n');
		str_release(&text);
	}
}

/* Of each provider and front, each remedy has words, and no place in them is left open. */
static void test_all(void **state)
{
	(void)state;
	for (unsigned i = 0; provider_at(i); i++) {
		struct remedy_place place = place_at(provider_at(i)->name);

		check_words(&place);
		for (unsigned k = 0; front_at(k); k++) {
			place.front = front_at(k)->name;
			check_words(&place);
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

static void check_front(const char *front, enum remedy remedy, const char *part)
{
	struct remedy_place place = place_at("aws");
	struct str text = STR_INIT(1 << 16);

	place.front = front;
	remedy_add(&text, remedy, &place);
	if (!strstr(str_text(&text), part))
		fail_msg("%s is not in: %s", part, str_text(&text));
	str_release(&text);
}

/* What stands before the bucket counts where both have an answer. */
static void test_fronts(void **state)
{
	(void)state;
	check_front("cloudfront", REMEDY_REAL_404, "custom error response");
	check_front("cloudflare", REMEDY_REAL_404, "404.html");
	check_front("bunny", REMEDY_REAL_404, "Rewrite 404 to 200");
	check_front("cloudfront", REMEDY_ENCODING, "Compress objects automatically");
	check_front("nginx", REMEDY_ENCODING, "gzip off");
	check_front("apache", REMEDY_ENCODING, "no-gzip");
	check_front("cloudfront", REMEDY_PUBLIC_LIST, "arn:aws:s3:::BUCKET\"");
	check_front("caddy", REMEDY_PUBLIC_LIST, "@refused status 403");
	check_front("cloudflare", REMEDY_TYPE, "Transform Rule");
	check_front("lighttpd", REMEDY_TYPE, "drydock headers lighttpd");
	check_front("nginx", REMEDY_CORS, "add_header Access-Control-Allow-Origin");
	check_front("fastly", REMEDY_CORS, "put-bucket-cors --bucket BUCKET");
	check_front("nginx", REMEDY_PUBLIC_READ, "delete-public-access-block");
	check_front("", REMEDY_PULL, "docker://PULL/NAME:TAG");
}

static void test_providers(void **state)
{
	(void)state;
	check("aws", REMEDY_PUBLIC_READ,
	      "delete-public-access-block --bucket BUCKET --endpoint-url https://HOST --region "
	      "REGION\n");
	check("aws", REMEDY_PUBLIC_READ, "\"arn:aws:s3:::BUCKET/PREFIX/v2/*\"");
	check("ceph", REMEDY_PUBLIC_READ, "put-bucket-policy --bucket BUCKET");
	check("b2", REMEDY_PUBLIC_READ, "b2 bucket update BUCKET allPublic");
	check("swift", REMEDY_PUBLIC_READ, "swift post -r '.r:*,.rlistings' BUCKET");
	check("r2", REMEDY_ADDRESS, "connect a domain to BUCKET");
	check("other", REMEDY_ADDRESS, "proxy_pass https://HOST/BUCKET/PREFIX/v2/;");
	check("other", REMEDY_REGION, "region = REGION");
	check("other", REMEDY_PULL_HOST, "https://PULL/v2/");
	check("other", REMEDY_NONE, "");
	/* What is pasted means this very remote. */
	check("aws", REMEDY_BUCKET,
	      "aws s3api create-bucket --bucket BUCKET LOCATION --endpoint-url https://HOST "
	      "--region "
	      "REGION");
	check("other", REMEDY_LEFTOVER,
	      "aws s3 rm --recursive s3://BUCKET/PREFIX/drydock-doctor/ --endpoint-url "
	      "https://HOST "
	      "--region REGION\n");
	check("minio", REMEDY_PUBLIC_READ,
	      "put-bucket-policy --bucket BUCKET --endpoint-url https://HOST");
	check("other", REMEDY_PUBLISH, "drydock sync s3://BUCKET/PREFIX --root R --acl A");
	check("other", REMEDY_BYTES, "drydock verify --remote --full s3://BUCKET/PREFIX --root R;");
	check("digitalocean", REMEDY_PUBLIC_READ,
	      "s3cmd setacl s3://BUCKET/PREFIX/v2/ --recursive --acl-public --host=HOST "
	      "--host-bucket='%(bucket)s.HOST'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_providers),
		cmocka_unit_test(test_fronts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
