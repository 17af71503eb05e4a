#include "base/xml.h"
#include "sync/s3/objects_page.h"
#include "sync/s3/receipt.h"
#include "sync/s3/uploads_page.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NS "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

#define ENTRY(key, size)                                                                           \
	"<Contents><Key>" key "</Key><LastModified>2026-11-23T20:48:05.000Z</LastModified>"        \
	"<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>" size "</Size>"           \
	"<StorageClass>STANDARD</StorageClass></Contents>"
#define PAGE(inner) "<?xml version=\"1.0\"?><ListBucketResult " NS ">" inner "</ListBucketResult>"

static struct s3_page *parse(const char *xml, const char *prefix, const char *after,
                             struct err *err)
{
	*err = (struct err)ERR_INIT;
	return s3_page_parse(xml, strlen(xml), prefix, after, err);
}

static void test_page(void **state)
{
	struct err err;
	struct s3_page *page =
		parse(PAGE("<Prefix>p/</Prefix><IsTruncated>true</IsTruncated>" ENTRY("p/a", "0")
	                           ENTRY("p/b&amp;c", "18446744073") "<NextContinuationToken>1/t="
	                                                             "</NextContinuationToken>"),
	              "p/", NULL, &err);

	(void)state;
	assert_non_null(page);
	assert_int_equal(page->count, 2);
	assert_string_equal(page->objects[0].key, "a");
	assert_string_equal(page->objects[1].key, "b&c");
	assert_string_equal(page->objects[1].etag, "d41d8cd98f00b204e9800998ecf8427e");
	assert_int_equal(page->objects[1].size_bytes, 18446744073);
	assert_int_equal(page->objects[0].modified_at_ms, 1795466885000);
	assert_true(page->truncated);
	assert_string_equal(page->next_token, "1/t=");
	s3_page_free(page);
}

static void test_page_url_encoding(void **state)
{
	struct err err;
	/* The announcement may stand behind the keys. */
	struct s3_page *page = parse(
		PAGE(ENTRY("a%2Bb+c%20d", "1") "<EncodingType>url</EncodingType>"), "", NULL, &err);

	(void)state;
	assert_non_null(page);
	assert_string_equal(page->objects[0].key, "a+b c d");
	s3_page_free(page);
	page = parse(PAGE(ENTRY("a%2Bb+c", "1")), "", NULL, &err);
	assert_string_equal(page->objects[0].key, "a%2Bb+c");
	s3_page_free(page);
}

