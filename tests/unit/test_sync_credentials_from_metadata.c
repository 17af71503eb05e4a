/*
 * The sources of credentials that are asked over HTTP, against a child process that plays the
 * container endpoint, the instance's metadata and the token service.
 */
#include "sync/credentials/from_metadata.h"
#include "sync/credentials/from_web_identity.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define JSON                                                                                       \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"s3cret\","             \
	"\"Token\":\"TOK\",\"Expiration\":\"2030-01-01T00:00:00Z\"}"
#define STS                                                                                        \
	"<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"  \
	"<AssumeRoleWithWebIdentityResult><Credentials><SessionToken>TOK</SessionToken>"           \
	"<SecretAccessKey>s3cret</SecretAccessKey><Expiration>2030-01-01T00:00:00Z</Expiration>"   \
	"<AccessKeyId>AK</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>"            \
	"</AssumeRoleWithWebIdentityResponse>"

/* The first whose every text is in the request answers. */
static const struct {
	const char *first_line, *contains;
	int status;
	const char *body;
} script[] = {
	{"GET /ecs ", "Authorization: let-me-in\r\n", 200, JSON},
	{"GET /ecs ", "", 401, "no"},
	{"GET /broken ", "", 200, "{\"AccessKeyId\":\"AK\"}"},
	{"PUT /v2/latest/api/token ", "token-ttl-seconds: 21600\r\n", 200, "imds-token"},
	{"GET /v2/latest/meta-data/iam/security-credentials/ ", "token: imds-token\r\n", 200,
         "my role\nother"},
	{"GET /v2/latest/meta-data/iam/security-credentials/my%20role ", "token: imds-token\r\n",
         200, JSON},
	{"PUT /v1/latest/api/token ", "", 404, ""},
	{"GET /v1/latest/meta-data/iam/security-credentials/ ", "", 200, "r"},
	{"GET /v1/latest/meta-data/iam/security-credentials/r ", "", 200, JSON},
	{"POST /sts/ ",
         "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&RoleSessionName=drydock&WebIdentityToken=jwt.a."
         "b",
         200, STS},
	{"POST /", "", 403, "<ErrorResponse/>"},
};

static pid_t server;
static unsigned port;
static char token_path[64];

static void serve(int fd)
{
	static char request[65536];
	size_t len = 0;
	char answer[2048];

	/* A form arrives with its headers or right after them: wait for the token's end. */
	while (len < sizeof(request) - 1) {
		ssize_t got = read(fd, request + len, sizeof(request) - 1 - len);

		if (got <= 0)
			break;
		len += (size_t)got;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n") &&
		    (request[1] != 'O' || strstr(request, "WebIdentityToken=")))
			break;
	}
	for (size_t i = 0; i < sizeof(script) / sizeof(script[0]); i++) {
		if (strncmp(request, script[i].first_line, strlen(script[i].first_line)) != 0 ||
		    !strstr(request, script[i].contains))
			continue;
		(void)snprintf(
			answer, sizeof(answer),
			"HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
			script[i].status, strlen(script[i].body), script[i].body);
		if (write(fd, answer, strlen(answer)) < 0)
			_exit(1);
		return;
	}
}

static int setup(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;

	(void)state;
	if (bind(listener, (struct sockaddr *)&address, len) < 0 || listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) < 0)
		return -1;
	port = ntohs(address.sin_port);
	server = fork();
	if (server == 0) {
		while ((fd = accept(listener, NULL, NULL)) >= 0) {
			serve(fd);
			(void)close(fd);
		}
		_exit(0);
	}
	(void)close(listener);
	(void)snprintf(token_path, sizeof(token_path), "/tmp/drydock-token-XXXXXX");
	fd = mkstemp(token_path);
	return close(fd);
}

static int teardown(void **state)
{
	(void)state;
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	return unlink(token_path);
}

