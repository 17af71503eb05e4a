#include "sync/s3/wire.h"

#include "sync/s3/xml_fields.h"

#include "base/http/uri.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

enum { URL_MAX = 64 * 1024, TEXT_MAX = 32 * 1024 };

void s3_wire_init(struct s3_wire *w)
{
	memset(w, 0, sizeof(*w));
	str_init(&w->url, URL_MAX);
	str_init(&w->path, URL_MAX);
	str_init(&w->document, S3_COMPLETE_BODY_MAX);
	w->body.fd = -1;
}

void s3_wire_release(struct s3_wire *w)
{
	for (size_t i = 0; i < w->text_count; i++) {
		/* One of them may be a session token. */
		OPENSSL_cleanse(w->texts[i], strlen(w->texts[i]));
		free(w->texts[i]);
	}
	w->text_count = 0;
	str_release(&w->url);
	str_release(&w->path);
	str_release(&w->document);
}

/* Keeps a text until release; NULL (and w->failed) when there is no room. Takes what `s` holds. */
static const char *keep_text(struct s3_wire *w, struct str *s)
{
	char *text = w->text_count < S3_WIRE_TEXTS_MAX ? str_steal(s) : NULL;

	if (!text) {
		w->failed = true;
		return NULL;
	}
	w->texts[w->text_count++] = text;
	return text;
}

static void add_pair(struct s3_wire *w, struct sigv4_pair *pairs, size_t *count, size_t max,
                     const char *name, const char *value)
{
	if (!name || !value || *count == max) {
		w->failed = true;
		return;
	}
	pairs[*count].name = name;
	pairs[*count].value = value;
	(*count)++;
}

/* `value` must outlive the wire: a literal, a part of the request, or kept. */
static void header(struct s3_wire *w, const char *name, const char *value)
{
	add_pair(w, w->headers, &w->header_count, SIGV4_HEADERS_MAX, name, value);
}

static void header_if(struct s3_wire *w, const char *name, const char *value)
{
	if (value)
		header(w, name, value);
}

static void query(struct s3_wire *w, const char *name, const char *value)
{
	add_pair(w, w->query, &w->query_count, SIGV4_QUERY_MAX, name, value);
}

static const char *number_text(struct s3_wire *w, uint64_t number)
{
	AUTO_STR struct str s = STR_INIT(24);

	(void)str_addf(&s, "%" PRIu64, number);
	return keep_text(w, &s);
}

static const char *quoted(struct s3_wire *w, const char *etag)
{
	AUTO_STR struct str s = STR_INIT(ETAG_MAX + 2);

	(void)str_addf(&s, "\"%s\"", etag);
	return keep_text(w, &s);
}

/* ---- headers ---- */

static void add_attributes(struct s3_wire *w, const struct s3_attributes *a)
{
	header_if(w, "content-type", a->content_type);
	header_if(w, "cache-control", a->cache_control);
	header_if(w, "x-amz-acl", a->acl);
	header_if(w, "x-amz-server-side-encryption", a->sse);
	header_if(w, "x-amz-server-side-encryption-aws-kms-key-id", a->sse_kms_key_id);
	header_if(w, "x-amz-storage-class", a->storage_class);
	for (size_t i = 0; i < a->meta_count; i++) {
		AUTO_STR struct str name = STR_INIT(256);

		(void)str_addf(&name, "x-amz-meta-%s", a->meta[i].name);
		header(w, keep_text(w, &name), a->meta[i].value);
	}
}

static void add_md5(struct s3_wire *w, const uint8_t *md5)
{
	AUTO_STR struct str s = STR_INIT(BASE64_MD5_MAX);
	char text[BASE64_MD5_MAX];

	if (!md5)
		return;
	(void)str_adds(&s, base64_text(md5, MD5_BYTES, text));
	header(w, "content-md5", keep_text(w, &s));
}

static void add_range_header(struct s3_wire *w, const char *name, const struct s3_request *r)
{
	AUTO_STR struct str s = STR_INIT(64);

	if (r->range_length_bytes == 0)
		return;
	(void)str_addf(&s, "bytes=%" PRIu64 "-%" PRIu64, r->range_offset_bytes,
	               r->range_offset_bytes + r->range_length_bytes - 1);
	header(w, name, keep_text(w, &s));
}

static void add_conditions(struct s3_wire *w, const struct endpoint *e, const struct s3_request *r)
{
	if (r->if_none_match)
		header(w, "if-none-match", "*");
	if (!r->if_match)
		return;
	/* Ceph RGW 16 compares the text with its own unquoted ETag. */
	if (provider_has(e->provider, PROVIDER_IF_MATCH_UNQUOTED))
		header(w, "if-match", r->if_match);
	else
		header(w, "if-match", quoted(w, r->if_match));
}

