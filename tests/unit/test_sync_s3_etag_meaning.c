#include "sync/s3/etag_meaning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define WHOLE "d41d8cd98f00b204e9800998ecf8427e"
#define PARTS "b2add96cc9702bbf4efb0ccdfc6b7747-3"

static void meanings(void **state)
{
	static const struct s3_head plain = {.sse = ""}, aes = {.sse = "AES256"},
				    none = {.sse = NULL}, kms = {.sse = "aws:kms"},
				    dsse = {.sse = "aws:kms:dsse"},
				    customer = {.sse = "", .sse_customer = true};
	static const struct {
		const char *provider, *etag;
		const struct s3_head *head;
		enum etag_meaning meaning;
	} cases[] = {
		{"aws", WHOLE, NULL, ETAG_MAY_TELL},
		{"aws", PARTS, NULL, ETAG_MAY_TELL},
		{"aws", "CLaTqgMDzPACEAE=", NULL, ETAG_MAY_TELL},
		{"aws", WHOLE, &plain, ETAG_TELLS},
		{"aws", WHOLE, &none, ETAG_TELLS},
		{"aws", PARTS, &aes, ETAG_TELLS},
		{"aws", WHOLE, &kms, ETAG_IS_OPAQUE},
		{"aws", WHOLE, &dsse, ETAG_IS_OPAQUE},
		{"aws", PARTS, &customer, ETAG_IS_OPAQUE},
		{"r2", WHOLE, NULL, ETAG_TELLS},
		{"r2", PARTS, NULL, ETAG_TELLS},
		/* Its multipart ETags are no arithmetic on the parts. */
		{"gcs", WHOLE, NULL, ETAG_TELLS},
		{"gcs", WHOLE, &plain, ETAG_TELLS},
		{"gcs", PARTS, NULL, ETAG_IS_OPAQUE},
		{"gcs", PARTS, &plain, ETAG_IS_OPAQUE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(etag_meaning(provider_find(cases[i].provider), cases[i].etag,
		                              cases[i].head),
		                 cases[i].meaning);
}

/* A service whose ETags are no MD5 at all. */
static void no_md5(void **state)
{
	static const struct provider odd = {.traits = PROVIDER_COMPOSITE_ETAG | PROVIDER_KMS};
	static const struct s3_head plain = {.sse = ""};

	(void)state;
	assert_int_equal(etag_meaning(&odd, WHOLE, NULL), ETAG_IS_OPAQUE);
	assert_int_equal(etag_meaning(&odd, PARTS, &plain), ETAG_IS_OPAQUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meanings),
		cmocka_unit_test(no_md5),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
