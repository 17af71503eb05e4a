#include "sync/credentials/from_metadata.h"

#include "base/http/fetch.h"
#include "base/http/uri.h"

#include "base/cleanup.h"

#include <string.h>
#include <strings.h>

enum {
	ANSWER_MAX = 64 * 1024,
	CONTAINER_MS = 5000,
	INSTANCE_MS =
		1000, /* outside of a cloud no answer comes, and a command must not wait for it */
	ROLE_MAX = 128,
};

#define CONTAINER      "container credentials"
#define INSTANCE       "instance metadata"
#define CONTAINER_HOST "http://169.254.170.2"
#define INSTANCE_HOST  "http://169.254.169.254"
#define ROLES_PATH     "/latest/meta-data/iam/security-credentials/"

/* A header must not be split by what a file or variable holds. */
static int check_line(const struct str *s, const char *what, struct err *err)
{
	if (strpbrk(str_text(s), "\r\n"))
		return err_set(err, ERR_CONFIG, "%s: the authorization token has a line break",
		               what);
	return 0;
}

/* ---- container ---- */

/* Plain http may only go to the machine itself and to the well-known link-local addresses. */
static int check_full_url(const char *url, struct err *err)
{
	static const char *const plain[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
	struct uri_endpoint uri;
	AUTO_STR struct str origin = STR_INIT(512);
	const char *path = strstr(url, "://");

	path = path ? strpbrk(path + 3, "/?#") : NULL;
	(void)str_add(&origin, url, path ? (size_t)(path - url) : strlen(url));
	if (uri_parse_endpoint(&uri, str_text(&origin), err) < 0)
		return err_context(err, CONTAINER);
	if (uri.https || uri_host_is_loopback(uri.host))
		return 0;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(uri.host, plain[i]) == 0)
			return 0;
	return err_set(err, ERR_CONFIG, CONTAINER ": plain http to %s is refused", uri.host);
}

static int container_token(const struct aws_config *config, struct str *header, struct err *err)
{
	const char *file = aws_config_env(config, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = aws_config_env(config, "AWS_CONTAINER_AUTHORIZATION_TOKEN");

	if (!file && !token)
		return 0;
	(void)str_adds(header, "Authorization: ");
	if (file && credential_read_token(file, SESSION_TOKEN_MAX, header, err) < 0)
		return err_context(err, CONTAINER);
	if (!file)
		(void)str_adds(header, token);
	if (str_check(header, CONTAINER, err) < 0)
		return -1;
	return check_line(header, CONTAINER, err);
}

int credential_from_container(const struct credentials_settings *settings, struct credential *out,
                              struct err *err)
{
	const struct aws_config *config = settings->config;
	const char *relative = aws_config_env(config, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = aws_config_env(config, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	AUTO_STR struct str url = STR_INIT(4096);
	AUTO_WIPE struct str header = STR_INIT(2 * SESSION_TOKEN_MAX);
	AUTO_WIPE struct str answer = STR_INIT(ANSWER_MAX);
	struct http_fetch fetch = {
		.method = HTTP_GET, .timeout_ms = CONTAINER_MS, .no_proxy = true};
	const char *line;
	int status;

	if (!relative && !full)
		return 0;
	if (!relative && check_full_url(full, err) < 0)
		return -1;
	(void)str_addf(&url, "%s%s", relative ? CONTAINER_HOST : "", relative ? relative : full);
	if (str_check(&url, CONTAINER, err) < 0 || container_token(config, &header, err) < 0)
		return -1;
	line = str_text(&header);
	fetch.url = str_text(&url);
	fetch.headers = &line;
	fetch.header_count = header.len > 0 ? 1 : 0;
	status = http_fetch(&fetch, &answer, err);
	if (status < 0)
		return err_context(err, CONTAINER);
	if (status != 200)
		return err_set(err, ERR_AUTH, CONTAINER ": the endpoint answered %d", status);
	return credential_from_json(out, CONTAINER, str_text(&answer), answer.len, "Token", err);
}

/* ---- instance ---- */

struct instance {
	const char *host;  /* "http://169.254.169.254" */
	const char *token; /* the header line, or NULL with version 1 */
};

/* Appends the answer to `out`; returns the status, or -1. */
static int ask_instance(const struct instance *instance, enum http_method method, const char *path,
                        const char *header, struct str *out, struct err *err)
{
	AUTO_STR struct str url = STR_INIT(1024);
	struct http_fetch fetch = {.method = method,
	                           .timeout_ms = INSTANCE_MS,
	                           .no_proxy = true,
	                           .headers = &header,
	                           .header_count = header ? 1 : 0};

	(void)str_addf(&url, "%s%s", instance->host, path);
	if (str_check(&url, INSTANCE, err) < 0)
		return -1;
	fetch.url = str_text(&url);
	return http_fetch(&fetch, out, err);
}

static bool is_true(const char *value)
{
	return value && strcasecmp(value, "true") == 0;
}

/* 1: token in *header; 0: version 1 is all there is; -1: there is no such service. */
static int instance_token(const struct instance *instance, struct str *header)
{
	AUTO_WIPE struct str token = STR_INIT(4096);
	struct err ignored = ERR_INIT;
	int status = ask_instance(instance, HTTP_PUT, "/latest/api/token",
	                          "X-aws-ec2-metadata-token-ttl-seconds: 21600", &token, &ignored);

	if (status == 403 || status == 404 || status == 405)
		return 0;
	if (status != 200 || check_line(&token, INSTANCE, &ignored) < 0)
		return -1;
	(void)str_addf(header, "X-aws-ec2-metadata-token: %s", str_text(&token));
	return header->failed ? -1 : 1;
}

/* Reads the role's name (the first line) and appends it to the path. */
static int find_role(const struct instance *instance, struct str *path, struct err *err)
{
	AUTO_STR struct str answer = STR_INIT(4096);
	int status = ask_instance(instance, HTTP_GET, ROLES_PATH, instance->token, &answer, err);
	size_t len = strcspn(str_text(&answer), "\r\n");

	if (status < 0)
		return err_context(err, INSTANCE);
	if (status != 200 || len == 0 || len > ROLE_MAX)
		return 0;
	(void)str_adds(path, ROLES_PATH);
	(void)uri_encode(path, str_text(&answer), len, URI_ENCODE_SLASH);
	return 1;
}

int credential_from_instance(const struct credentials_settings *settings, struct credential *out,
                             struct err *err)
{
	const struct aws_config *config = settings->config;
	const char *host = aws_config_env(config, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	struct instance instance = {.host = host ? host : INSTANCE_HOST};
	AUTO_WIPE struct str header = STR_INIT(8192);
	AUTO_WIPE struct str answer = STR_INIT(ANSWER_MAX);
	AUTO_STR struct str path = STR_INIT(1024);
	int status;

	if (is_true(aws_config_env(config, "AWS_EC2_METADATA_DISABLED")))
		return 0;
	status = instance_token(&instance, &header);
	if (status < 0 ||
	    (status == 0 && is_true(aws_config_env(config, "AWS_EC2_METADATA_V1_DISABLED"))))
		return 0;
	instance.token = status == 1 ? str_text(&header) : NULL;
	status = find_role(&instance, &path, err);
	if (status <= 0)
		return status;
	status = ask_instance(&instance, HTTP_GET, str_text(&path), instance.token, &answer, err);
	if (status < 0)
		return err_context(err, INSTANCE);
	if (status != 200)
		return err_set(err, ERR_AUTH, INSTANCE ": the role's credentials answered %d",
		               status);
	return credential_from_json(out, INSTANCE, str_text(&answer), answer.len, "Token", err);
}
