#include "sync/doctor/manifest_look.h"

#include "base/media_type.h"

#include "tests/unit/unit.h"

#define HEX "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text, *type; /* type NULL: it is no manifest */
	uint64_t blob_bytes;     /* 0: it names no blob */
} cases[] = {
	{"{\"mediaType\":\"" MT_DOCKER_MANIFEST "\",\"config\":{\"digest\":\"sha256:" HEX
         "\",\"size\":7}}",
         MT_DOCKER_MANIFEST, 7},
	{"{\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":9},\"layers\":[]}", MT_OCI_MANIFEST,
         9},
	{"{\"config\":{},\"layers\":[{\"digest\":\"sha256:" HEX "\",\"size\":5}]}", MT_OCI_MANIFEST,
         5},
	{"{\"manifests\":[]}", MT_OCI_INDEX, 0},
	{"{\"config\":{\"digest\":\"sha256:../..\",\"size\":9}}", MT_OCI_MANIFEST, 0},
	{"{\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":-1}}", MT_OCI_MANIFEST, 0},
	{"{\"name\":\"a\",\"tags\":[]}", NULL, 0},
	{"[]", NULL, 0},
	{"<html></html>", NULL, 0},
	{"", NULL, 0},
};

static void test_looks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct manifest_look look;
		bool is = manifest_look(&look, cases[i].text, strlen(cases[i].text));

		assert_int_equal(is, cases[i].type != NULL);
		if (!is)
			continue;
		assert_string_equal(look.media_type, cases[i].type);
		assert_int_equal(look.blob.alg != DIGEST_NONE, cases[i].blob_bytes > 0);
		assert_int_equal(look.blob_bytes, cases[i].blob_bytes);
	}
}

#define CONFIG      "{\"mediaType\":\"" MT_OCI_CONFIG "\",\"digest\":\"sha256:" HEX "\",\"size\":10}"
#define LAYER(size) "{\"mediaType\":\"" MT_OCI_LAYER_GZIP "\",\"size\":" size "}"
#define IMAGE(layers)                                                                              \
	"{\"mediaType\":\"" MT_OCI_MANIFEST "\",\"config\":" CONFIG ",\"layers\":[" layers "]}"

static const struct {
	const char *text;
	uint64_t bytes; /* 0: it is no image */
} images[] = {
	{IMAGE(LAYER("20") "," LAYER("300")), 330},
	{IMAGE(LAYER("0")), 10},
	/* What cannot be is too large for anything. */
	{IMAGE(LAYER("-1")), UINT64_MAX},
	{IMAGE(LAYER("\"1\"") "," LAYER("1")), UINT64_MAX},
	{IMAGE(LAYER("9223372036854775807") "," LAYER("9223372036854775807") "," LAYER("9")),
         UINT64_MAX},
	{IMAGE(""), 0},
	{IMAGE("{\"mediaType\":\"application/vnd.in-toto+json\",\"size\":5}"), 0},
	{IMAGE(LAYER("20") ",7"), 0},
	{"{\"mediaType\":\"" MT_OCI_MANIFEST "\",\"config\":{},\"layers\":[" LAYER("1") "]}", 0},
	{"{\"manifests\":[]}", 0},
};

static void test_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		struct manifest_look look;

		assert_true(manifest_look(&look, images[i].text, strlen(images[i].text)));
		if (look.is_image != (images[i].bytes > 0) ||
		    (look.is_image && look.image_bytes != images[i].bytes))
			fail_msg("%s", images[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
