/* Rule V2: what is refused, and what a document without a type is. */
#include "stage/document/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define D    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define CONF "\"config\":{\"mediaType\":\"" MT_OCI_CONFIG "\",\"size\":2,\"digest\":\"" D "\"}"
#define ONE  "{\"mediaType\":\"" MT_OCI_LAYER_GZIP "\",\"size\":0,\"digest\":\"" D "\"}"
#define MAN  "{\"mediaType\":\"" MT_OCI_MANIFEST "\",\"size\":0,\"digest\":\"" D "\"}"

struct manifest_case {
	const char *text, *said;
	const char *type; /* expected; NULL: `code` */
	enum err_code code;
};

static const struct manifest_case CASES[] = {
	/* typed by its own word, by its descriptor's, by its shape */
	{"{\"schemaVersion\":2,\"mediaType\":\"" MT_DOCKER_MANIFEST "\"," CONF ",\"layers\":[]}",
         MT_DOCKER_MANIFEST, MT_DOCKER_MANIFEST, ERR_NONE},
	{"{\"schemaVersion\":2," CONF ",\"layers\":[" ONE "]}", NULL, MT_OCI_MANIFEST, ERR_NONE},
	{"{\"schemaVersion\":2," CONF ",\"layers\":null}", MT_OCI_MANIFEST, MT_OCI_MANIFEST,
         ERR_NONE},
	{"{\"schemaVersion\":2,\"manifests\":[" MAN "]}", NULL, MT_OCI_INDEX, ERR_NONE},
	{"{\"schemaVersion\":2,\"manifests\":[]}", MT_OCI_INDEX, MT_OCI_INDEX, ERR_NONE},
	/* CVE-2021-41190: one document, two readings */
	{"{\"schemaVersion\":2," CONF ",\"layers\":[],\"manifests\":[]}", NULL, NULL, ERR_REFUSED},
	{"{\"schemaVersion\":2,\"layers\":[],\"manifests\":[]}", NULL, NULL, ERR_REFUSED},
	/* types that contradict */
	{"{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_INDEX "\"," CONF ",\"layers\":[]}", NULL,
         NULL, ERR_REFUSED},
	{"{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_MANIFEST "\"," CONF ",\"layers\":[]}",
         MT_DOCKER_MANIFEST, NULL, ERR_REFUSED},
	{"{\"schemaVersion\":2," CONF ",\"layers\":[]}", MT_OCI_INDEX, NULL, ERR_REFUSED},
	{"{\"schemaVersion\":2," CONF ",\"layers\":[]}", MT_DOCKER_MANIFEST, NULL, ERR_MALFORMED},
	{"{\"schemaVersion\":2,\"mediaType\":\"text/plain\"," CONF ",\"layers\":[]}", NULL, NULL,
         ERR_REFUSED},
	/* schema 1 and other versions */
	{"{\"schemaVersion\":1,\"fsLayers\":[]}", NULL, NULL, ERR_REFUSED},
	{"{\"schemaVersion\":1," CONF ",\"layers\":[]}", NULL, NULL, ERR_REFUSED},
	{"{\"schemaVersion\":3," CONF ",\"layers\":[]}", NULL, NULL, ERR_MALFORMED},
	{"{" CONF ",\"layers\":[]}", NULL, NULL, ERR_MALFORMED},
	/* keys that some parsers take for others */
	{"{\"schemaVersion\":2,\"Config\":{}," CONF ",\"layers\":[]}", NULL, NULL, ERR_REFUSED},
	{"{\"schemaVersion\":2," CONF ",\"layers\":[],\"Layers\":[]}", NULL, NULL, ERR_REFUSED},
	{"{\"schemaVersion\":2," CONF ",\"layers\":[],\"layers\":[]}", NULL, NULL, ERR_MALFORMED},
	/* annotations may have any keys */
	{"{\"schemaVersion\":2," CONF ",\"layers\":[],\"annotations\":{\"Layers\":\"\"}}", NULL,
         MT_OCI_MANIFEST, ERR_NONE},
	/* wrong shapes */
	{"[]", NULL, NULL, ERR_MALFORMED},
	{"{}", NULL, NULL, ERR_MALFORMED},
	{"{\"schemaVersion\":2," CONF ",\"layers\":{}}", NULL, NULL, ERR_MALFORMED},
	/* FT6: an image manifest, also an artifact's, has layers, if only an empty list of them. */
	{"{\"schemaVersion\":2," CONF "}", NULL, NULL, ERR_MALFORMED},
	{"{\"schemaVersion\":2,\"artifactType\":\"a/b\"," CONF "}", NULL, NULL, ERR_MALFORMED},
	{"{\"schemaVersion\":2,\"config\":null,\"layers\":[]}", NULL, NULL, ERR_MALFORMED},
	{"{\"schemaVersion\":2,\"layers\":[]}", NULL, NULL, ERR_MALFORMED},
	{"{\"schemaVersion\":2," CONF ",\"layers\":[],\"subject\":{}}", NULL, NULL, ERR_MALFORMED},
	{"{\"schemaVersion\":2," CONF ",\"layers\":[]} x", NULL, NULL, ERR_MALFORMED},
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		const struct manifest_case *c = &CASES[i];
		struct manifest doc = MANIFEST_INIT;
		struct err err = ERR_INIT;
		int result = manifest_read(&doc, c->text, strlen(c->text), c->said,
		                           &JSON_LIMITS_MANIFEST, &err);

		if (result < 0 && c->type)
			print_error("case %zu: %s\n", i, err.message);
		assert_int_equal(result, c->type ? 0 : -1);
		assert_int_equal(err.code, c->code);
		if (c->type)
			assert_string_equal(doc.media_type, c->type);
		manifest_release(&doc);
	}
}

