/*
 * identity: a bench for tests of where keys come from. The services are played by
 * tests/helpers/identity.py, whose access keys tell how they came about: "b<a<BASE" is role b,
 * assumed by role a, assumed by the key BASE. A row describes files and environment.
 */
#ifndef DRYDOCK_TESTS_UNIT_IDENTITY_H
#define DRYDOCK_TESTS_UNIT_IDENTITY_H

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

static inline const char *fake_env(const char *name)
{
	for (size_t i = 0; i < sizeof(environment) / sizeof(environment[0]); i++)
		if (environment[i].name && strcmp(environment[i].name, name) == 0)
			return environment[i].value;
	return NULL;
}

/* Appends `text` with the server's address in place of $U and the token's file in place of $T. */
static inline void expand(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '$' && (text[1] == 'U' || text[1] == 'T'))
			assert_int_equal(str_adds(out, *++text == 'U' ? bench.url : bench.jwt), 0);
		else
			assert_int_equal(str_addc(out, *text), 0);
	}
}

static inline void set_env(size_t at, const char *name, const char *value)
{
	AUTO_STR struct str s = STR_INIT(255);

	environment[at].name = name;
	if (!name)
		return;
	expand(&s, value);
	(void)snprintf(environment[at].value, sizeof(environment[at].value), "%s", str_text(&s));
}

static inline void write_text(const char *path, const char *text)
{
	AUTO_STR struct str s = STR_INIT(16384);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	expand(&s, text ? text : "");
	assert_true(fputs(str_text(&s), file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* ---- what a case consists of ---- */

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

/* The file of the AWS CLI's cache; its name is in cache_path. */
static inline void write_cache(const char *name, const char *json)
{
	struct err err = ERR_INIT;
	uint8_t sha1[SHA1_BYTES];
	char hex[2 * SHA1_BYTES + 1];

	assert_int_equal(hash_once(HASH_SHA1, name, strlen(name), sha1, &err), 0);
	(void)snprintf(bench.cache, sizeof(bench.cache), "%s/.aws/sso/cache/%s.json", bench.home,
	               hex_text(sha1, sizeof(sha1), hex));
	write_text(bench.cache, json);
}

static inline void enter(const struct row *row)
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

/* ---- the server ---- */

static inline void start_server(void)
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

static inline int setup(void **state)
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

static inline int teardown(void **state)
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

#endif