static void add_copy_source(struct s3_wire *w, const struct endpoint *e, const struct s3_request *r)
{
	AUTO_STR struct str s = STR_INIT(TEXT_MAX);

	(void)str_addf(&s, "/%s/", e->bucket);
	(void)uri_encode(&s, e->prefix, strlen(e->prefix), URI_KEEP_SLASH);
	(void)uri_encode(&s, r->copy_from, strlen(r->copy_from), URI_KEEP_SLASH);
	header(w, "x-amz-copy-source", keep_text(w, &s));
	if (!r->copy_if_match)
		return;
	header(w, "x-amz-copy-source-if-match", quoted(w, r->copy_if_match));
	if (provider_has(e->provider, PROVIDER_COPY_IF_MATCH_CEPH))
		header(w, "x-amz-copy-if-match", quoted(w, r->copy_if_match));
}

/* ---- query ---- */

static void add_prefix(struct s3_wire *w, const struct endpoint *e, const char *name,
                       const char *rest)
{
	AUTO_STR struct str s = STR_INIT(TEXT_MAX);

	(void)str_addf(&s, "%s%s", e->prefix, rest ? rest : "");
	query(w, name, keep_text(w, &s));
}

static void add_list_query(struct s3_wire *w, const struct endpoint *e, const struct s3_request *r)
{
	query(w, "list-type", "2");
	if (provider_has(e->provider, PROVIDER_LIST_URL_ENCODING))
		query(w, "encoding-type", "url");
	add_prefix(w, e, "prefix", r->prefix);
	if (r->token)
		query(w, "continuation-token", r->token);
	else if (r->after)
		add_prefix(w, e, "start-after", r->after);
}

static void add_uploads_query(struct s3_wire *w, const struct endpoint *e,
                              const struct s3_request *r)
{
	query(w, "uploads", "");
	if (provider_has(e->provider, PROVIDER_LIST_URL_ENCODING))
		query(w, "encoding-type", "url");
	add_prefix(w, e, "prefix", r->prefix);
	if (r->after)
		add_prefix(w, e, "key-marker", r->after);
	if (r->token)
		query(w, "upload-id-marker", r->token);
}

static void add_parts_query(struct s3_wire *w, const struct s3_request *r)
{
	query(w, "uploadId", r->upload_id);
	if (r->part_number)
		query(w, "part-number-marker", number_text(w, r->part_number));
}

static void add_part_query(struct s3_wire *w, const struct s3_request *r)
{
	query(w, "partNumber", number_text(w, r->part_number));
	query(w, "uploadId", r->upload_id);
}

/* ---- body ---- */

static void add_escaped(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			(void)str_adds(out, "&amp;");
		else if (*text == '<')
			(void)str_adds(out, "&lt;");
		else if (*text == '>')
			(void)str_adds(out, "&gt;");
		else
			(void)str_addc(out, *text);
	}
}

static void add_complete_document(struct s3_wire *w, const struct s3_request *r)
{
	struct str *d = &w->document;

	(void)str_adds(d, "<CompleteMultipartUpload "
	                  "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	for (size_t i = 0; i < r->part_count; i++) {
		(void)str_addf(d, "<Part><PartNumber>%" PRIu32 "</PartNumber><ETag>\"",
		               r->parts[i].number);
		add_escaped(d, r->parts[i].etag);
		(void)str_adds(d, "\"</ETag></Part>");
	}
	(void)str_adds(d, "</CompleteMultipartUpload>");
	w->body.data = str_text(d);
	w->body.length_bytes = d->len;
	header(w, "content-type", "application/xml");
}

static int set_payload(struct s3_wire *w, const struct s3_request *r, struct err *err)
{
	uint8_t hash[SHA256_BYTES];

	if (r->op == S3_PUT || r->op == S3_PUT_PART) {
		w->body = r->body;
		if (r->sha256)
			(void)hex_text(r->sha256, SHA256_BYTES, w->payload);
		else
			(void)snprintf(w->payload, sizeof(w->payload), "%s",
			               SIGV4_UNSIGNED_PAYLOAD);
		return 0;
	}
	if (hash_once(HASH_SHA256, str_text(&w->document), w->document.len, hash, err) < 0)
		return -1;
	(void)hex_text(hash, sizeof(hash), w->payload);
	return 0;
}

/* ---- each operation ---- */

static void build_put(struct s3_wire *w, const struct endpoint *e, const struct s3_request *r)
{
	if (r->op == S3_PUT_PART)
		add_part_query(w, r);
	else
		add_attributes(w, &r->attributes);
	add_md5(w, r->md5);
	add_conditions(w, e, r);
}

static void build_copy(struct s3_wire *w, const struct endpoint *e, const struct s3_request *r)
{
	add_copy_source(w, e, r);
	if (r->op == S3_COPY_PART) {
		add_part_query(w, r);
		add_range_header(w, "x-amz-copy-source-range", r);
		return;
	}
	add_conditions(w, e, r);
	header(w, "x-amz-metadata-directive", r->replace_metadata ? "REPLACE" : "COPY");
	if (r->replace_metadata) {
		add_attributes(w, &r->attributes);
	} else {
		/* These are of the new object, not copied with the source's metadata. */
		const struct s3_attributes own = {.acl = r->attributes.acl,
		                                  .sse = r->attributes.sse,
		                                  .sse_kms_key_id = r->attributes.sse_kms_key_id,
		                                  .storage_class = r->attributes.storage_class};

		add_attributes(w, &own);
	}
}