static void test_page_refused(void **state)
{
	static const struct {
		const char *xml, *prefix, *after;
	} cases[] = {
		{"", "", NULL},
		{"<html></html>", "", NULL},
		{"<Error><Code>X</Code></Error>", "", NULL},
		{"<ListBucketResult>", "", NULL},
		{"<!DOCTYPE a [<!ENTITY x \"y\">]><ListBucketResult>" ENTRY(
			 "&x;", "1") "</ListBucketResult>",
	         "", NULL},
		{"<!DOCTYPE a><ListBucketResult>" ENTRY("a", "1") "</ListBucketResult>", "", NULL},
		{PAGE(ENTRY("b", "1") ENTRY("a", "1")), "", NULL},
		{PAGE(ENTRY("a", "1") ENTRY("a", "1")), "", NULL},
		{PAGE(ENTRY("a", "1")), "", "a"},
		{PAGE(ENTRY("p/a", "1")), "p/", "b"},
		{PAGE(ENTRY("q/a", "1")), "p/", NULL},
		{PAGE(ENTRY("a", "-1")), "", NULL},
		{PAGE(ENTRY("a", "1x")), "", NULL},
		{PAGE(ENTRY("a", "99999999999999999999")), "", NULL},
		{PAGE("<Contents><Key>a</Key></Contents>"), "", NULL},
		{PAGE("<Contents><Size>1</Size></Contents>"), "", NULL},
		{PAGE(ENTRY("a", "1") "<IsTruncated>true</IsTruncated>"), "", NULL},
		{PAGE(ENTRY("a%zz", "1") "<EncodingType>url</EncodingType>"), "", NULL},
		{PAGE(ENTRY("a%00b", "1") "<EncodingType>url</EncodingType>"), "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err;
		struct s3_page *page = parse(cases[i].xml, cases[i].prefix, cases[i].after, &err);

		if (page)
			print_error("case %zu was accepted\n", i);
		assert_null(page);
		assert_int_equal(err.code, ERR_MALFORMED);
	}
}

/* Every prefix of a good page is refused: a cut answer never passes for a short listing. */
static void test_page_cut_anywhere(void **state)
{
	static const char xml[] =
		PAGE("<IsTruncated>false</IsTruncated>" ENTRY("a", "1") ENTRY("b", "2"));

	(void)state;
	for (size_t len = 0; len < sizeof(xml) - 1; len++) {
		struct err err = ERR_INIT;
		/* A copy of exactly that size, so that a sanitizer sees a read beyond it. */
		AUTO_FREE char *part = malloc(len + 1);

		memcpy(part, xml, len);
		assert_null(s3_page_parse(part, len, "", NULL, &err));
	}
}

static void test_page_of_too_many(void **state)
{
	AUTO_STR struct str xml = STR_INIT(1 << 20);
	struct err err;
	struct s3_page *page;

	(void)state;
	(void)str_adds(&xml, "<ListBucketResult>");
	for (int i = 0; i < 1000; i++)
		(void)str_addf(&xml, "<Contents><Key>%04d</Key><Size>1</Size></Contents>", i);
	(void)str_adds(&xml, "</ListBucketResult>");
	page = parse(str_text(&xml), "", NULL, &err);
	assert_non_null(page);
	assert_int_equal(page->count, 1000);
	assert_string_equal(page->objects[999].key, "0999");
	assert_string_equal(page->objects[999].etag, "");
	s3_page_free(page);
	xml.len -= strlen("</ListBucketResult>");
	(void)str_adds(&xml, "<Contents><Key>2</Key><Size>1</Size></Contents></ListBucketResult>");
	assert_null(parse(str_text(&xml), "", NULL, &err));
}

static int ignore(void *context, enum xml_what what, const char *path, const struct str *text,
                  struct err *err)
{
	(void)context;
	(void)what;
	(void)path;
	(void)text;
	(void)err;
	return 0;
}

static void test_xml_limits(void **state)
{
	AUTO_STR struct str xml = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 10000; i++)
		(void)str_adds(&xml, "<a>");
	assert_int_equal(xml_walk(str_text(&xml), xml.len, ignore, NULL, &err), -1);
	assert_string_equal(err.message, "XML answer: nested too deeply");
	str_clear(&xml);
	(void)str_adds(&xml, "<a><b>");
	for (int i = 0; i < XML_TEXT_MAX + 1; i++)
		(void)str_addc(&xml, 'x');
	(void)str_adds(&xml, "</b></a>");
	assert_int_equal(xml_walk(str_text(&xml), xml.len, ignore, NULL, &err), -1);
	assert_string_equal(err.message, "XML answer: an element holds too much text");
	assert_int_equal(xml_walk("x", XML_DOCUMENT_MAX + 1ul, ignore, NULL, &err), -1);
}

static void test_parts(void **state)
{
#define PART(n, size)                                                                              \
	"<Part><PartNumber>" n "</PartNumber><ETag>\"e" n "\"</ETag><Size>" size "</Size></Part>"
#define PARTS(inner) "<ListPartsResult " NS ">" inner "</ListPartsResult>"
	static const char *const bad[] = {
		PARTS(PART("2", "1") PART("1", "1")),
		PARTS(PART("0", "1")),
		PARTS(PART("10001", "1")),
		PARTS(PART("1", "5368709121")),
		PARTS("<Part><PartNumber>1</PartNumber></Part>"),
		PARTS("<IsTruncated>true</IsTruncated>" PART("1", "1")),
		PARTS("<IsTruncated>true</IsTruncated><NextPartNumberMarker>0</"
	              "NextPartNumberMarker>" PART("1", "1")),
		"<ListBucketResult></ListBucketResult>",
	};
	static const char good[] =
		PARTS("<IsTruncated>true</IsTruncated><NextPartNumberMarker>9</"
	              "NextPartNumberMarker>" PART("3", "5242880") PART("9", "1"));
	struct err err = ERR_INIT;
	struct s3_parts *parts = s3_parts_parse(good, strlen(good), 2, &err);

	(void)state;
	assert_non_null(parts);
	assert_int_equal(parts->count, 2);
	assert_int_equal(parts->parts[0].number, 3);
	assert_int_equal(parts->parts[0].size_bytes, 5242880);
	assert_string_equal(parts->parts[1].etag, "e9");
	assert_int_equal(parts->next_marker, 9);
	s3_parts_free(parts);
	parts = s3_parts_parse("<ListPartsResponse/>", 20, 0, &err); /* FY4 */
	assert_non_null(parts);
	s3_parts_free(parts);
	assert_null(s3_parts_parse(good, strlen(good), 3, &err)); /* it came before */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parts = s3_parts_parse(bad[i], strlen(bad[i]), 0, &err);
		if (parts)
			print_error("case %zu was accepted\n", i);
		assert_null(parts);
	}
}

