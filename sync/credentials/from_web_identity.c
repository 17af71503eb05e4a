#include "sync/credentials/from_web_identity.h"

#include "base/http/fetch.h"
#include "base/http/uri.h"
#include "base/xml.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <string.h>

enum {
	TOKEN_MAX = 20 * 1024, /* STS itself allows 20,000 characters */
	ANSWER_MAX = 128 * 1024,
	STS_MS = 10000,
};

#define SOURCE "web identity"
#define IN     "AssumeRoleWithWebIdentityResult/Credentials/"

struct answer {
	struct str access_key, secret_key, token; /* owned */
	int64_t expires_at_ms;
};

static int take_field(void *context, enum xml_what what, const char *path, const struct str *text,
                      struct err *err)
{
	struct answer *a = context;
	struct str *to = NULL;

	if (what == XML_ROOT && strcmp(path, "AssumeRoleWithWebIdentityResponse") != 0)
		return err_set(err, ERR_AUTH, "the answer is a <%.60s>", path);
	if (what != XML_LEAF)
		return 0;
	if (strcmp(path, IN "AccessKeyId") == 0)
		to = &a->access_key;
	else if (strcmp(path, IN "SecretAccessKey") == 0)
		to = &a->secret_key;
	else if (strcmp(path, IN "SessionToken") == 0)
		to = &a->token;
	else if (strcmp(path, IN "Expiration") == 0 &&
	         time_parse(str_text(text), &a->expires_at_ms) < 0)
		return err_set(err, ERR_AUTH, "Expiration is no time");
	if (!to)
		return 0;
	str_clear(to);
	return str_add(to, str_text(text), text->len) < 0 ? err_memory(err) : 0;
}

static int read_answer(const struct str *xml, struct credential *out, struct err *err)
{
	struct answer a = {.access_key = STR_INIT(ACCESS_KEY_MAX),
	                   .secret_key = STR_INIT(SECRET_KEY_MAX),
	                   .token = STR_INIT(SESSION_TOKEN_MAX)};
	int found = xml_walk(str_text(xml), xml->len, take_field, &a, err);

	if (found < 0)
		(void)err_context(err, SOURCE);
	else
		found = credential_fill(out, SOURCE, str_text(&a.access_key),
		                        str_text(&a.secret_key), str_text(&a.token), err);
	if (found > 0)
		out->expires_at_ms = a.expires_at_ms;
	str_wipe(&a.access_key);
	str_wipe(&a.secret_key);
	str_wipe(&a.token);
	return found;
}

static void add_field(struct str *form, const char *name, const char *value)
{
	(void)str_addf(form, "&%s=", name);
	(void)uri_encode(form, value, strlen(value), URI_ENCODE_SLASH);
}

/* In the body, not in the URL: URLs end up in logs. */
static int make_form(const struct aws_config *config, const char *role, const char *file,
                     struct str *form, struct err *err)
{
	AUTO_WIPE struct str token = STR_INIT(TOKEN_MAX);
	const char *session = aws_config_env(config, "AWS_ROLE_SESSION_NAME");

	if (credential_read_token(file, TOKEN_MAX, &token, err) < 0)
		return err_context(err, SOURCE);
	(void)str_adds(form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15");
	add_field(form, "RoleArn", role);
	add_field(form, "RoleSessionName", session ? session : "drydock");
	add_field(form, "WebIdentityToken", str_text(&token));
	return str_check(form, SOURCE, err);
}

static int make_url(const struct aws_config *config, struct str *url, struct err *err)
{
	const char *endpoint = aws_config_env(config, "AWS_ENDPOINT_URL_STS");
	const char *region = aws_config_region(config);
	struct uri_endpoint checked;

	if (endpoint)
		(void)str_addf(url, "%s/", endpoint);
	else if (region)
		(void)str_addf(url, "https://sts.%s.amazonaws.com%s/", region,
		               strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
	else
		(void)str_adds(url, "https://sts.amazonaws.com/");
	if (str_check(url, SOURCE, err) < 0 || uri_parse_endpoint(&checked, str_text(url), err) < 0)
		return err_context(err, SOURCE);
	return 0;
}

int credential_from_web_identity(const struct credentials_settings *settings,
                                 struct credential *out, struct err *err)
{
	static const char *const type = "Content-Type: application/x-www-form-urlencoded";
	const struct aws_config *config = settings->config;
	const char *role = aws_config_env(config, "AWS_ROLE_ARN");
	const char *file = aws_config_env(config, "AWS_WEB_IDENTITY_TOKEN_FILE");
	AUTO_STR struct str url = STR_INIT(1024);
	AUTO_WIPE struct str form = STR_INIT(4 * TOKEN_MAX);
	AUTO_WIPE struct str answer = STR_INIT(ANSWER_MAX);
	struct http_fetch fetch = {.method = HTTP_POST,
	                           .headers = &type,
	                           .header_count = 1,
	                           .timeout_ms = STS_MS,
	                           .ca_bundle = aws_config_ca_bundle(config)};
	int status;

	if (!role || !file)
		return 0;
	if (make_url(config, &url, err) < 0 || make_form(config, role, file, &form, err) < 0)
		return -1;
	fetch.url = str_text(&url);
	fetch.body = str_text(&form);
	status = http_fetch(&fetch, &answer, err);
	if (status < 0)
		return err_context(err, SOURCE ": %s", str_text(&url));
	if (status != 200)
		return err_set(err, ERR_AUTH, SOURCE ": %s answered %d for role %.200s",
		               str_text(&url), status, role);
	return read_answer(&answer, out, err);
}
