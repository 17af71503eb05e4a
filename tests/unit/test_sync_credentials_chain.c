/*
 * Where the keys come from, as one table: each source alone, and each pair in the order in which
 * the AWS CLI asks them. The services are played by tests/helpers/identity.py, whose access keys
 * tell how they came about: "b<a<BASE" is role b, assumed by role a, assumed by the key BASE.
 */
#include "sync/credentials/credentials.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/units.h"

#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENV_MAX = 6, PATH_BYTES = 128 };

static struct {
	pid_t server;
	char dir[64], home[PATH_BYTES], port_file[PATH_BYTES], jwt[PATH_BYTES];
	char credentials[PATH_BYTES], config[PATH_BYTES];
	char cache[2 * PATH_BYTES]; /* the file of the AWS CLI's token */
	char url[64];               /* of the server: what stands for $U */
} bench;

/* ---- the environment of one case ---- */

static struct {
	const char *name;
	char value[256];
} environment[ENV_MAX + 8];

static const char *fake_env(const char *name)
{
	for (size_t i = 0; i < sizeof(environment) / sizeof(environment[0]); i++)
		if (environment[i].name && strcmp(environment[i].name, name) == 0)
			return environment[i].value;
	return NULL;
}

/* Appends `text` with the server's address in place of $U and the token's file in place of $T. */
static void expand(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '$' && (text[1] == 'U' || text[1] == 'T'))
			assert_int_equal(str_adds(out, *++text == 'U' ? bench.url : bench.jwt), 0);
		else
			assert_int_equal(str_addc(out, *text), 0);
	}
}

static void set_env(size_t at, const char *name, const char *value)
{
	AUTO_STR struct str s = STR_INIT(255);

	environment[at].name = name;
	if (!name)
		return;
	expand(&s, value);
	(void)snprintf(environment[at].value, sizeof(environment[at].value), "%s", str_text(&s));
}

