/*
 * Everything that sync reads from servers and from AWS's files. The first byte chooses the parser,
 * the rest is its input.
 */
#include "base/http/transport.h"
#include "base/http/uri.h"
#include "base/ini.h"
#include "sync/s3/objects_page.h"
#include "sync/s3/receipt.h"
#include "sync/s3/uploads_page.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ignore(void *context, const char *section, const char *key, const char *value,
                  unsigned line, struct err *err)
{
	(void)context;
	(void)line;
	(void)err;
	/* Reads all of them, so that the sanitizer sees what is not terminated. */
	return strlen(section) + strlen(key) + strlen(value) > (size_t)1 << 30 ? -1 : 0;
}

static void headers(const char *text, size_t len)
{
	AUTO_STR struct str all = STR_INIT(4096);

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) + 1 : len;

		if (http_headers_add(&all, text, line) < 0)
			return;
		text += line;
		len -= line;
	}
	(void)http_headers_get(&all, "etag");
}

static void endpoint(const char *text, size_t len)
{
	struct err err = ERR_INIT;
	struct uri_endpoint uri;
	AUTO_FREE char *copy = strndup(text, len);

	if (copy && uri_parse_endpoint(&uri, copy, &err) == 0 && strpbrk(uri.host, "\r\n /@"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	size_t len = size - 1;
	struct err err = ERR_INIT;
	struct s3_receipt receipt;
	struct s3_fault fault;

	if (size == 0)
		return 0;
	switch (data[0] % 8) {
	case 0:
		s3_page_free(s3_page_parse(text, len, "v2/", "v2/a", &err));
		break;
	case 1:
		s3_parts_free(s3_parts_parse(text, len, 0, &err));
		break;
	case 2:
		s3_uploads_free(s3_uploads_parse(text, len, "", &err));
		break;
	case 3:
		(void)!s3_receipt_parse(&receipt, &fault, "CopyObjectResult", text, len, &err);
		break;
	case 4:
		s3_fault_parse(&fault, text, len);
		break;
	case 5:
		(void)!ini_parse(text, len, INI_AWS, ignore, NULL, &err);
		break;
	case 6:
		endpoint(text, len);
		break;
	default:
		headers(text, len);
	}
	return 0;
}
