#include "sync/s3/receipt.h"

#include "base/xml.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

/* Copies as much as fits, made printable: it came from a server and goes to a terminal. */
static void copy_printable(char *out, size_t size, const struct str *text)
{
	AUTO_STR struct str clean = STR_INIT(4 * XML_TEXT_MAX);

	(void)str_add_printable(&clean, str_text(text), text->len);
	(void)snprintf(out, size, "%s", str_text(&clean));
}

static void fault_leaf(struct s3_fault *fault, const char *path, const struct str *text)
{
	if (strcmp(path, "Code") == 0)
		copy_printable(fault->code, sizeof(fault->code), text);
	else if (strcmp(path, "Message") == 0)
		copy_printable(fault->message, sizeof(fault->message), text);
	else if (strcmp(path, "Region") == 0)
		copy_printable(fault->region, sizeof(fault->region), text);
	else if (strcmp(path, "BucketName") == 0)
		copy_printable(fault->bucket, sizeof(fault->bucket), text);
	else if (strcmp(path, "ServerTime") == 0)
		fault->server_time_ms = s3_parse_time(str_text(text));
}

static int fault_element(void *context, enum xml_what what, const char *path,
                         const struct str *text, struct err *err)
{
	if (what == XML_ROOT)
		return s3_expect_root("Error", path, err);
	if (what == XML_LEAF)
		fault_leaf(context, path, text);
	return 0;
}

static void fault_clear(struct s3_fault *fault)
{
	memset(fault, 0, sizeof(*fault));
	fault->server_time_ms = -1;
}

void s3_fault_parse(struct s3_fault *fault, const char *xml, size_t len)
{
	struct err ignored = ERR_INIT;

	fault_clear(fault);
	/* Of a cut document what came before the cut stays, as its code still tells the most. */
	(void)!xml_walk(xml, len, fault_element, fault, &ignored);
}

struct reader {
	const char *root;
	struct s3_receipt *receipt;
	struct s3_fault *fault;
	bool is_fault;
};

static int receipt_leaf(struct reader *r, const char *path, const struct str *text, struct err *err)
{
	if (strcmp(path, "UploadId") == 0) {
		if (text->len == 0 || text->len > UPLOAD_ID_MAX)
			return s3_malformed(err, "the upload id is empty or too long");
		memcpy(r->receipt->upload_id, str_text(text), text->len + 1);
	} else if (strcmp(path, "ETag") == 0) {
		if (s3_parse_etag(r->receipt->etag, str_text(text)) < 0)
			return s3_malformed(err, "an ETag is malformed");
	}
	return 0;
}

static int receipt_element(void *context, enum xml_what what, const char *path,
                           const struct str *text, struct err *err)
{
	struct reader *r = context;

	if (what == XML_ROOT) {
		r->is_fault = strcmp(path, "Error") == 0;
		return r->is_fault ? 0 : s3_expect_root(r->root, path, err);
	}
	if (what != XML_LEAF)
		return 0;
	if (r->is_fault) {
		fault_leaf(r->fault, path, text);
		return 0;
	}
	return receipt_leaf(r, path, text, err);
}

int s3_receipt_parse(struct s3_receipt *receipt, struct s3_fault *fault, const char *root,
                     const char *xml, size_t len, struct err *err)
{
	struct reader r = {.root = root, .receipt = receipt, .fault = fault};

	memset(receipt, 0, sizeof(*receipt));
	fault_clear(fault);
	if (xml_walk(xml, len, receipt_element, &r, err) < 0)
		return -1;
	return r.is_fault ? 1 : 0;
}
