/* The manifests that are made here, byte for byte: their digests must never change. */
#include "stage/document/docker_manifest.h"
#include "stage/document/tag_claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct digest digest_of(uint8_t byte)
{
	uint8_t bytes[32];

	memset(bytes, byte, sizeof(bytes));
	return digest_from_sha256(bytes);
}

static void test_write(void **state)
{
	struct manifest_blob config = {digest_of(0xaa), 123, LAYER_PLAIN};
	struct manifest_blob layers[] = {{digest_of(0xbb), 4567890123, LAYER_GZIP},
	                                 {digest_of(0xaa), 1, LAYER_PLAIN}};
	struct str out = STR_INIT(4096);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(docker_manifest_write(&out, MANIFEST_DOCKER, &config, layers, 2, &err), 0);
	assert_string_equal(
		out.data,
		"{\"schemaVersion\":2,\"mediaType\":\"application/"
		"vnd.docker.distribution.manifest.v2+json\",\"config\":{\"mediaType\":"
		"\"application/vnd.docker.container.image.v1+json\",\"size\":123,\"digest\":"
		"\"sha256:" A "\"},\"layers\":[{\"mediaType\":\"application/"
		"vnd.docker.image.rootfs.diff.tar.gzip\",\"size\":4567890123,\"digest\":"
		"\"sha256:" B "\"},{\"mediaType\":\"application/"
		"vnd.docker.image.rootfs.diff.tar\",\"size\":1,\"digest\":\"sha256:" A "\"}]}");
	str_clear(&out);
	layers[1].encoding = LAYER_ZSTD;
	assert_int_equal(docker_manifest_write(&out, MANIFEST_OCI, &config, layers, 2, &err), 0);
	assert_string_equal(
		out.data,
		"{\"schemaVersion\":2,\"mediaType\":\"application/"
		"vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":\"application/"
		"vnd.oci.image.config.v1+json\",\"size\":123,\"digest\":\"sha256:" A
		"\"},\"layers\":[{\"mediaType\":\"application/"
		"vnd.oci.image.layer.v1.tar+gzip\",\"size\":4567890123,\"digest\":\"sha256:" B
		"\"},{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+zstd\",\"size\":1,"
		"\"digest\":\"sha256:" A "\"}]}");
	str_clear(&out);
	assert_int_equal(docker_manifest_write(&out, MANIFEST_OCI, &config, layers, 0, &err), 0);
	assert_non_null(strstr(out.data, ",\"layers\":[]}"));
	str_release(&out);
}

static void test_zstd_needs_oci(void **state)
{
	struct manifest_blob config = {digest_of(1), 1, LAYER_PLAIN};
	struct manifest_blob layer = {digest_of(2), 1, LAYER_ZSTD};
	struct str out = STR_INIT(4096);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(docker_manifest_write(&out, MANIFEST_DOCKER, &config, &layer, 1, &err),
	                 -1);
	assert_int_equal(err.code, ERR_USAGE);
	str_release(&out);
}

/* 1 when the text is own, 0 when it only says the same, -1 when it cannot be read. */
static int is_own(const char *text)
{
	struct str bytes = STR_INIT(4096);
	struct manifest doc = MANIFEST_INIT;
	struct err err = ERR_INIT;
	int got = -1;

	(void)str_adds(&bytes, text);
	if (manifest_read(&doc, text, strlen(text), NULL, &JSON_LIMITS_MANIFEST, &err) == 0)
		got = docker_manifest_is_own(&doc, &bytes, &err);
	manifest_release(&doc);
	str_release(&bytes);
	return got;
}

