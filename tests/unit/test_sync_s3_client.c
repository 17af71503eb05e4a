/*
 * The S3 layer over real sockets: against tests/helpers/fake_s3.py, which it starts, or against the
 * server that S3_ENDPOINT, S3_TEST_BUCKET and AWS_* name (the cases that need scripting are then
 * skipped).
 */
#include "base/http/curl.h"
#include "sync/credentials/credentials.h"
#include "sync/dispatch/retry.h"
#include "sync/s3/client.h"
#include "sync/s3/error.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/part_size.h"
#include "base/units.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

static struct {
	pid_t server; /* 0: not ours */
	char port_file[64];
	char endpoint[64];
	const char *bucket;
	bool scripted;
} bench;

static const char *test_env(const char *name)
{
	if (bench.scripted && strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
		return "AKIDTEST";
	if (bench.scripted && strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
		return "secret/+=";
	return strncmp(name, "AWS_", 4) == 0 && !bench.scripted ? getenv(name) : NULL;
}

static void start_server(void)
{
	char script[512];
	const char *source = getenv("TEST_SOURCE");

	(void)snprintf(script, sizeof(script), "%s/tests/helpers/fake_s3.py",
	               source ? source : ".");
	(void)snprintf(bench.port_file, sizeof(bench.port_file), "/tmp/drydock-fake-%ld",
	               (long)getpid());
	bench.server = fork();
	if (bench.server == 0) {
		(void)execlp("python3", "python3", script, "--port-file", bench.port_file,
		             "--access", "AKIDTEST", "--secret", "secret/+=", "--region",
		             "eu-test-1", (char *)NULL);
		_exit(127);
	}
}

static int setup(void **state)
{
	FILE *file = NULL;
	int port = 0;

	(void)state;
	bench.bucket = getenv("S3_TEST_BUCKET");
	if (bench.bucket && getenv("S3_ENDPOINT")) {
		(void)snprintf(bench.endpoint, sizeof(bench.endpoint), "%s", getenv("S3_ENDPOINT"));
		return 0;
	}
	bench.scripted = true;
	bench.bucket = "bucket";
	start_server();
	for (int i = 0; i < 200 && !file; i++) {
		const struct timespec pause = {.tv_nsec = 50000000};

		(void)nanosleep(&pause, NULL);
		file = fopen(bench.port_file, "r");
	}
	if (!file || fscanf(file, "%d", &port) != 1)
		return -1;
	(void)fclose(file);
	(void)snprintf(bench.endpoint, sizeof(bench.endpoint), "http://127.0.0.1:%d", port);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (bench.server > 0) {
		(void)kill(bench.server, SIGTERM);
		(void)waitpid(bench.server, NULL, 0);
		(void)unlink(bench.port_file);
	}
	return 0;
}

/* A client and what it stands on. */
struct client {
	struct aws_config *config;
	struct credentials *credentials;
	struct transport *transport;
	struct s3 *s3;
};

struct options {
	const char *bucket, *prefix, *region, *provider, *endpoint;
	int64_t stall_ms, answer_ms, connect_ms;
	int64_t (*clock_ms)(void);
};

static void client_open(struct client *c, struct options o)
{
	struct http_curl_options http = HTTP_CURL_OPTIONS_DEFAULT;
	struct s3_settings settings = {.clock_ms = o.clock_ms};
	struct endpoint_settings where = {.url = o.endpoint ? o.endpoint : bench.endpoint,
	                                  .bucket = o.bucket ? o.bucket : bench.bucket,
	                                  .prefix = o.prefix,
	                                  .region = o.region         ? o.region
	                                            : bench.scripted ? "eu-test-1"
	                                                             : NULL,
	                                  .provider = o.provider ? o.provider : "ceph",
	                                  .addressing = ADDRESSING_PATH};
	struct credentials_settings who = {0};
	struct err err = ERR_INIT;

	http.stall_ms = o.stall_ms ? o.stall_ms : http.stall_ms;
	http.answer_ms = o.answer_ms ? o.answer_ms : http.answer_ms;
	http.connect_ms = o.connect_ms ? o.connect_ms : http.connect_ms;
	c->config = aws_config_load(NULL, test_env, &err);
	assert_non_null(c->config);
	who.config = c->config;
	c->credentials = credentials_new(&who, &err);
	c->transport = http_curl_new(&http, &err);
	assert_int_equal(endpoint_make(&settings.endpoint, &where, &err), 0);
	settings.credentials = c->credentials;
	c->s3 = s3_new(&settings, c->transport, &err);
	assert_non_null(c->s3);
}

static void client_close(struct client *c)
{
	s3_free(c->s3);
	http_curl_free(c->transport);
	credentials_free(c->credentials);
	aws_config_free(c->config);
}

/* What a test wants to know of a result. */
struct seen {
	bool done, ok;
	int status;
	enum http_failure failure;
	char code[S3_CODE_MAX + 1];
	char etag[ETAG_MAX + 1]; /* head's or the receipt's */
	char upload_id[UPLOAD_ID_MAX + 1];
	char text[2048]; /* keys with sizes, parts, uploads, or the body */
	char type[128], token_meta[64], region[64];
	uint64_t size_bytes, sent_bytes;
	int64_t retry_after_ms, duration_ms;
	bool truncated, skew_learned;
	char token[256];
	struct err err;
	struct retry_decision decision;
};

static void describe(struct seen *seen, const struct s3_result *r)
{
	AUTO_STR struct str s = STR_INIT(sizeof(seen->text) - 1);

	for (size_t i = 0; r->page && i < r->page->count; i++)
		(void)str_addf(&s, "%s %d\n", r->page->objects[i].key,
		               (int)r->page->objects[i].size_bytes);
	for (size_t i = 0; r->parts && i < r->parts->count; i++)
		(void)str_addf(&s, "%u %d %s\n", (unsigned)r->parts->parts[i].number,
		               (int)r->parts->parts[i].size_bytes, r->parts->parts[i].etag);
	for (size_t i = 0; r->uploads && i < r->uploads->count; i++)
		(void)str_addf(&s, "%s %s\n", r->uploads->uploads[i].key,
		               r->uploads->uploads[i].id);
	if (r->op == S3_GET)
		(void)str_add(&s, str_text(r->body), r->body->len);
	(void)snprintf(seen->text, sizeof(seen->text), "%s", str_text(&s));
	if (r->page) {
		seen->truncated = r->page->truncated;
		(void)snprintf(seen->token, sizeof(seen->token), "%s",
		               r->page->next_token ? r->page->next_token : "");
	}
}

static const struct endpoint *current_endpoint;

static void keep(void *context, struct s3_result *r)
{
	struct seen *seen = context;
	struct retry_facts facts = retry_facts_of(r);

	seen->done = true;
	seen->ok = r->ok;
	seen->status = r->status;
	seen->failure = r->failure;
	memcpy(seen->code, r->fault.code, sizeof(seen->code));
	memcpy(seen->etag, r->head.etag[0] ? r->head.etag : r->receipt.etag, sizeof(seen->etag));
	memcpy(seen->upload_id, r->receipt.upload_id, sizeof(seen->upload_id));
	(void)snprintf(seen->type, sizeof(seen->type), "%s", r->head.content_type);
	(void)snprintf(seen->token_meta, sizeof(seen->token_meta), "%s", r->head.meta_token);
	(void)snprintf(seen->region, sizeof(seen->region), "%s", r->region);
	seen->size_bytes = r->head.size_bytes;
	seen->sent_bytes = r->sent_bytes;
	seen->retry_after_ms = r->retry_after_ms;
	seen->duration_ms = r->duration_ms;
	seen->skew_learned = r->skew_learned;
	describe(seen, r);
	facts.attempts = facts.answered = 1;
	seen->decision = retry_decide(&facts);
	if (!r->ok)
		(void)s3_error(r, current_endpoint, seen->decision.code, &seen->err);
}

static struct seen call(struct client *c, struct s3_request request)
{
	struct seen seen;
	struct err err = ERR_INIT;

	memset(&seen, 0, sizeof(seen));
	current_endpoint = s3_endpoint(c->s3);
	if (s3_send(c->s3, &request, keep, &seen, NULL, &err) < 0)
		print_error("%s\n", err.message);
	assert_int_equal(err.code, ERR_NONE);
	while (!seen.done)
		assert_true(s3_poll(c->s3, 1000, &err) >= 0);
	return seen;
}

/* Sends `count` rule lines, or a clock, to the fake server with a plain request. */
static void control(const char *what, const char *text)
{
	char command[2048];

	(void)snprintf(command, sizeof(command),
	               "curl -sf -o /dev/null -X POST --data-binary '%s' %s/_fake/%s", text,
	               bench.endpoint, what);
	assert_int_equal(system(command), 0);
}

static void need_script(void)
{
	if (!bench.scripted)
		skip();
}

static struct seen put(struct client *c, const char *key, const char *text)
{
	uint8_t md5[MD5_BYTES], sha256[SHA256_BYTES];
	struct err err = ERR_INIT;

	assert_int_equal(hash_once(HASH_MD5, text, strlen(text), md5, &err), 0);
	assert_int_equal(hash_once(HASH_SHA256, text, strlen(text), sha256, &err), 0);
	return call(c, (struct s3_request){.op = S3_PUT,
	                                   .key = key,
	                                   .body = {.data = text, .length_bytes = strlen(text)},
	                                   .md5 = md5,
	                                   .sha256 = sha256,
	                                   .attributes = {.content_type = "text/x-test"}});
}

static void test_objects(void **state)
{
	const struct s3_meta meta[] = {{"drydock-token", "0123"}};
	struct client c;
	struct seen seen;
	uint8_t md5[MD5_BYTES];
	struct err err = ERR_INIT;

	(void)state;
	client_open(&c, (struct options){.prefix = "objects/a b+c"});
	assert_int_equal(hash_once(HASH_MD5, "hello", 5, md5, &err), 0);
	seen = call(&c, (struct s3_request){.op = S3_PUT,
	                                    .key = "v2/x/blobs/sha256:00",
	                                    .body = {.data = "hello", .length_bytes = 5},
	                                    .md5 = md5,
	                                    .attributes = {.content_type = "application/x-y",
	                                                   .cache_control = "max-age=60",
	                                                   .meta = meta,
	                                                   .meta_count = 1}});
	assert_true(seen.ok);
	assert_string_equal(seen.etag, "5d41402abc4b2a76b9719d911017c592");
	assert_int_equal(seen.sent_bytes, 5);
	seen = call(&c, (struct s3_request){.op = S3_HEAD, .key = "v2/x/blobs/sha256:00"});
	assert_true(seen.ok);
	assert_int_equal(seen.size_bytes, 5);
	assert_string_equal(seen.type, "application/x-y");
	assert_string_equal(seen.token_meta, "0123");
	seen = call(&c, (struct s3_request){.op = S3_GET, .key = "v2/x/blobs/sha256:00"});
	assert_string_equal(seen.text, "hello");
	seen = call(&c, (struct s3_request){.op = S3_GET,
	                                    .key = "v2/x/blobs/sha256:00",
	                                    .range_offset_bytes = 1,
	                                    .range_length_bytes = 3});
	assert_string_equal(seen.text, "ell");
	assert_int_equal(seen.status, 206);
	assert_true(put(&c, "v2/empty", "").ok);
	assert_true(call(&c, (struct s3_request){.op = S3_DELETE, .key = "v2/empty"}).ok);
	assert_true(call(&c, (struct s3_request){.op = S3_DELETE, .key = "v2/empty"}).ok);
	seen = call(&c, (struct s3_request){.op = S3_HEAD, .key = "v2/empty"});
	assert_false(seen.ok);
	assert_string_equal(seen.code, "NoSuchKey");
	seen = call(&c, (struct s3_request){.op = S3_COPY,
	                                    .key = "v2/copy",
	                                    .copy_from = "v2/x/blobs/sha256:00"});
	assert_true(seen.ok);
	assert_string_equal(seen.etag, "5d41402abc4b2a76b9719d911017c592");
	assert_int_equal(s3_request_counts(c.s3)[REQUEST_COPY], 1);
	assert_int_equal(s3_request_counts(c.s3)[REQUEST_GET], 2);
	client_close(&c);
}

static void test_conditions(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	/* The fake wants quotes unless it plays RGW. */
	client_open(&c, (struct options){.provider = bench.scripted ? "minio" : "ceph"});
	seen = put(&c, "cond", "one");
	assert_true(seen.ok);
	seen = call(&c, (struct s3_request){.op = S3_PUT,
	                                    .key = "cond",
	                                    .body = {.data = "two", .length_bytes = 3},
	                                    .if_none_match = true});
	assert_int_equal(seen.status, 412);
	assert_string_equal(seen.code, "PreconditionFailed");
	seen = call(&c, (struct s3_request){.op = S3_PUT,
	                                    .key = "cond",
	                                    .body = {.data = "two", .length_bytes = 3},
	                                    .if_match = "00000000000000000000000000000000"});
	assert_int_equal(seen.status, 412);
	seen = call(&c, (struct s3_request){.op = S3_PUT,
	                                    .key = "cond",
	                                    .body = {.data = "two", .length_bytes = 3},
	                                    .if_match = "f97c5d29941bfb1b2fdab0874906ab82"});
	assert_true(seen.ok);
	client_close(&c);
}

/* A copy of an object onto itself: only if the source is as thought, and the destination. */
static void test_copy_conditions(void **state)
{
	const char *right = "f97c5d29941bfb1b2fdab0874906ab82";
	const char *wrong = "00000000000000000000000000000000";
	struct s3_request r = {.op = S3_COPY,
	                       .key = "self",
	                       .copy_from = "self",
	                       .replace_metadata = true,
	                       .attributes = {.content_type = "a/b"}};
	struct client c;
	struct seen seen;

	(void)state;
	client_open(&c, (struct options){.provider = bench.scripted ? "minio" : "ceph"});
	assert_true(put(&c, "self", "one").ok);
	r.copy_if_match = wrong;
	seen = call(&c, r);
	assert_int_equal(seen.status, 412);
	r.copy_if_match = right;
	if (bench.scripted) { /* Ceph RGW 16 does not look at the destination */
		r.if_match = wrong;
		seen = call(&c, r);
		assert_int_equal(seen.status, 412);
	}
	r.if_match = right;
	seen = call(&c, r);
	assert_true(seen.ok);
	assert_string_equal(seen.etag, right);
	client_close(&c);
}

static void test_listing(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	client_open(&c, (struct options){.prefix = "listing"});
	assert_true(put(&c, "v2/b c", "1").ok);
	assert_true(put(&c, "v2/a+\xc3\xa9&<", "22").ok);
	assert_true(put(&c, "v2/d%41", "333").ok);
	assert_true(put(&c, "v3", "4").ok);
	seen = call(&c, (struct s3_request){.op = S3_LIST});
	assert_true(seen.ok);
	assert_string_equal(seen.text, "v2/a+\xc3\xa9&< 2\nv2/b c 1\nv2/d%41 3\nv3 1\n");
	seen = call(&c, (struct s3_request){.op = S3_LIST, .prefix = "v2/", .after = "v2/b c"});
	assert_string_equal(seen.text, "v2/d%41 3\n");
	seen = call(&c, (struct s3_request){.op = S3_LIST, .prefix = "none/"});
	assert_true(seen.ok);
	assert_string_equal(seen.text, "");
	client_close(&c);
}

static void test_listing_goes_on(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	need_script();
	client_open(&c, (struct options){.prefix = "pages"});
	assert_true(put(&c, "v2/a+\xc3\xa9&<", "22").ok);
	assert_true(put(&c, "v2/b c", "1").ok);
	assert_true(put(&c, "v2/d%41", "333").ok);
	control("rules", "{\"op\":\"ListObjectsV2\",\"do\":\"few\",\"most\":2}");
	seen = call(&c, (struct s3_request){.op = S3_LIST, .prefix = "v2/"});
	assert_string_equal(seen.text, "v2/a+\xc3\xa9&< 2\nv2/b c 1\n");
	assert_true(seen.truncated);
	seen = call(&c, (struct s3_request){.op = S3_LIST,
	                                    .prefix = "v2/",
	                                    .token = seen.token,
	                                    .after = "v2/b c"});
	assert_string_equal(seen.text, "v2/d%41 3\n");
	assert_false(seen.truncated);
	client_close(&c);
}

/* A file of two parts and a bit: 5 MiB of 'A', 5 MiB of 'B', then "C". */
static int part_file(void)
{
	char path[] = "/tmp/drydock-parts-XXXXXX";
	int fd = mkstemp(path);
	char *block = malloc(MIB);

	assert_true(fd >= 0);
	(void)unlink(path);
	for (int i = 0; i < 10; i++) {
		memset(block, i < 5 ? 'A' : 'B', MIB);
		assert_int_equal(write(fd, block, MIB), MIB);
	}
	assert_int_equal(write(fd, "C", 1), 1);
	free(block);
	return fd;
}

static struct seen put_part(struct client *c, const char *id, int fd, uint32_t number)
{
	return call(c, (struct s3_request){.op = S3_PUT_PART,
	                                   .key = "multi",
	                                   .upload_id = id,
	                                   .part_number = number,
	                                   .body = {.fd = fd,
	                                            .offset_bytes = (number - 1) * 5 * MIB,
	                                            .length_bytes = part_length(10 * MIB + 1,
	                                                                        5 * MIB, number)}});
}

static void test_multipart(void **state)
{
	struct client c;
	struct seen seen, created;
	int fd = part_file();
	char etags[3][ETAG_MAX + 1];
	struct s3_complete_part parts[3];

	(void)state;
	client_open(&c, (struct options){.prefix = "multipart"});
	created = call(&c, (struct s3_request){.op = S3_CREATE_UPLOAD, .key = "multi"});
	assert_true(created.ok);
	seen = call(&c, (struct s3_request){.op = S3_LIST_UPLOADS, .prefix = "multi"});
	assert_true(seen.ok);
	assert_non_null(strstr(seen.text, created.upload_id));
	for (uint32_t i = 0; i < 3; i++) {
		seen = put_part(&c, created.upload_id, fd, i + 1);
		assert_true(seen.ok);
		assert_int_equal(seen.sent_bytes, part_length(10 * MIB + 1, 5 * MIB, i + 1));
		memcpy(etags[i], seen.etag, sizeof(etags[i]));
		parts[i] = (struct s3_complete_part){i + 1, etags[i]};
	}
	seen = call(&c, (struct s3_request){.op = S3_LIST_PARTS,
	                                    .key = "multi",
	                                    .upload_id = created.upload_id,
	                                    .part_number = 1});
	assert_true(seen.ok);
	assert_string_equal(seen.text, "2 5242880 ba8c3fac0e224c9b79a8e74bebd54654\n"
	                               "3 1 0d61f8370cad1d412f80b84d143e1257\n");
	seen = call(&c, (struct s3_request){.op = S3_COMPLETE,
	                                    .key = "multi",
	                                    .upload_id = created.upload_id,
	                                    .parts = parts,
	                                    .part_count = 3});
	assert_true(seen.ok);
	seen = call(&c, (struct s3_request){.op = S3_HEAD, .key = "multi"});
	assert_int_equal(seen.size_bytes, 10 * MIB + 1);
	assert_string_equal(seen.etag + 32, "-3");
	seen = put_part(&c, "none-such", fd, 3);
	assert_string_equal(seen.code, "NoSuchUpload");
	assert_int_equal(seen.decision.action, RETRY_RESTART);
	created = call(&c, (struct s3_request){.op = S3_CREATE_UPLOAD, .key = "multi"});
	seen = call(&c, (struct s3_request){
				.op = S3_ABORT, .key = "multi", .upload_id = created.upload_id});
	assert_true(seen.ok);
	(void)close(fd);
	client_close(&c);
}

static void test_local_file_too_short(void **state)
{
	struct client c;
	struct seen seen;
	int fd = part_file();

	(void)state;
	client_open(&c, (struct options){0});
	seen = call(&c, (struct s3_request){
				.op = S3_PUT,
				.key = "short",
				.body = {.fd = fd, .offset_bytes = 10 * MIB, .length_bytes = 100}});
	assert_int_equal(seen.failure, HTTP_FAILED_LOCAL);
	assert_int_equal(seen.decision.action, RETRY_FAIL_OBJECT);
	assert_int_equal(seen.err.code, ERR_STORAGE);
	(void)close(fd);
	client_close(&c);
}

static void test_missing_bucket(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	client_open(&c, (struct options){.bucket = "missing-bucket-of-drydock"});
	seen = call(&c, (struct s3_request){.op = S3_LIST});
	assert_int_equal(seen.decision.action, RETRY_FAIL_RUN);
	assert_string_equal(seen.err.message,
	                    "LIST missing-bucket-of-drydock: 404 NoSuchBucket (bucket "
	                    "missing-bucket-of-drydock): create the bucket, or check its name and "
	                    "the endpoint");
	assert_int_equal(seen.err.code, ERR_NOT_FOUND);
	client_close(&c);
}

static void test_unreachable(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	client_open(&c, (struct options){.endpoint = "http://127.0.0.1:1"});
	seen = call(&c, (struct s3_request){.op = S3_LIST});
	assert_int_equal(seen.failure, HTTP_FAILED_LINK);
	assert_true(seen.decision.link_down);
	assert_int_equal(seen.decision.action, RETRY_SEND);
	assert_non_null(strstr(seen.err.message, "http://127.0.0.1:1: "));
	client_close(&c);
}

static int64_t wrong_clock(void)
{
	return now_ms() - 3600 * 1000;
}

static void test_clock(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	client_open(&c, (struct options){.clock_ms = wrong_clock});
	seen = call(&c, (struct s3_request){.op = S3_LIST, .prefix = "none"});
	assert_string_equal(seen.code, "RequestTimeTooSkewed");
	/* The offset is taken from the transport's clock, which is right: play its part. */
	client_close(&c);
	need_script();
	client_open(&c, (struct options){0});
	control("clock", "5000");
	seen = call(&c, (struct s3_request){.op = S3_LIST, .prefix = "none"});
	assert_string_equal(seen.code, "RequestTimeTooSkewed");
	assert_true(seen.skew_learned);
	assert_int_equal(seen.decision.action, RETRY_SIGN);
	seen = call(&c, (struct s3_request){.op = S3_LIST, .prefix = "none"});
	assert_true(seen.ok);
	assert_in_range(s3_clock_offset_ms(c.s3), 4998000, 5001000);
	control("clock", "0");
	client_close(&c);
}

static void test_region(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	need_script();
	client_open(&c, (struct options){.region = "us-east-1"});
	seen = call(&c, (struct s3_request){.op = S3_LIST, .prefix = "none"});
	assert_string_equal(seen.code, "AuthorizationHeaderMalformed");
	assert_int_equal(seen.decision.action, RETRY_REGION);
	assert_string_equal(seen.region, "eu-test-1");
	assert_true(s3_follow_region(c.s3, seen.region));
	assert_true(call(&c, (struct s3_request){.op = S3_LIST, .prefix = "none"}).ok);
	client_close(&c);
}

/* One scripted answer and what it must be taken for. */
static const struct {
	const char *rule;
	enum s3_op op;
	const char *code;
	enum http_failure failure;
	enum retry_action action;
} faults[] = {
	{"{\"do\":\"lost\",\"times\":0}", S3_PUT, "", HTTP_FAILED_LINK, RETRY_SEND},
	{"{\"do\":\"drop\"}", S3_CREATE_UPLOAD, "", HTTP_FAILED_LINK, RETRY_SEND},
	{"{\"do\":\"drop\",\"times\":0}", S3_PUT, "", HTTP_FAILED_LINK, RETRY_SEND},
	{"{\"do\":\"lost\"}", S3_COMPLETE, "", HTTP_FAILED_LINK, RETRY_LOOK},
	{"{\"do\":\"status\",\"status\":503,\"code\":\"SlowDown\",\"headers\":{\"Retry-After\":"
         "\"7\"}}",
         S3_PUT, "SlowDown", HTTP_OK, RETRY_SEND},
	{"{\"do\":\"status\",\"status\":503}", S3_HEAD, "ServiceUnavailable", HTTP_OK, RETRY_SEND},
	{"{\"do\":\"ok-error\",\"code\":\"InternalError\"}", S3_COMPLETE, "InternalError", HTTP_OK,
         RETRY_LOOK},
	{"{\"do\":\"ok-error\",\"code\":\"SlowDown\"}", S3_COPY, "SlowDown", HTTP_OK, RETRY_SEND},
	{"{\"do\":\"cut-xml\"}", S3_LIST, "MalformedAnswer", HTTP_OK, RETRY_SEND},
	{"{\"do\":\"cut\"}", S3_LIST, "", HTTP_FAILED_LINK, RETRY_SEND},
	{"{\"do\":\"unsorted\"}", S3_LIST, "MalformedAnswer", HTTP_OK, RETRY_SEND},
	{"{\"do\":\"half\"}", S3_LIST, "MalformedAnswer", HTTP_OK, RETRY_SEND},
	{"{\"do\":\"garbage\"}", S3_LIST, "MalformedAnswer", HTTP_OK, RETRY_SEND},
	{"{\"do\":\"garbage\",\"status\":502}", S3_LIST, "InternalError", HTTP_OK, RETRY_SEND},
	{"{\"do\":\"status\",\"status\":403,\"code\":\"AccessDenied\"}", S3_LIST, "AccessDenied",
         HTTP_OK, RETRY_FAIL_RUN},
	{"{\"do\":\"status\",\"status\":403,\"code\":\"AccessDenied\"}", S3_PUT, "AccessDenied",
         HTTP_OK, RETRY_FAIL_OBJECT},
	{"{\"do\":\"status\",\"status\":400,\"code\":\"ExpiredToken\"}", S3_PUT, "ExpiredToken",
         HTTP_OK, RETRY_REFRESH},
	{"{\"do\":\"status\",\"status\":400,\"code\":\"BadDigest\"}", S3_PUT, "BadDigest", HTTP_OK,
         RETRY_REHASH},
	{"{\"do\":\"status\",\"status\":307,\"headers\":{\"Location\":\"http://127.0.0.1:1/\"}}",
         S3_HEAD, "PermanentRedirect", HTTP_OK, RETRY_REGION},
};

static void test_faults(void **state)
{
	const struct s3_complete_part part = {1, "x"};
	struct client c;

	(void)state;
	need_script();
	client_open(&c, (struct options){.prefix = "faults"});
	assert_true(put(&c, "a", "1").ok);
	assert_true(put(&c, "b", "1").ok);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct seen seen;

		control("rules", "");
		/* On a connection that was used before, libcurl would repeat what was lost. */
		assert_true(call(&c, (struct s3_request){.op = S3_HEAD, .key = "a"}).ok);
		control("rules", faults[i].rule);
		seen = call(&c, (struct s3_request){.op = faults[i].op,
		                                    .key = faults[i].op == S3_LIST ? NULL : "a",
		                                    .copy_from = "b",
		                                    .upload_id = "u",
		                                    .parts = &part,
		                                    .part_count = 1});
		if (seen.decision.action != faults[i].action)
			print_error("%s: %s\n", faults[i].rule, seen.err.message);
		assert_false(seen.ok);
		assert_string_equal(seen.code, faults[i].code);
		assert_int_equal(seen.failure, faults[i].failure);
		assert_int_equal(seen.decision.action, faults[i].action);
		if (strcmp(seen.code, "SlowDown") == 0 && seen.status == 503)
			assert_int_equal(seen.retry_after_ms, 7000);
	}
	control("rules", "");
	client_close(&c);
}

static void test_slow_answers(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	need_script();
	client_open(&c, (struct options){.answer_ms = 600});
	assert_true(put(&c, "slow", "1").ok);
	control("rules", "{\"do\":\"delay\",\"seconds\":2}");
	seen = call(&c, (struct s3_request){.op = S3_HEAD, .key = "slow"});
	assert_int_equal(seen.failure, HTTP_FAILED_STALL);
	assert_in_range(seen.duration_ms, 600, 1500);
	/* White space is a sign of life. */
	control("rules", "{\"do\":\"delay\",\"seconds\":1.5,\"drip\":true}");
	seen = call(&c, (struct s3_request){.op = S3_COPY, .key = "slow2", .copy_from = "slow"});
	assert_true(seen.ok);
	control("rules", "");
	client_close(&c);
}

/* What libcurl sends twice of its own accord is counted, and it never is much. */
static void test_dead_connection(void **state)
{
	const uint64_t small = 300000;
	struct client c;
	int fd = part_file();
	struct seen seen;

	(void)state;
	need_script();
	client_open(&c, (struct options){0});
	assert_true(put(&c, "warm", "1").ok);
	control("rules", "{\"do\":\"drop\"}");
	seen = call(&c, (struct s3_request){.op = S3_PUT,
	                                    .key = "dead",
	                                    .body = {.fd = fd, .length_bytes = small}});
	assert_true(seen.ok);
	assert_int_equal(seen.sent_bytes, 2 * small);
	control("rules", "{\"do\":\"drop\"}");
	seen = call(&c, (struct s3_request){.op = S3_PUT,
	                                    .key = "dead",
	                                    .body = {.fd = fd, .length_bytes = 10 * MIB}});
	assert_int_equal(seen.failure, HTTP_FAILED_LINK);
	assert_in_range(seen.sent_bytes, 9 * MIB, 10 * MIB);
	control("rules", "");
	(void)close(fd);
	client_close(&c);
}

static void test_range_ignored(void **state)
{
	struct client c;
	struct seen seen;

	(void)state;
	need_script();
	client_open(&c, (struct options){0});
	control("rules", "{\"do\":\"garbage\"}");
	seen = call(&c, (struct s3_request){.op = S3_GET, .key = "x", .range_length_bytes = 3});
	assert_string_equal(seen.code, "MalformedAnswer");
	control("rules", "");
	client_close(&c);
}

static unsigned done_count;

static void count_done(void *context, struct s3_result *r)
{
	(void)context;
	done_count += r->ok ? 1u : 0u;
}

static void test_many_at_once(void **state)
{
	struct client c;
	struct err err = ERR_INIT;
	char keys[40][16];
	struct s3_call *last = NULL;

	(void)state;
	client_open(&c, (struct options){.prefix = "many"});
	done_count = 0;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		assert_int_equal(
			s3_send(c.s3,
		                &(struct s3_request){.op = S3_PUT,
		                                     .key = keys[i],
		                                     .body = {.data = keys[i], .length_bytes = 2}},
		                count_done, NULL, &last, &err),
			0);
	}
	s3_cancel(c.s3, last);
	for (int i = 0; i < 1000 && done_count < 39; i++)
		assert_true(s3_poll(c.s3, 1000, &err) >= 0);
	assert_int_equal(done_count, 39);
	/* What is still under way when all is released must not leak. */
	assert_int_equal(
		s3_send(c.s3, &(struct s3_request){.op = S3_LIST}, count_done, NULL, NULL, &err),
		0);
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_copy_conditions),
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_listing_goes_on),
		cmocka_unit_test(test_multipart),
		cmocka_unit_test(test_local_file_too_short),
		cmocka_unit_test(test_missing_bucket),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_slow_answers),
		cmocka_unit_test(test_dead_connection),
		cmocka_unit_test(test_range_ignored),
		cmocka_unit_test(test_many_at_once),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
