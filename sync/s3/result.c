#include "sync/s3/result.h"

#include "base/cleanup.h"
#include "base/http/backoff.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	RETRY_AFTER_LIMIT_MS = 7 * 24 * 3600 * 1000,
	WORDS_MAX = 80, /* bytes of a page's title that are shown */
};

static const char *header_or_empty(const struct http_answer *answer, const char *name)
{
	const char *value = http_answer_header(answer, name);

	return value ? value : "";
}

/* An HTTP date in milliseconds, -1 when there is none. */
static int64_t header_time(const struct http_answer *answer, const char *name)
{
	const char *value = http_answer_header(answer, name);
	time_t seconds = value ? curl_getdate(value, NULL) : -1;

	return seconds < 0 ? -1 : (int64_t)seconds * 1000;
}

static int64_t retry_after(const struct http_answer *answer)
{
	const char *ms = http_answer_header(answer, "x-amz-retry-after");
	uint64_t value;

	if (ms && s3_parse_number(ms, RETRY_AFTER_LIMIT_MS, &value) == 0)
		return (int64_t)value;
	return backoff_retry_after_ms(answer);
}

static void read_head(struct s3_head *head, const struct http_answer *answer)
{
	const char *length = http_answer_header(answer, "content-length");

	if (s3_parse_etag(head->etag, header_or_empty(answer, "etag")) < 0)
		head->etag[0] = '\0';
	if (length && s3_parse_number(length, INT64_MAX, &head->size_bytes) < 0)
		head->size_bytes = 0;
	head->content_type = header_or_empty(answer, "content-type");
	head->cache_control = header_or_empty(answer, "cache-control");
	head->sse = header_or_empty(answer, "x-amz-server-side-encryption");
	head->sse_customer =
		http_answer_header(answer, "x-amz-server-side-encryption-customer-algorithm") !=
		NULL;
	head->meta_token = header_or_empty(answer, "x-amz-meta-drydock-token");
	head->meta_sha256 = header_or_empty(answer, "x-amz-meta-drydock-sha256");
	head->meta_digest = header_or_empty(answer, "x-amz-meta-docker-content-digest");
	head->meta_staged_at = header_or_empty(answer, "x-amz-meta-drydock-staged-at");
	head->modified_at_ms = header_time(answer, "last-modified");
}

/* The code that a body would have brought: HEAD has none, and proxies write their own. */
static const char *code_of_status(enum s3_op op, int status)
{
	static const struct {
		int status;
		const char *code;
	} codes[] = {
		{301, "PermanentRedirect"},  {302, "PermanentRedirect"},
		{307, "PermanentRedirect"},  {308, "PermanentRedirect"},
		{400, "BadRequest"},         {401, "AccessDenied"},
		{403, "AccessDenied"},       {404, "NoSuchKey"},
		{405, "MethodNotAllowed"},   {407, "ProxyAuthenticationRequired"},
		{409, "Conflict"},           {411, "MissingContentLength"},
		{412, "PreconditionFailed"}, {413, "EntityTooLarge"},
		{416, "InvalidRange"},       {429, "TooManyRequests"},
		{501, "NotImplemented"},     {503, "ServiceUnavailable"},
	};

	if (status == 404 && s3_op_of_bucket(op))
		return "NoSuchBucket";
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].status == status)
			return codes[i].code;
	return status >= 500 ? "InternalError" : "UnexpectedStatus";
}

static void set_code(struct s3_result *result, const char *code)
{
	(void)snprintf(result->fault.code, sizeof(result->fault.code), "%s", code);
}

static int receipt_of(struct s3_result *result, const char *root, const struct str *body,
                      struct err *err)
{
	int got = s3_receipt_parse(&result->receipt, &result->fault, root, str_text(body),
	                           body->len, err);

	if (got == 1 && result->fault.code[0] == '\0')
		set_code(result, "InternalError");
	if (got == 0 && result->op == S3_CREATE_UPLOAD && result->receipt.upload_id[0] == '\0')
		return s3_malformed(err, "no upload id");
	return got;
}

static int page_of(struct s3_result *result, const struct s3_asked *asked, const struct str *body,
                   struct err *err)
{
	size_t cut = strlen(asked->remote_prefix);

	result->page =
		s3_page_parse(str_text(body), body->len, asked->remote_prefix, asked->after, err);
	if (!result->page)
		return -1;
	/* The page parser cuts the remote's prefix; the rest must hold as well. */
	for (size_t i = 0; i < result->page->count; i++)
		if (strncmp(result->page->objects[i].key, asked->prefix + cut,
		            strlen(asked->prefix) - cut) != 0)
			return s3_malformed(err, "the listing holds a key that was not asked for");
	if (result->page->truncated && asked->token &&
	    strcmp(result->page->next_token, asked->token) == 0)
		return s3_malformed(err, "the listing does not get ahead");
	return 0;
}

