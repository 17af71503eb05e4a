#include "sync/credentials/from_sso.h"

#include "sync/credentials/patient_fetch.h"
#include "sync/credentials/service_url.h"
#include "sync/credentials/sso_token.h"

#include "base/http/uri.h"

#include "base/cleanup.h"
#include "base/json.h"

#include <string.h>

enum {
	ANSWER_MAX = 64 * 1024,
	PORTAL_MS = 10000,
	STATUS_UNAUTHORIZED = 401,
};

#define SOURCE "IAM Identity Center"

/* What a profile asks for; all borrowed. */
struct role {
	const char *profile, *account, *name;
	struct sso_login login;
};

static int read_role(const struct aws_config *config, struct role *role, struct err *err)
{
	const char *session = aws_config_value(config, "sso_session");
	const char *start_url = session ? aws_config_sso_session(config, "sso_start_url")
	                                : aws_config_value(config, "sso_start_url");

	role->profile = aws_config_profile(config);
	role->account = aws_config_value(config, "sso_account_id");
	role->name = aws_config_value(config, "sso_role_name");
	role->login =
		(struct sso_login){.name = session ? session : start_url,
	                           .region = session ? aws_config_sso_session(config, "sso_region")
	                                             : aws_config_value(config, "sso_region"),
	                           .renewable = session != NULL};
	if (!role->account && !role->name)
		return 0;
	if (role->account && role->name && start_url && role->login.region)
		return 1;
	return err_set(err, ERR_CONFIG,
	               SOURCE ": profile \"%.100s\" needs sso_account_id and sso_role_name, and "
	                      "sso_start_url and sso_region there or in the [sso-session] of its "
	                      "sso_session",
	               role->profile);
}

/* The reason is in *err already. */
static int login_over(const struct role *role, struct err *err)
{
	if (err->code != ERR_AUTH)
		return err_context(err, SOURCE);
	return err_set(err, ERR_AUTH,
	               SOURCE ": the login of profile \"%.100s\" is over: run aws sso login "
	                      "--profile %.100s",
	               role->profile, role->profile);
}

static int make_url(const struct credentials_settings *settings, const struct role *role,
                    struct str *url, struct err *err)
{
	struct service_url at;
	int status = service_url_make(&at, settings->config, "sso", "portal.sso",
	                              role->login.region, err);

	(void)str_addf(url, "%sfederation/credentials?account_id=", str_text(&at.url));
	(void)uri_encode(url, role->account, strlen(role->account), URI_ENCODE_SLASH);
	(void)str_adds(url, "&role_name=");
	(void)uri_encode(url, role->name, strlen(role->name), URI_ENCODE_SLASH);
	service_url_release(&at);
	if (status == 0)
		status = str_check(url, SOURCE, err);
	return status < 0 ? err_context(err, SOURCE) : 0;
}

static int read_answer(const struct str *text, struct credential *out, struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = ANSWER_MAX, .max_values = 200, .max_depth = 8};
	AUTO_JSON json_t *answer = json_parse_limited(str_text(text), text->len, &limits, err);
	const json_t *found = json_object_get(answer, "roleCredentials");

	if (!answer)
		return err_context(err, SOURCE);
	if (credential_fill(out, SOURCE, json_text(found, "accessKeyId"),
	                    json_text(found, "secretAccessKey"), json_text(found, "sessionToken"),
	                    err) < 0)
		return -1;
	out->expires_at_ms = json_integer_value(json_object_get(found, "expiration"));
	return 1;
}

static int ask_portal(const struct credentials_settings *settings, const struct role *role,
                      const char *token_line, struct credential *out, struct err *err)
{
	AUTO_WIPE struct str answer = STR_INIT(ANSWER_MAX);
	AUTO_STR struct str url = STR_INIT(4096);
	struct http_fetch fetch = {.method = HTTP_GET,
	                           .headers = &token_line,
	                           .header_count = 1,
	                           .timeout_ms = PORTAL_MS,
	                           .ca_bundle = credentials_ca_bundle(settings)};
	int status;

	if (make_url(settings, role, &url, err) < 0)
		return -1;
	fetch.url = str_text(&url);
	status = patient_fetch(&fetch, &answer, err);
	if (status < 0)
		return err_context(err, SOURCE);
	if (status == 200)
		return read_answer(&answer, out, err);
	(void)err_set(err, status >= 500 || status == 429 ? ERR_TEMPORARY : ERR_AUTH,
	              SOURCE ": role %.100s in account %.20s: the portal answered %d", role->name,
	              role->account, status);
	return status == STATUS_UNAUTHORIZED ? login_over(role, err) : -1;
}

int credential_from_sso(const struct credentials_settings *settings, struct credential *out,
                        struct err *err)
{
	AUTO_WIPE struct str line = STR_INIT(2 * SESSION_TOKEN_MAX);
	struct role role;
	int found = read_role(settings->config, &role, err);

	if (found <= 0)
		return found;
	(void)str_adds(&line, "x-amz-sso_bearer_token: ");
	if (sso_token_get(settings, &role.login, &line, err) < 0)
		return login_over(&role, err);
	if (str_check(&line, SOURCE, err) < 0)
		return -1;
	if (strpbrk(str_text(&line), "\r\n"))
		return err_set(err, ERR_CONFIG, SOURCE ": the token has a line break");
	return ask_portal(settings, &role, str_text(&line), out, err);
}

bool credential_sso_cache(const struct aws_config *config, struct str *path)
{
	struct err ignored = ERR_INIT;
	struct role role;

	return read_role(config, &role, &ignored) > 0 &&
	       sso_token_path(config, &role.login, path, &ignored) == 0;
}
