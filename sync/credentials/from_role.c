#include "sync/credentials/from_role.h"

#include "sync/credentials/from_metadata.h"
#include "sync/credentials/profile.h"
#include "sync/credentials/sts.h"

#include "base/cleanup.h"

#include <openssl/crypto.h>
#include <string.h>

enum {
	CHAIN_MAX = 8, /* roles, one assumed by the other */
	DURATION_LEAST_S = 900,
	DURATION_MOST_S = 43200,
};

#define SOURCE "assumed role"

/* Roles, each assumed by the one after it, and the profile whose credential assumes the last. */
struct chain {
	const struct aws_config *roles[CHAIN_MAX]; /* the first is the caller's */
	size_t count;
	const struct aws_config *end;         /* the last of `opened`, or of `roles` if `machine` */
	bool machine;                         /* its credential_source is asked */
	struct aws_config *opened[CHAIN_MAX]; /* owned */
	size_t opened_count;
};

static void chain_release(struct chain *chain)
{
	while (chain->opened_count > 0)
		aws_config_free(chain->opened[--chain->opened_count]);
}

/* ---- the chain ---- */

static const char *chain_role(const struct aws_config *profile)
{
	/* With a token in a file a role needs no other credential. */
	return aws_config_value(profile, "web_identity_token_file")
	               ? NULL
	               : aws_config_value(profile, "role_arn");
}

static int check_role(const struct aws_config *profile, struct err *err)
{
	const char *name = aws_config_profile(profile);
	const char *device = aws_config_value(profile, "mfa_serial");
	const char *source = aws_config_value(profile, "source_profile");
	const char *machine = aws_config_value(profile, "credential_source");

	if (device)
		return err_set(err, ERR_AUTH,
		               "profile \"%.100s\" wants a code of %.100s (mfa_serial), for which "
		               "drydock does not ask: run eval \"$(aws configure "
		               "export-credentials --profile %.100s --format env)\" first, and "
		               "drydock without a profile",
		               name, device, name);
	if (source && machine)
		return err_set(err, ERR_CONFIG,
		               "profile \"%.100s\" has both source_profile and credential_source",
		               name);
	if (!source && !machine)
		return err_set(err, ERR_CONFIG,
		               "profile \"%.100s\" has role_arn, but neither source_profile nor "
		               "credential_source",
		               name);
	return 0;
}

/* A profile that names itself means its own keys. */
static int check_circle(const struct chain *chain, const struct aws_config *next, struct err *err)
{
	const struct aws_config *last = chain->roles[chain->count - 1];
	const char *name = aws_config_profile(next);

	if (strcmp(name, aws_config_profile(last)) == 0 && profile_has_keys(next))
		return 0;
	for (size_t i = 0; i < chain->count; i++)
		if (strcmp(name, aws_config_profile(chain->roles[i])) == 0)
			return err_set(err, ERR_CONFIG,
			               "source_profile \"%.100s\" of profile \"%.100s\" leads "
			               "back to itself",
			               name, aws_config_profile(last));
	return 0;
}

/* Follows source_profile until one has no role to assume, or the machine has the credential. */
static int chain_find(struct chain *chain, struct err *err)
{
	for (;;) {
		const struct aws_config *last = chain->roles[chain->count - 1];
		const char *source = aws_config_value(last, "source_profile");
		struct aws_config *next;

		if (check_role(last, err) < 0)
			return -1;
		chain->machine = !source;
		chain->end = last;
		if (!source)
			return 0;
		next = aws_config_other(last, source, err);
		if (!next)
			return err_context(err, "source_profile of profile \"%.100s\"",
			                   aws_config_profile(last));
		chain->opened[chain->opened_count++] = next;
		chain->end = next;
		if (check_circle(chain, next, err) < 0)
			return -1;
		if (profile_has_keys(next) || !chain_role(next))
			return 0;
		if (chain->count == CHAIN_MAX)
			return err_set(err, ERR_CONFIG,
			               "more than %d roles are assumed one by the other",
			               CHAIN_MAX);
		chain->roles[chain->count++] = next;
	}
}

