#include "sync/credentials/profile.h"

#include "sync/credentials/from_process.h"
#include "sync/credentials/from_sso.h"
#include "sync/credentials/from_web_identity.h"

bool profile_has_keys(const struct aws_config *config)
{
	return aws_config_value(config, "aws_access_key_id") &&
	       aws_config_value(config, "aws_secret_access_key");
}

int credential_from_profile(const struct credentials_settings *settings, struct credential *out,
                            struct err *err)
{
	static credential_source_fn *const sources[] = {
		credential_from_web_profile, credential_from_sso, credential_from_shared,
		credential_from_process, credential_from_config};
	int found = 0;

	for (size_t i = 0; found == 0 && i < sizeof(sources) / sizeof(sources[0]); i++)
		found = sources[i](settings, out, err);
	return found;
}