static void write_text(const char *path, const char *text)
{
	AUTO_STR struct str s = STR_INIT(16384);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	expand(&s, text ? text : "");
	assert_true(fputs(str_text(&s), file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* ---- the table ---- */

struct row {
	const char *what;
	const char *config, *credentials; /* the files */
	const char *env[2 * ENV_MAX];     /* name, value, … */
	const char *profile;              /* --profile */
	const char *cache_of, *cache;     /* the token of `aws sso login`: session's name, JSON */
	const char *key;                  /* the access key, or NULL: it fails */
	enum err_code code;               /* then with this */
	const char *message;              /* and these words in the message */
};

#define KEYS(name)     "aws_access_key_id=" name "\naws_secret_access_key=s3cret-" name "\n"
#define BASE           "[profile base]\n" KEYS("BASE")
#define ROLE(name)     "role_arn=arn:aws:iam::1:role/" name "\n"
#define BY(name)       "source_profile=" name "\n"
#define ENV_KEYS(name) "AWS_ACCESS_KEY_ID", name, "AWS_SECRET_ACCESS_KEY", "s3cret-" name
#define ECS            "AWS_CONTAINER_CREDENTIALS_FULL_URI", "$U/ecs"
#define ECS_TOKEN      "AWS_CONTAINER_AUTHORIZATION_TOKEN", "s3cret-auth"
#define WEB            "AWS_ROLE_ARN", "arn:aws:iam::1:role/w", "AWS_WEB_IDENTITY_TOKEN_FILE", "$T"
#define IMDS           "AWS_EC2_METADATA_DISABLED", "false"
#define PROCESS(name)                                                                              \
	"credential_process = sh -c 'echo "                                                        \
	"\"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"" name                                       \
	"\\\",\\\"SecretAccessKey\\\":\\\"s3cret\\\",\\\"Expiration\\\":"                          \
	"\\\"2035-01-01T00:00:00+00:00\\\"}\"'\n"

#define SSO(role) "sso_session=work\nsso_account_id=123\nsso_role_name=" role "\n"
#define START     "sso_region=eu-west-1\nsso_start_url=https://example.com/start\n"
#define SESSION   "[sso-session work]\n" START
#define CACHE(token, ends)                                                                         \
	"{\"startUrl\":\"https://example.com/"                                                     \
	"start\",\"region\":\"eu-west-1\",\"accessToken\":\"" token "\",\"expiresAt\":\"" ends     \
	"\"}"
#define RENEWABLE(token, ends, refresh)                                                            \
	"{\"accessToken\":\"" token "\",\"expiresAt\":\"" ends                                     \
	"\",\"clientId\":\"id\",\"clientSecret\":\"s3cret-client\",\"refreshToken\":\"" refresh    \
	"\",\"registrationExpiresAt\":\"2100-01-01T00:00:00Z\",\"kept\":[1]}"

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

/* The file of the AWS CLI's cache; its name is in cache_path. */
static void write_cache(const char *name, const char *json)
{
	struct err err = ERR_INIT;
	uint8_t sha1[SHA1_BYTES];
	char hex[2 * SHA1_BYTES + 1];

	assert_int_equal(hash_once(HASH_SHA1, name, strlen(name), sha1, &err), 0);
	(void)snprintf(bench.cache, sizeof(bench.cache), "%s/.aws/sso/cache/%s.json", bench.home,
	               hex_text(sha1, sizeof(sha1), hex));
	write_text(bench.cache, json);
}

static void enter(const struct row *row)
{
	size_t at = 8;

	memset(environment, 0, sizeof(environment));
	set_env(0, "AWS_SHARED_CREDENTIALS_FILE", bench.credentials);
	set_env(1, "AWS_CONFIG_FILE", bench.config);
	set_env(2, "HOME", bench.home);
	set_env(3, "AWS_ENDPOINT_URL_STS", "$U/sts");
	set_env(4, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "$U/imds");
	set_env(5, "AWS_EC2_METADATA_DISABLED", "true");
	set_env(6, "AWS_ENDPOINT_URL_SSO", "$U/sso");
	set_env(7, "AWS_ENDPOINT_URL_SSO_OIDC", "$U/oidc/");
	for (size_t i = 0; i + 1 < sizeof(row->env) / sizeof(row->env[0]) && row->env[i]; i += 2) {
		if (strcmp(row->env[i], environment[5].name) == 0)
			set_env(5, row->env[i], row->env[i + 1]);
		else
			set_env(at++, row->env[i], row->env[i + 1]);
	}
	write_text(bench.config, row->config);
	write_text(bench.credentials, row->credentials);
	if (row->cache)
		write_cache(row->cache_of, row->cache);
}

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

/* ---- the server ---- */

static void start_server(void)
{
	char script[512];
	const char *source = getenv("TEST_SOURCE");

	(void)snprintf(script, sizeof(script), "%s/tests/helpers/identity.py",
	               source ? source : ".");
	bench.server = fork();
	if (bench.server == 0) {
		(void)execlp("python3", "python3", script, "--port-file", bench.port_file,
		             (char *)NULL);
		_exit(127);
	}
}

static int setup(void **state)
{
	FILE *file = NULL;
	char command[256];
	int port = 0;

	(void)state;
	(void)snprintf(bench.dir, sizeof(bench.dir), "/tmp/drydock-test-XXXXXX");
	if (!mkdtemp(bench.dir))
		return -1;
	(void)snprintf(bench.home, PATH_BYTES, "%s/home", bench.dir);
	(void)snprintf(bench.port_file, PATH_BYTES, "%s/port", bench.dir);
	(void)snprintf(bench.jwt, PATH_BYTES, "%s/jwt", bench.dir);
	(void)snprintf(bench.credentials, PATH_BYTES, "%s/credentials", bench.dir);
	(void)snprintf(bench.config, PATH_BYTES, "%s/config", bench.dir);
	start_server();
	for (int i = 0; i < 400 && !file; i++) {
		const struct timespec pause = {.tv_nsec = 25000000};

		(void)nanosleep(&pause, NULL);
		file = fopen(bench.port_file, "r");
	}
	if (!file || fscanf(file, "%d", &port) != 1)
		return -1;
	(void)fclose(file);
	(void)snprintf(bench.url, sizeof(bench.url), "http://127.0.0.1:%d", port);
	write_text(bench.jwt, "s3cret-jwt\n");
	(void)snprintf(command, sizeof(command), "mkdir -p '%s/.aws/sso/cache'", bench.home);
	return system(command);
}

static int teardown(void **state)
{
	char command[256];

	(void)state;
	if (bench.server > 0) {
		(void)kill(bench.server, SIGTERM);
		(void)waitpid(bench.server, NULL, 0);
	}
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", bench.dir);
	return system(command);
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