static void test_uploads(void **state)
{
	static const char good[] =
		"<ListMultipartUploadsResult><EncodingType>url</EncodingType>"
		"<IsTruncated>true</IsTruncated><NextKeyMarker>p/k%3A1</NextKeyMarker>"
		"<NextUploadIdMarker>u1</NextUploadIdMarker>"
		"<Upload><Key>p/k%3A1</Key><UploadId>u1</UploadId>"
		"<Initiator><ID>x</ID></Initiator>"
		"<Initiated>2026-11-23T20:48:05.000Z</Initiated></Upload>"
		"</ListMultipartUploadsResult>";
	static const char bad[] = "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>"
				  "</ListMultipartUploadsResult>";
	struct err err = ERR_INIT;
	struct s3_uploads *uploads = s3_uploads_parse(good, strlen(good), "p/", &err);

	(void)state;
	assert_non_null(uploads);
	assert_int_equal(uploads->count, 1);
	assert_string_equal(uploads->uploads[0].key, "k:1");
	assert_string_equal(uploads->uploads[0].id, "u1");
	assert_int_equal(uploads->uploads[0].initiated_at_ms, 1795466885000);
	assert_string_equal(uploads->next_key, "p/k:1");
	assert_string_equal(uploads->next_id, "u1");
	s3_uploads_free(uploads);
	assert_null(s3_uploads_parse(bad, strlen(bad), "", &err));
	assert_null(s3_uploads_parse(good, strlen(good), "q/", &err));
}

static void test_receipt(void **state)
{
	static const struct {
		const char *xml;
		int expect;
		const char *etag, *code;
	} cases[] = {
		{"<CompleteMultipartUploadResult " NS "><ETag>&quot;abc-2&quot;</ETag>"
	         "</CompleteMultipartUploadResult>",
	         0, "abc-2", ""},
		/* FP5: weak behind a proxy. */
		{"<CompleteMultipartUploadResult><ETag>W/&quot;abc-2&quot;</ETag>"
	         "</CompleteMultipartUploadResult>",
	         0, "abc-2", ""},
		{"<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>", 0,
	         "", ""},
		{"  \n\r\t <CompleteMultipartUploadResult><ETag>x</ETag>"
	         "</CompleteMultipartUploadResult>",
	         0, "x", ""},
		{"<?xml version=\"1.0\"?>\n\n   <Error><Code>InternalError</Code></Error>", 1, "",
	         "InternalError"},
		{"   \n<?xml version=\"1.0\"?><Error><Code>SlowDown</Code></Error>", 1, "",
	         "SlowDown"},
		/* FY4: as moto calls it. */
		{"<CompleteMultipartUploadResponse><ETag>x</ETag>"
	         "</CompleteMultipartUploadResponse>",
	         0, "x", ""},
		{"<CompleteMultipartUploader><ETag>x</ETag></CompleteMultipartUploader>", -1, NULL,
	         NULL},
		{"<CompleteMultipartUploadResult><ETag>x</ETag>", -1, NULL, NULL},
		{"<CopyObjectResult><ETag>x</ETag></CopyObjectResult>", -1, NULL, NULL},
		{"", -1, NULL, NULL},
		{"   ", -1, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct s3_receipt receipt;
		struct s3_fault fault;
		struct err err = ERR_INIT;
		int got = s3_receipt_parse(&receipt, &fault, "CompleteMultipartUploadResult",
		                           cases[i].xml, strlen(cases[i].xml), &err);

		assert_int_equal(got, cases[i].expect);
		if (got < 0)
			continue;
		assert_string_equal(receipt.etag, cases[i].etag);
		assert_string_equal(fault.code, cases[i].code);
	}
}

static void test_fault(void **state)
{
	static const char xml[] =
		"<Error><Code>RequestTimeTooSkewed</Code><Message>a\x7f&#9;b</Message>"
		"<Region>eu-west-1</Region><ServerTime>2026-11-23T20:48:05Z</ServerTime></Error>";
	struct s3_fault fault;

	(void)state;
	s3_fault_parse(&fault, xml, strlen(xml));
	assert_string_equal(fault.code, "RequestTimeTooSkewed");
	assert_string_equal(fault.message, "a\\x7f\\x09b");
	assert_string_equal(fault.region, "eu-west-1");
	assert_int_equal(fault.server_time_ms, 1795466885000);
	/* What came before a cut still tells. */
	s3_fault_parse(&fault, xml, 40);
	assert_string_equal(fault.code, "RequestTimeTooSkewed");
	assert_int_equal(fault.server_time_ms, -1);
	s3_fault_parse(&fault, "<html><Code>X</Code></html>", 27);
	assert_string_equal(fault.code, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_page_url_encoding),
		cmocka_unit_test(test_page_refused),
		cmocka_unit_test(test_page_cut_anywhere),
		cmocka_unit_test(test_page_of_too_many),
		cmocka_unit_test(test_xml_limits),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_uploads),
		cmocka_unit_test(test_receipt),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