/* Reads the body of a good status. 0, 1 when it is an <Error> after all, or -1. */
static int read_body(struct s3_result *result, const struct s3_asked *asked,
                     const struct http_answer *answer, struct err *err)
{
	const struct str *body = answer->body;

	switch (asked->op) {
	case S3_LIST:
		return page_of(result, asked, body, err);
	case S3_LIST_PARTS:
		result->parts = s3_parts_parse(str_text(body), body->len, asked->part_number, err);
		return result->parts ? 0 : -1;
	case S3_LIST_UPLOADS:
		result->uploads =
			s3_uploads_parse(str_text(body), body->len, asked->remote_prefix, err);
		return result->uploads ? 0 : -1;
	case S3_CREATE_UPLOAD:
		return receipt_of(result, "InitiateMultipartUploadResult", body, err);
	case S3_COMPLETE:
		return receipt_of(result, "CompleteMultipartUploadResult", body, err);
	case S3_COPY:
		return receipt_of(result, "CopyObjectResult", body, err);
	case S3_COPY_PART:
		return receipt_of(result, "CopyPartResult", body, err);
	case S3_GET:
		if (asked->ranged && answer->status != 206)
			return s3_malformed(err,
			                    "the whole object came where a range was asked for");
		return 0;
	default:
		return 0;
	}
}

static void read_success(struct s3_result *result, const struct s3_asked *asked,
                         const struct http_answer *answer, char *words)
{
	struct err err = ERR_INIT;
	int got = read_body(result, asked, answer, &err);

	result->ok = got == 0;
	if (got >= 0)
		return;
	set_code(result, err.code == ERR_MEMORY ? "" : S3_CODE_MALFORMED);
	result->failure = err.code == ERR_MEMORY ? HTTP_FAILED_MEMORY : HTTP_OK;
	(void)snprintf(words, S3_RESULT_WORDS_MAX, "%.*s", S3_RESULT_WORDS_MAX - 1, err.message);
	result->message = words;
}

static const char *find_word(const char *text, const char *word)
{
	for (; *text; text++)
		if (strncasecmp(text, word, strlen(word)) == 0)
			return text;
	return NULL;
}

/* A refusal whose body is none of S3's: a page of a proxy or a firewall most often. */
static void describe_page(struct s3_result *result, const struct str *body, char *words)
{
	AUTO_STR struct str said = STR_INIT(S3_RESULT_WORDS_MAX);
	const char *text = str_text(body) + strspn(str_text(body), " \t\r\n");
	bool is_page = find_word(text, "<html") || find_word(text, "<!doctype html");
	const char *title = find_word(text, "<title>");
	size_t len;

	if (*text == '\0')
		return;
	if (is_page)
		text = title ? title + strlen("<title>") : "";
	len = strcspn(text, is_page ? "<" : "\r\n");
	(void)str_add_printable(&said, text, len < WORDS_MAX ? len : WORDS_MAX);
	(void)snprintf(words, S3_RESULT_WORDS_MAX, said.len > 0 ? "%s \"%s\"" : "%s",
	               is_page ? "an HTML page" : "the words", str_text(&said));
	result->message = words;
}

static void read_refusal(struct s3_result *result, const struct s3_asked *asked,
                         const struct http_answer *answer, char *words)
{
	const char *location = http_answer_header(answer, "location");

	s3_fault_parse(&result->fault, str_text(answer->body), answer->body->len);
	if (result->fault.code[0] == '\0') {
		set_code(result, code_of_status(asked->op, answer->status));
		describe_page(result, answer->body, words);
	}
	if (!location || answer->status < 300 || answer->status > 399)
		return;
	result->location = location;
	result->wants_https = !asked->https && strncasecmp(location, "https://", 8) == 0;
}

static void read_region(struct s3_result *result, const struct http_answer *answer)
{
	const char *region = http_answer_header(answer, "x-amz-bucket-region");

	result->region = region && *region ? region : result->fault.region;
}

void s3_result_read(struct s3_result *result, const struct s3_asked *asked,
                    const struct http_answer *answer, char words[S3_RESULT_WORDS_MAX])
{
	memset(result, 0, sizeof(*result));
	result->op = asked->op;
	result->key = asked->key ? asked->key : "";
	result->failure = answer->failure;
	result->status = answer->status;
	result->message = answer->message;
	result->body = answer->body;
	result->location = "";
	result->server_date_ms = header_time(answer, "date");
	result->retry_after_ms = retry_after(answer);
	result->sent_bytes = answer->sent_bytes;
	result->acknowledged_bytes = answer->acknowledged_bytes;
	result->received_bytes = answer->received_bytes;
	result->duration_ms = answer->duration_ms;
	result->connected = answer->connected;
	result->fault.server_time_ms = -1;
	read_head(&result->head, answer);
	if (answer->failure == HTTP_OK && answer->status >= 200 && answer->status < 300) {
		read_success(result, asked, answer, words);
	} else if (answer->failure == HTTP_OK) {
		read_refusal(result, asked, answer, words);
	} else if (answer->failure == HTTP_FAILED_HEADERS) {
		/* Something answered, but it is no answer. */
		set_code(result, S3_CODE_MALFORMED);
		result->failure = HTTP_OK;
	}
	read_region(result, answer);
}

void s3_result_release(struct s3_result *result)
{
	s3_page_free(result->page);
	s3_parts_free(result->parts);
	s3_uploads_free(result->uploads);
	result->page = NULL;
	result->parts = NULL;
	result->uploads = NULL;
}