/* A manifest is known as made here by its bytes, not by what it says. */
static void test_is_own(void **state)
{
	static const enum manifest_format formats[] = {MANIFEST_DOCKER, MANIFEST_OCI};
	struct manifest_blob config = {digest_of(0xaa), 123, LAYER_PLAIN};
	struct manifest_blob layers[] = {{digest_of(0xbb), 4567890123, LAYER_GZIP},
	                                 {digest_of(0xaa), 1, LAYER_PLAIN}};
	struct str out = STR_INIT(4096);
	struct err err = ERR_INIT;
	char *gzip;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t count = 0; count <= 2; count++) {
			str_clear(&out);
			assert_int_equal(docker_manifest_write(&out, formats[i], &config, layers,
			                                       count, &err),
			                 0);
			assert_int_equal(is_own(out.data), 1);
			(void)str_adds(&out, "\n");
			assert_int_equal(is_own(out.data), 0);
		}
	str_clear(&out);
	assert_int_equal(docker_manifest_write(&out, MANIFEST_OCI, &config, layers, 1, &err), 0);
	gzip = strstr(out.data, "+gzip");
	assert_non_null(gzip);
	gzip[1] = 'q';
	assert_int_equal(is_own(out.data), 0);
	str_clear(&out);
	(void)str_adds(&out, "{\"schemaVersion\":2,\"manifests\":[]}");
	assert_int_equal(is_own(out.data), 0);
	str_release(&out);
}

/* One tag for two digests within one run is an error (I8). */
static void test_tag_claims(void **state)
{
	struct tag_claims claims = {.claims = NULL};
	struct name_set names = {NULL, 0, 0}, others = {NULL, 0, 0};
	struct digest one = digest_of(1), two = digest_of(2);
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 40; i++) {
		char tag[2] = {(char)('A' + i), '\0'};

		assert_int_equal(name_set_add(&names, "app", tag, &err), 0);
	}
	assert_int_equal(name_set_add(&others, "app2", "A", &err), 0);
	assert_int_equal(tag_claims_check(&claims, &names, &one, &err), 0);
	assert_int_equal(tag_claims_check(&claims, &names, &one, &err), 0);
	assert_int_equal(tag_claims_check(&claims, &others, &two, &err), 0);
	assert_int_equal(tag_claims_check(&claims, &names, &two, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	tag_claims_release(&claims);
	name_set_release(&names);
	name_set_release(&others);
}

/* A source that is tried again elsewhere: what was published stays, and the rest may differ (R9).
 */
static void test_tag_claims_of_attempts(void **state)
{
	struct tag_claims claims = {.claims = NULL};
	struct name_set done = {NULL, 0, 0}, open = {NULL, 0, 0};
	struct digest one = digest_of(1), two = digest_of(2);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(name_set_add(&done, "app", "1", &err), 0);
	assert_int_equal(name_set_add(&open, "app", "2", &err), 0);
	tag_claims_begin_source(&claims);
	tag_claims_begin_attempt(&claims);
	assert_false(tag_claims_published(&claims, &done));
	assert_int_equal(tag_claims_check(&claims, &done, &one, &err), 0);
	tag_claims_publish(&claims, &done);
	assert_int_equal(tag_claims_check(&claims, &open, &one, &err), 0);
	assert_int_equal(tag_claims_check(&claims, &open, &two, &err), -1); /* the same attempt */

	tag_claims_begin_attempt(&claims);
	assert_true(tag_claims_published(&claims, &done));
	assert_false(tag_claims_published(&claims, &open));
	assert_int_equal(tag_claims_check(&claims, &done, &two, &err), -1);
	assert_int_equal(tag_claims_check(&claims, &open, &two, &err), 0);
	tag_claims_publish(&claims, &open);

	/* Another source is told again, and cannot have another digest. */
	tag_claims_begin_source(&claims);
	tag_claims_begin_attempt(&claims);
	assert_false(tag_claims_published(&claims, &done));
	assert_int_equal(tag_claims_check(&claims, &open, &one, &err), -1);
	assert_int_equal(tag_claims_check(&claims, &done, &one, &err), 0);
	tag_claims_begin_attempt(&claims);
	assert_false(tag_claims_published(&claims, &done));
	assert_false(tag_claims_published(&claims, &open));
	tag_claims_release(&claims);
	name_set_release(&done);
	name_set_release(&open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_zstd_needs_oci),
		cmocka_unit_test(test_is_own),
		cmocka_unit_test(test_tag_claims),
		cmocka_unit_test(test_tag_claims_of_attempts),
	};

	return cmocka_run_group_tests_name("stage_docker_manifest", tests, NULL, NULL);
}
