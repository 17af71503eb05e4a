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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_looks)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
