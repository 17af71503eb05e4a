/*
 * Where the keys come from, as one table: each source alone, chains of roles, and what goes wrong.
 * Each pair of sources is in test_sync_credentials_pairs.c.
 */
#include "identity.h"

static const struct row rows[] = {
	/* Each source alone. */
	{.what = "environment", .env = {ENV_KEYS("ENV")}, .key = "ENV"},
	{.what = "web identity of the environment", .env = {WEB}, .key = "w<WEB"},
	{.what = "shared file", .credentials = "[default]\n" KEYS("SHARED"), .key = "SHARED"},
	{.what = "process", .config = "[default]\n" PROCESS("PROC"), .key = "PROC"},
	{.what = "config file", .config = "[default]\n" KEYS("CONF"), .key = "CONF"},
	{.what = "container", .env = {ECS, ECS_TOKEN}, .key = "container"},
	{.what = "instance", .env = {IMDS}, .key = "machine"},
	{.what = "role by another profile",
         .config = BASE "[default]\n" ROLE("a") BY("base"),
         .key = "a<BASE"},
	{.what = "role by a profile of the credentials file",
         .config = "[profile x]\n" ROLE("a") BY("base"),
         .credentials = "[base]\n" KEYS("BASE"),
         .profile = "x",
         .key = "a<BASE"},
	{.what = "role that the credentials file describes",
         .credentials = "[base]\n" KEYS("BASE") "[default]\n" ROLE("a") BY("base"),
         .key = "a<BASE"},
	{.what = "role by the environment's keys",
         .config = "[profile x]\n" ROLE("a") "credential_source = Environment\n",
         .env = {ENV_KEYS("BASE")},
         .profile = "x",
         .key = "a<BASE"},
	{.what = "role by the container",
         .config = "[default]\n" ROLE("a") "credential_source = EcsContainer\n",
         .env = {ECS, ECS_TOKEN},
         .key = "a<container"},
	{.what = "role by the machine",
         .config = "[default]\n" ROLE("a") "credential_source = Ec2InstanceMetadata\n",
         .env = {IMDS},
         .key = "a<machine"},
	{.what = "role by a token in a file",
         .config = "[profile x]\n" ROLE("w") "web_identity_token_file = $T\n",
         .profile = "x",
         .key = "w<WEB"},
	{.what = "role by a process",
         .config = "[default]\n" ROLE("a") BY("p") "[profile p]\n" PROCESS("BASE"),
         .code = ERR_AUTH, /* its secret is another */
         .message = "SignatureDoesNotMatch"},

	/* IAM Identity Center. */
	{.what = "role of a session",
         .config = "[default]\n" SSO("Push") SESSION,
         .cache_of = "work",
         .cache = CACHE("s3cret-access", "2100-01-01T00:00:00Z"),
         .key = "Push/123"},
	{.what = "role of a start URL, as before sessions",
         .config = "[profile x]\nsso_account_id=123\nsso_role_name=Push\n" START,
         .profile = "x",
         .cache_of = "https://example.com/start",
         .cache = CACHE("s3cret-access", "2100-01-01T00:00:00UTC"),
         .key = "Push/123"},
	{.what = "role by a role of a session",
         .config = "[profile x]\n" SSO("Push") SESSION "[default]\n" ROLE("a") BY("x"),
         .cache_of = "work",
         .cache = CACHE("s3cret-access", "2100-01-01T00:00:00Z"),
         .key = "a<Push/123"},
	{.what = "nobody logged in",
         .config = "[profile x]\n" SSO("Push") SESSION,
         .profile = "x",
         .code = ERR_AUTH,
         .message = "the login of profile \"x\" is over: run aws sso login --profile x"},
	{.what = "a token that has ended",
         .config = "[default]\n" SSO("Push") SESSION,
         .cache_of = "work",
         .cache = CACHE("s3cret-access", "2020-01-01T00:00:00Z"),
         .code = ERR_AUTH,
         .message = "run aws sso login --profile default"},
	{.what = "a token that the portal does not know",
         .config = "[default]\n" SSO("Push") SESSION,
         .cache_of = "work",
         .cache = CACHE("s3cret-other", "2100-01-01T00:00:00Z"),
         .code = ERR_AUTH,
         .message = "run aws sso login --profile default"},
	{.what = "a role that the portal refuses",
         .config = "[default]\n" SSO("closed") SESSION,
         .cache_of = "work",
         .cache = CACHE("s3cret-access", "2100-01-01T00:00:00Z"),
         .code = ERR_AUTH,
         .message = "role closed in account 123: the portal answered 403"},
	{.what = "a session that does not exist",
         .config = "[default]\n" SSO("Push"),
         .code = ERR_CONFIG,
         .message = "[sso-session]"},
	{.what = "a cache that cannot be read",
         .config = "[default]\n" SSO("Push") SESSION,
         .cache_of = "work",
         .cache = "s3cret{",
         .code = ERR_CONFIG,
         .message = "IAM Identity Center: "},
	{.what = "role before a session's",
         .config = BASE "[default]\n" ROLE("a") BY("base") SSO("Push") SESSION,
         .key = "a<BASE"},
	{.what = "session before the shared file",
         .config = "[default]\n" SSO("Push") SESSION,
         .credentials = "[default]\n" KEYS("SHARED"),
         .cache_of = "work",
         .cache = CACHE("s3cret-access", "2100-01-01T00:00:00Z"),
         .key = "Push/123"},

	/* Chains. */
	{.what = "role by a role by a key",
         .config = BASE "[profile m]\n" ROLE("a") BY("base") "[default]\n" ROLE("b") BY("m"),
         .key = "b<a<BASE"},
	{.what = "role by a role by a token",
         .config = "[profile m]\n" ROLE("w") "web_identity_token_file=$T\n[default]\n" ROLE("b")
                 BY("m"),
         .key = "b<w<WEB"},
	{.what = "role by a role by the machine",
         .config = "[profile m]\n" ROLE("a") "credential_source=Ec2InstanceMetadata\n"
                                             "[default]\n" ROLE("b") BY("m"),
         .env = {IMDS},
         .key = "b<a<machine"},
	{.what = "a profile's own keys assume its role",
         .config = "[default]\n" ROLE("a") BY("default") KEYS("BASE"),
         .key = "a<BASE"},
	{.what = "a source's keys come before its role",
         .config = "[profile m]\n" ROLE("closed") BY("m") KEYS("BASE") "[default]\n" ROLE("a")
                 BY("m"),
         .key = "a<BASE"},
	{.what = "a profile that is its own source without keys",
         .config = "[default]\n" ROLE("a") BY("default"),
         .code = ERR_CONFIG,
         .message = "leads back to itself"},
	{.what = "a circle of two",
         .config = "[profile m]\n" ROLE("a") BY("default") "[default]\n" ROLE("b") BY("m"),
         .code = ERR_CONFIG,
         .message = "source_profile \"default\" of profile \"m\" leads back to itself"},

	/* What a role may ask for, and what is wrong with it. */
	{.what = "external id, session name and duration",
         .config = BASE "[default]\n" ROLE("ext")
                 BY("base") "external_id=42\n"
                            "role_session_name=me@x\nduration_seconds = 900\n",
         .key = "ext<BASE"},
	{.what = "external id missing",
         .config = BASE "[default]\n" ROLE("ext") BY("base"),
         .code = ERR_AUTH,
         .message = "not authorized to perform: sts:AssumeRole"},
	{.what = "duration that cannot be",
         .config = BASE "[default]\n" ROLE("a") BY("base") "duration_seconds=10\n",
         .code = ERR_CONFIG,
         .message = "duration_seconds"},
	{.what = "a device's code",
         .config = BASE "[default]\n" ROLE("a") BY("base") "mfa_serial=arn:aws:iam::1:mfa/me\n",
         .code = ERR_AUTH,
         .message = "aws configure export-credentials --profile default"},
	{.what = "both sources",
         .config = BASE "[default]\n" ROLE("a") BY("base") "credential_source=Environment\n",
         .code = ERR_CONFIG,
         .message = "both source_profile and credential_source"},
	{.what = "neither source",
         .config = "[default]\n" ROLE("a"),
         .code = ERR_CONFIG,
         .message = "neither source_profile nor credential_source"},
	{.what = "a source that does not exist",
         .config = "[default]\n" ROLE("a") "credential_source=Moon\n",
         .code = ERR_CONFIG,
         .message = "\"Moon\""},
	{.what = "a source that is empty",
         .config = "[default]\n" ROLE("a") "credential_source=Environment\n",
         .profile = "default",
         .code = ERR_AUTH,
         .message = "holds no credentials"},
	{.what = "a source profile that does not exist",
         .config = "[default]\n" ROLE("a") BY("nowhere"),
         .code = ERR_CONFIG,
         .message = "\"nowhere\""},
	{.what = "a source profile that is empty",
         .config = "[profile e]\nregion=x\n[default]\n" ROLE("a") BY("e"),
         .code = ERR_AUTH,
         .message = "source_profile \"e\" holds no credentials"},
	{.what = "a role that is refused",
         .config = BASE "[default]\n" ROLE("closed") BY("base"),
         .code = ERR_AUTH,
         .message = "answered 403 for role arn:aws:iam::1:role/closed: AccessDenied"},
	{.what = "an answer without a key",
         .config = BASE "[default]\n" ROLE("unfit") BY("base"),
         .code = ERR_CONFIG,
         .message = "the access key id is missing"},

	/* Pairs. */
	{.what = "environment before web identity", .env = {ENV_KEYS("ENV"), WEB}, .key = "ENV"},
	{.what = "environment before the profile's role",
         .config = BASE "[default]\n" ROLE("a") BY("base"),
         .env = {ENV_KEYS("ENV")},
         .key = "ENV"},
	{.what = "a profile that is asked for before the environment",
         .config = BASE "[profile x]\n" ROLE("a") BY("base"),
         .env = {ENV_KEYS("ENV"), WEB},
         .profile = "x",
         .key = "a<BASE"},
	{.what = "AWS_PROFILE after the environment",
         .config = BASE,
         .env = {ENV_KEYS("ENV"), "AWS_PROFILE", "base"},
         .key = "ENV"},
	{.what = "web identity before the role",
         .config = BASE "[default]\n" ROLE("a") BY("base"),
         .env = {WEB},
         .key = "w<WEB"},
	{.what = "web identity before the shared file",
         .credentials = "[default]\n" KEYS("SHARED"),
         .env = {WEB},
         .key = "w<WEB"},
	{.what = "role before the shared file",
         .config = BASE "[default]\n" ROLE("a") BY("base"),
         .credentials = "[default]\n" KEYS("SHARED"),
         .key = "a<BASE"},
	{.what = "role before the process",
         .config = BASE "[default]\n" ROLE("a") BY("base") PROCESS("PROC"),
         .key = "a<BASE"},
	{.what = "token in a file before the shared file",
         .config = "[default]\n" ROLE("w") "web_identity_token_file=$T\n",
         .credentials = "[default]\n" KEYS("SHARED"),
         .key = "w<WEB"},
	{.what = "shared file before the process",
         .config = "[default]\n" PROCESS("PROC"),
         .credentials = "[default]\n" KEYS("SHARED"),
         .key = "SHARED"},
	{.what = "shared file before the config file",
         .config = "[default]\n" KEYS("CONF"),
         .credentials = "[default]\n" KEYS("SHARED"),
         .key = "SHARED"},
	{.what = "process before the config file",
         .config = "[default]\n" KEYS("CONF") PROCESS("PROC"),
         .key = "PROC"},
	{.what = "config file before the container",
         .config = "[default]\n" KEYS("CONF"),
         .env = {ECS, ECS_TOKEN},
         .key = "CONF"},
	{.what = "container before the machine", .env = {ECS, ECS_TOKEN, IMDS}, .key = "container"},
	{.what = "a profile that is asked for does not ask the machine",
         .config = "[profile x]\nregion=x\n",
         .env = {ECS, ECS_TOKEN, IMDS},
         .profile = "x",
         .code = ERR_AUTH,
         .message = "profile \"x\" holds no credentials"},
};

