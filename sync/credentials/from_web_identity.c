#include "sync/credentials/from_web_identity.h"

#include "sync/credentials/sts.h"

#include "base/cleanup.h"

enum { TOKEN_MAX = 20 * 1024 /* STS itself allows 20,000 characters */ };

#define SOURCE "web identity"

/* In the body, not in the URL: URLs end up in logs. */
static int assume(const struct credentials_settings *settings, const char *role, const char *file,
                  const char *session, struct credential *out, struct err *err)
{
	AUTO_WIPE struct str token = STR_INIT(TOKEN_MAX);
	AUTO_WIPE struct str form = STR_INIT(4 * TOKEN_MAX);
	const struct sts_request request = {.source = SOURCE,
	                                    .action = "AssumeRoleWithWebIdentity",
	                                    .role = role,
	                                    .form = &form};

	if (credential_read_token(file, TOKEN_MAX, &token, err) < 0)
		return err_context(err, SOURCE);
	sts_add(&form, "RoleArn", role);
	sts_add(&form, "RoleSessionName", session ? session : "drydock");
	sts_add(&form, "WebIdentityToken", str_text(&token));
	return sts_assume(settings, &request, out, err);
}

int credential_from_web_identity(const struct credentials_settings *settings,
                                 struct credential *out, struct err *err)
{
	const struct aws_config *config = settings->config;
	const char *role = aws_config_env(config, "AWS_ROLE_ARN");
	const char *file = aws_config_env(config, "AWS_WEB_IDENTITY_TOKEN_FILE");

	if (!role || !file)
		return 0;
	return assume(settings, role, file, aws_config_env(config, "AWS_ROLE_SESSION_NAME"), out,
	              err);
}

int credential_from_web_profile(const struct credentials_settings *settings, struct credential *out,
                                struct err *err)
{
	const struct aws_config *config = settings->config;
	const char *role = aws_config_value(config, "role_arn");
	const char *file = aws_config_value(config, "web_identity_token_file");

	if (!file)
		return 0;
	if (!role)
		return err_set(err, ERR_CONFIG,
		               "profile \"%.100s\" has web_identity_token_file, but no role_arn",
		               aws_config_profile(config));
	return assume(settings, role, file, aws_config_value(config, "role_session_name"), out,
	              err);
}
