#include "base/media_type.h"

#include "tests/unit/check.h"

static void test_manifest(void **state)
{
	static const struct {
		const char *text;
		enum manifest_kind kind;
	} cases[] = {
		{"application/vnd.oci.image.manifest.v1+json", MANIFEST_IMAGE},
		{"application/vnd.docker.distribution.manifest.v2+json", MANIFEST_IMAGE},
		{"application/vnd.oci.image.index.v1+json", MANIFEST_INDEX},
		{"application/vnd.docker.distribution.manifest.list.v2+json", MANIFEST_INDEX},
		{"application/vnd.docker.distribution.manifest.v1+json", MANIFEST_SCHEMA1},
		{"application/vnd.docker.distribution.manifest.v1+prettyjws", MANIFEST_SCHEMA1},
		{"application/vnd.oci.image.config.v1+json", MANIFEST_NONE},
		{"application/vnd.oci.image.manifest.v1+json; charset=utf-8", MANIFEST_NONE},
		{"application/vnd.oci.image.manifest.v1", MANIFEST_NONE},
		{"", MANIFEST_NONE},
		{NULL, MANIFEST_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(media_type_manifest(cases[i].text), cases[i].kind);
}

static void test_foreign_layer(void **state)
{
	static const struct {
		const char *text;
		bool foreign;
	} cases[] = {
		{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar", true},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", true},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", true},
		{MT_OCI_LAYER, false},
		{MT_OCI_LAYER_GZIP, false},
		{MT_DOCKER_LAYER, false},
		{MT_OCTET_STREAM, false},
		{"", false},
		{NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(media_type_is_foreign_layer(cases[i].text), cases[i].foreign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_foreign_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