static void check_row(const struct row *row)
{
	struct err err = ERR_INIT;
	struct aws_config *config;
	struct credentials_settings settings = {0};
	struct credentials *c = NULL;
	const struct credential *found = NULL;

	enter(row);
	config = aws_config_load(row->profile, fake_env, &err);
	settings.config = config;
	if (config)
		c = credentials_new(&settings, &err);
	if (c)
		found = credentials_current(c, now_ms(), &err);
	if (!found == !!row->key || (found && strcmp(found->access_key, row->key) != 0))
		fail_msg("%s: got %s, %s", row->what, found ? found->access_key : "nothing",
		         err.message);
	if (!found && (err.code != row->code || !strstr(err.message, row->message)))
		fail_msg("%s: code %d: %s", row->what, err.code, err.message);
	if (strstr(err.message, "s3cret"))
		fail_msg("%s: a secret is told: %s", row->what, err.message);
	if (found && strpbrk(found->access_key, "<")) {
		assert_non_null(strstr(found->session_token, "s3cret-token-"));
		assert_true(found->expires_at_ms > now_ms() + 800000);
	}
	credentials_free(c);
	aws_config_free(config);
	if (row->cache)
		assert_int_equal(unlink(bench.cache), 0);
}

static void test_chain(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

/* The token is renewed and kept, with what else the cache holds; each refreshToken holds once. */
static void test_renewal(void **state)
{
	static const struct row soon = {.config = "[default]\n" SSO("Push") SESSION};
	struct err err = ERR_INIT;
	AUTO_STR struct str text = STR_INIT(4096);
	struct row row = soon;
	struct stat st;

	(void)state;
	row.what = "a session that is renewed";
	row.key = "Push/123";
	enter(&row);
	write_cache("work", RENEWABLE("s3cret-old", "2020-01-01T00:00:00Z", "s3cret-refresh"));
	check_row(&row);
	assert_int_equal(file_read_all(AT_FDCWD, bench.cache, &text, &err), 0);
	assert_non_null(strstr(str_text(&text), "\"accessToken\":\"s3cret-access-1\""));
	assert_non_null(strstr(str_text(&text), "\"refreshToken\":\"s3cret-refresh-1\""));
	assert_non_null(strstr(str_text(&text), "\"kept\":[1]"));
	assert_int_equal(stat(bench.cache, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	/* The token that is there holds: nothing is asked of the token service. */
	check_row(&row);
	str_clear(&text);
	assert_int_equal(file_read_all(AT_FDCWD, bench.cache, &text, &err), 0);
	assert_non_null(strstr(str_text(&text), "s3cret-refresh-1"));

	row.what = "a refreshToken that is used up, with a token that still holds";
	{
		char soon_at[UNITS_TEXT_MAX];
		char json[1024];

		(void)time_text(now_ms() / 1000 + 300, soon_at);
		(void)snprintf(json, sizeof(json), RENEWABLE("s3cret-access", "%s", "s3cret-used"),
		               soon_at);
		write_cache("work", json);
	}
	check_row(&row);

	row.what = "a refreshToken that is used up";
	row.key = NULL;
	row.code = ERR_AUTH;
	row.message = "run aws sso login --profile default";
	write_cache("work", RENEWABLE("s3cret-old", "2020-01-01T00:00:00Z", "s3cret-used"));
	check_row(&row);
	assert_int_equal(unlink(bench.cache), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_renewal),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