static int read_descriptor(const char *text, struct descriptor *d, json_t **json, struct err *err)
{
	*json = json_loads(text, 0, NULL);
	assert_non_null(*json);
	return descriptor_read(d, *json, "layers[0]", err);
}

static void test_descriptor(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
		{"{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"" D "\"}", ERR_NONE},
		{"{\"mediaType\":\"a/b\",\"size\":-1,\"digest\":\"" D "\"}", ERR_MALFORMED},
		{"{\"mediaType\":\"a/b\",\"size\":1.5,\"digest\":\"" D "\"}", ERR_MALFORMED},
		{"{\"mediaType\":\"a/b\",\"size\":\"1\",\"digest\":\"" D "\"}", ERR_MALFORMED},
		{"{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"sha256:../../x\"}", ERR_MALFORMED},
		{"{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"\"}", ERR_MALFORMED},
		{"{\"mediaType\":\"a\\r\\nX: y\",\"size\":1,\"digest\":\"" D "\"}", ERR_MALFORMED},
		{"{\"size\":1,\"digest\":\"" D "\"}", ERR_MALFORMED},
		{"{\"mediaType\":\"a/b\",\"Size\":2,\"size\":1,\"digest\":\"" D "\"}", ERR_REFUSED},
		{"{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"" D "\",\"annotations\":[]}",
	         ERR_MALFORMED},
		{"{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"" D
	         "\",\"platform\":{\"OS\":\"linux\"}}",
	         ERR_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct descriptor d;
		struct err err = ERR_INIT;
		json_t *json;
		int result = read_descriptor(cases[i].text, &d, &json, &err);

		assert_int_equal(result, cases[i].code == ERR_NONE ? 0 : -1);
		assert_int_equal(err.code, cases[i].code);
		if (result < 0)
			assert_non_null(strstr(err.message, "layers[0]"));
		json_decref(json);
	}
}

#define FOREIGN "application/vnd.oci.image.layer.nondistributable.v1.tar"

static void test_foreign_and_attestation(void **state)
{
	struct descriptor d;
	struct err err = ERR_INIT;
	json_t *json;

	(void)state;
	assert_int_equal(read_descriptor("{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"" D
	                                 "\",\"urls\":[\"https://x\"]}",
	                                 &d, &json, &err),
	                 0);
	assert_false(d.foreign);
	json_decref(json);
	assert_int_equal(read_descriptor("{\"mediaType\":\"" FOREIGN "\",\"size\":1,\"digest\":\"" D
	                                 "\"}",
	                                 &d, &json, &err),
	                 0);
	assert_true(d.foreign);
	json_decref(json);
	assert_int_equal(read_descriptor("{\"mediaType\":\"" MT_OCI_MANIFEST
	                                 "\",\"size\":1,\"digest\":\"" D "\",\"platform\":"
	                                 "{\"os\":\"unknown\",\"architecture\":\"unknown\"},"
	                                 "\"annotations\":{\"vnd.docker.reference.digest\":\"" D
	                                 "\"}}",
	                                 &d, &json, &err),
	                 0);
	assert_true(d.attestation);
	assert_false(d.foreign);
	assert_int_equal(d.attested.alg, DIGEST_SHA256);
	json_decref(json);
}

/* "hello" and its SHA-256, as sha256sum says it. */
static void test_data(void **state)
{
	static const char hello[] =
		"{\"mediaType\":\"a/b\",\"size\":%d,\"data\":\"%s\",\"digest\":\"sha256:"
		"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}";
	static const struct {
		int size;
		const char *data;
		enum err_code code;
	} cases[] = {
		{5, "aGVsbG8=", ERR_NONE},      {4, "aGVsbG8=", ERR_INTEGRITY},
		{5, "aGVscA==", ERR_INTEGRITY}, {5, "a", ERR_MALFORMED},
		{5, "***=", ERR_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str out = STR_INIT(100);
		struct descriptor d;
		struct err err = ERR_INIT;
		char text[300];
		json_t *json;

		(void)snprintf(text, sizeof(text), hello, cases[i].size, cases[i].data);
		assert_int_equal(read_descriptor(text, &d, &json, &err), 0);
		assert_int_equal(descriptor_data(&d, "config", &out, &err),
		                 cases[i].code == ERR_NONE ? 0 : -1);
		assert_int_equal(err.code, cases[i].code);
		if (cases[i].code == ERR_NONE)
			assert_string_equal(out.data, "hello");
		str_release(&out);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_foreign_and_attestation),
		cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests_name("stage_document", tests, NULL, NULL);
}