/* ---- its credentials ---- */

static int from_machine(const struct credentials_settings *settings, struct credential *out,
                        struct err *err)
{
	static const struct {
		const char *name;
		credential_source_fn *fetch;
	} machines[] = {
		{"Environment", credential_from_env},
		{"Ec2InstanceMetadata", credential_from_instance},
		{"EcsContainer", credential_from_container},
	};
	const char *profile = aws_config_profile(settings->config);
	const char *name = aws_config_value(settings->config, "credential_source");
	int found;

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (strcmp(name, machines[i].name) != 0)
			continue;
		found = machines[i].fetch(settings, out, err);
		if (found == 0)
			return err_set(err, ERR_AUTH,
			               "credential_source %s of profile \"%.100s\" holds no "
			               "credentials",
			               name, profile);
		return found;
	}
	return err_set(err, ERR_CONFIG,
	               "credential_source \"%.40s\" of profile \"%.100s\" is not known; it may be "
	               "Environment, Ec2InstanceMetadata or EcsContainer",
	               name, profile);
}

static int chain_end(const struct credentials_settings *settings, const struct chain *chain,
                     struct credential *out, struct err *err)
{
	struct credentials_settings end = *settings;
	int found;

	end.config = chain->end;
	if (chain->machine)
		return from_machine(&end, out, err);
	found = credential_from_profile(&end, out, err);
	if (found == 0)
		return err_set(err, ERR_AUTH, "source_profile \"%.100s\" holds no credentials",
		               aws_config_profile(chain->end));
	return found;
}

static int add_duration(struct str *form, const struct aws_config *profile, struct err *err)
{
	const char *text = aws_config_value(profile, "duration_seconds");
	char *end;
	long seconds;

	if (!text)
		return 0;
	seconds = strtol(text, &end, 10);
	if (end == text || *end || seconds < DURATION_LEAST_S || seconds > DURATION_MOST_S)
		return err_set(err, ERR_CONFIG,
		               "duration_seconds of profile \"%.100s\" is not from %d to %d",
		               aws_config_profile(profile), DURATION_LEAST_S, DURATION_MOST_S);
	sts_add(form, "DurationSeconds", text);
	return 0;
}

/* Replaces *credential by what it may become. */
static int assume(const struct credentials_settings *settings, const struct aws_config *profile,
                  struct credential *credential, struct err *err)
{
	AUTO_STR struct str form = STR_INIT(16384);
	struct credentials_settings own = *settings;
	struct credential signer = *credential;
	const char *external = aws_config_value(profile, "external_id");
	const char *session = aws_config_value(profile, "role_session_name");
	const struct sts_request request = {.source = SOURCE,
	                                    .action = "AssumeRole",
	                                    .role = aws_config_value(profile, "role_arn"),
	                                    .form = &form,
	                                    .signer = &signer};
	int found;

	own.config = profile;
	sts_add(&form, "RoleArn", request.role);
	sts_add(&form, "RoleSessionName", session ? session : "drydock");
	if (external)
		sts_add(&form, "ExternalId", external);
	found = add_duration(&form, profile, err);
	if (found == 0)
		found = sts_assume(&own, &request, credential, err);
	OPENSSL_cleanse(&signer, sizeof(signer));
	return found;
}

int credential_from_role(const struct credentials_settings *settings, struct credential *out,
                         struct err *err)
{
	struct chain chain = {.roles = {settings->config}, .count = 1};
	int found;

	if (!chain_role(settings->config))
		return 0;
	found = chain_find(&chain, err);
	if (found == 0)
		found = chain_end(settings, &chain, out, err);
	while (found > 0 && chain.count > 0)
		found = assume(settings, chain.roles[--chain.count], out, err);
	chain_release(&chain);
	return found;
}