static void write_token(const char *text)
{
	FILE *file = fopen(token_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const char *names[4], *values[4];

static const char *fake_env(const char *name)
{
	for (size_t i = 0; i < 4; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return values[i];
	return NULL;
}

static void set_env(size_t at, const char *name, const char *value)
{
	names[at] = name;
	values[at] = value;
}

static int fetch(credential_source_fn *source, struct credential *out, struct err *err)
{
	struct credentials_settings settings = {0};
	struct aws_config *config;
	int found;

	*err = (struct err)ERR_INIT;
	config = aws_config_load(NULL, fake_env, err);
	assert_non_null(config);
	settings.config = config;
	found = source(&settings, out, err);
	aws_config_free(config);
	assert_null(strstr(err->message, "s3cret"));
	assert_null(strstr(err->message, "let-me-in"));
	return found;
}

static void expect_found(credential_source_fn *source)
{
	struct credential c;
	struct err err;
	int64_t expiry;

	if (fetch(source, &c, &err) != 1)
		print_error("%s\n", err.message);
	assert_int_equal(err.code, ERR_NONE);
	assert_string_equal(c.access_key, "AK");
	assert_string_equal(c.secret_key, "s3cret");
	assert_string_equal(c.session_token, "TOK");
	assert_int_equal(time_parse("2030-01-01T00:00:00Z", &expiry), 0);
	assert_int_equal(c.expires_at_ms, expiry);
}

static void test_container(void **state)
{
	struct credential c;
	struct err err;
	char url[64];

	(void)state;
	memset(names, 0, sizeof(names));
	assert_int_equal(fetch(credential_from_container, &c, &err), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/ecs", port);
	set_env(0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
	set_env(1, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "let-me-in");
	expect_found(credential_from_container);
	/* The file comes before the variable; its final line break does not count. */
	write_token("let-me-in\n");
	set_env(1, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong");
	set_env(2, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_path);
	expect_found(credential_from_container);
	write_token("a\r\nX-Evil: let-me-in");
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	set_env(2, NULL, NULL);
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_int_equal(err.code, ERR_AUTH);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/broken", port);
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	set_env(0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://metadata.example/x");
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_string_equal(err.message,
	                    "container credentials: plain http to metadata.example is refused");
	/* No address, though it begins like one. */
	set_env(0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.example.invalid/x");
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	set_env(0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1.example.invalid/x");
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	set_env(0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://128.0.0.1/x");
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	set_env(0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.255.255.254:1/x");
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_int_equal(err.code, ERR_TEMPORARY);
	set_env(0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x");
	assert_int_equal(fetch(credential_from_container, &c, &err), -1);
	assert_int_equal(err.code, ERR_TEMPORARY);
}

static void test_instance(void **state)
{
	struct credential c;
	struct err err;
	char url[64];

	(void)state;
	memset(names, 0, sizeof(names));
	set_env(0, "AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/v2", port);
	expect_found(credential_from_instance);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1", port);
	expect_found(credential_from_instance);
	set_env(1, "AWS_EC2_METADATA_V1_DISABLED", "True");
	assert_int_equal(fetch(credential_from_instance, &c, &err), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/v2", port);
	set_env(1, "AWS_EC2_METADATA_DISABLED", "true");
	assert_int_equal(fetch(credential_from_instance, &c, &err), 0);
	set_env(1, NULL, NULL);
	/* A machine without the service just has none. */
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:1");
	assert_int_equal(fetch(credential_from_instance, &c, &err), 0);
}

static void test_web_identity(void **state)
{
	struct credential c;
	struct err err;
	char url[64];

	(void)state;
	memset(names, 0, sizeof(names));
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/sts", port);
	set_env(0, "AWS_ENDPOINT_URL_STS", url);
	set_env(1, "AWS_ROLE_ARN", "arn:aws:iam::1:role/x");
	assert_int_equal(fetch(credential_from_web_identity, &c, &err), 0);
	write_token("jwt.a.b\n");
	set_env(2, "AWS_WEB_IDENTITY_TOKEN_FILE", token_path);
	expect_found(credential_from_web_identity);
	set_env(1, "AWS_ROLE_ARN", "arn:other");
	assert_int_equal(fetch(credential_from_web_identity, &c, &err), -1);
	assert_int_equal(err.code, ERR_AUTH);
	assert_null(strstr(err.message, "jwt"));
	set_env(2, "AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token");
	assert_int_equal(fetch(credential_from_web_identity, &c, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_instance),
		cmocka_unit_test(test_web_identity),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