static void build_operation(struct s3_wire *w, const struct endpoint *e, const struct s3_request *r)
{
	switch (r->op) {
	case S3_LIST:
		add_list_query(w, e, r);
		break;
	case S3_LIST_UPLOADS:
		add_uploads_query(w, e, r);
		break;
	case S3_LIST_PARTS:
		add_parts_query(w, r);
		break;
	case S3_GET:
		add_range_header(w, "range", r);
		break;
	case S3_PUT:
	case S3_PUT_PART:
		build_put(w, e, r);
		break;
	case S3_COPY:
	case S3_COPY_PART:
		build_copy(w, e, r);
		break;
	case S3_CREATE_UPLOAD:
		query(w, "uploads", "");
		add_attributes(w, &r->attributes);
		break;
	case S3_COMPLETE:
		query(w, "uploadId", r->upload_id);
		add_complete_document(w, r);
		break;
	case S3_ABORT:
		query(w, "uploadId", r->upload_id);
		break;
	case S3_HEAD:
	case S3_HEAD_BUCKET:
	case S3_DELETE:
		break;
	}
}

static int check(const struct s3_wire *w, struct err *err)
{
	if (w->failed || w->document.failed || w->path.failed || w->url.failed)
		return err_set(err, ERR_MEMORY,
		               "the request is too large, misses a field, or memory ran out");
	return 0;
}

int s3_wire_build(struct s3_wire *w, const struct endpoint *e, const struct s3_request *r,
                  struct err *err)
{
	bool of_bucket = s3_op_of_bucket(r->op);

	if (!of_bucket && !r->key)
		return err_set(err, ERR_BUG, "%s without a key", s3_op_name(r->op));
	if (!of_bucket && strlen(e->prefix) + strlen(r->key) > S3_KEY_MAX)
		return err_set(err, ERR_REFUSED, "%s%s: S3 allows keys of %d bytes", e->prefix,
		               r->key, S3_KEY_MAX);
	w->method = s3_op_method(r->op);
	(void)endpoint_path(e, of_bucket ? NULL : r->key, &w->path);
	build_operation(w, e, r);
	if (e->requester_pays)
		header(w, "x-amz-request-payer", "requester");
	if (check(w, err) < 0)
		return -1;
	return set_payload(w, r, err);
}

int s3_wire_sign(struct s3_wire *w, const struct endpoint *e, const struct credential *credential,
                 struct sigv4_signer *signer, int64_t now_seconds, struct err *err)
{
	AUTO_STR struct str host = STR_INIT(1024);
	AUTO_STR struct str token = STR_INIT(SESSION_TOKEN_MAX);
	AUTO_STR struct str canonical = STR_INIT(URL_MAX);
	AUTO_STR struct str authorization = STR_INIT(4096);
	AUTO_STR struct str date = STR_INIT(SIGV4_DATE_MAX);
	char date_text[SIGV4_DATE_MAX];
	struct sigv4_request r = {.path = str_text(&w->path),
	                          .access_key = credential->access_key,
	                          .secret_key = credential->secret_key,
	                          .region = e->region,
	                          .service = "s3",
	                          .payload = w->payload};

	(void)endpoint_host(e, &host);
	(void)str_adds(&date, sigv4_date(now_seconds, date_text));
	header(w, "host", keep_text(w, &host));
	header(w, "x-amz-content-sha256", w->payload);
	header(w, "x-amz-date", keep_text(w, &date));
	if (credential->session_token[0]) {
		(void)str_adds(&token, credential->session_token);
		header(w, "x-amz-security-token", keep_text(w, &token));
	}
	if (sigv4_canonical_query(&canonical, w->query, w->query_count) < 0)
		w->failed = true;
	if (check(w, err) < 0)
		return -1;
	r.method = http_method_name(w->method);
	r.query = str_text(&canonical);
	r.headers = w->headers;
	r.header_count = w->header_count;
	r.date = date_text;
	if (sigv4_sign(signer, &r, &authorization, err) < 0)
		return -1;
	header(w, "authorization", keep_text(w, &authorization));
	return check(w, err);
}

int s3_wire_finish(struct s3_wire *w, const struct endpoint *e, struct err *err)
{
	(void)endpoint_origin(e, &w->url);
	(void)str_adds(&w->url, str_text(&w->path));
	if (w->query_count > 0)
		(void)str_addc(&w->url, '?');
	if (sigv4_canonical_query(&w->url, w->query, w->query_count) < 0)
		w->failed = true;
	for (size_t i = 0; i < w->header_count && !w->failed; i++) {
		AUTO_STR struct str line = STR_INIT(TEXT_MAX);

		/* libcurl writes Host itself, the same text as was signed. */
		if (strcmp(w->headers[i].name, "host") == 0)
			continue;
		(void)str_adds(&line, w->headers[i].name);
		(void)str_adds(&line, ": ");
		(void)str_adds(&line, w->headers[i].value);
		w->lines[w->line_count++] = keep_text(w, &line);
	}
	return check(w, err);
}
