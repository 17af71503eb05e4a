/*
 * ini, aws_config and credentials together, since each is only meant for the next. Files are
 * written to a fresh directory; the environment is a table.
 */
#include "base/ini.h"
#include "sync/credentials/credentials.h"
#include "sync/credentials/source.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char dir[64], credentials_path[96], config_path[96];

static struct {
	const char *name, *value;
} environment[10];

static const char *fake_env(const char *name)
{
	for (size_t i = 0; i < 10; i++)
		if (environment[i].name && strcmp(environment[i].name, name) == 0)
			return environment[i].value;
	return NULL;
}

static void set_env(size_t at, const char *name, const char *value)
{
	environment[3 + at].name = name;
	environment[3 + at].value = value;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	(void)state;
	memset(environment, 0, sizeof(environment));
	(void)snprintf(dir, sizeof(dir), "/tmp/drydock-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(credentials_path, sizeof(credentials_path), "%s/credentials", dir);
	(void)snprintf(config_path, sizeof(config_path), "%s/config", dir);
	environment[0].name = "AWS_SHARED_CREDENTIALS_FILE";
	environment[0].value = credentials_path;
	environment[1].name = "AWS_CONFIG_FILE";
	environment[1].value = config_path;
	/* Nobody is asked over the network here. */
	environment[2].name = "AWS_EC2_METADATA_DISABLED";
	environment[2].value = "true";
	return 0;
}

static int teardown(void **state)
{
	char path[96];

	(void)state;
	(void)unlink(credentials_path);
	(void)unlink(config_path);
	(void)snprintf(path, sizeof(path), "%s/print", dir);
	(void)unlink(path);
	return rmdir(dir);
}

/* Expects one credential, or with access NULL an error of `code` that names no secret. */
static void expect(const char *profile, const char *access, const char *secret, const char *token,
                   enum err_code code)
{
	struct err err = ERR_INIT;
	struct aws_config *config = aws_config_load(profile, fake_env, &err);
	struct credentials_settings settings = {.config = config};
	const struct credential *found = NULL;
	struct credentials *c = NULL;

	if (config) {
		c = credentials_new(&settings, &err);
		assert_non_null(c);
		found = credentials_current(c, 1000, &err);
	}
	if (access) {
		if (!found)
			print_error("%s\n", err.message);
		assert_non_null(found);
		assert_string_equal(found->access_key, access);
		assert_string_equal(found->secret_key, secret);
		assert_string_equal(found->session_token, token);
		assert_int_equal(found->generation, 1);
	} else {
		assert_null(found);
		assert_int_equal(err.code, code);
		assert_null(strstr(err.message, "s3cret"));
	}
	credentials_free(c);
	aws_config_free(config);
}

static void test_environment(void **state)
{
	(void)state;
	write_text(credentials_path, "[default]\naws_access_key_id=FILE\n"
	                             "aws_secret_access_key=s3cret\n");
	set_env(0, "AWS_ACCESS_KEY_ID", "ENV");
	set_env(1, "AWS_SECRET_ACCESS_KEY", "s3cret/+=");
	expect(NULL, "ENV", "s3cret/+=", "", ERR_NONE);
	set_env(2, "AWS_SESSION_TOKEN", "token==");
	expect(NULL, "ENV", "s3cret/+=", "token==", ERR_NONE);
	/* A profile that was asked for disables them. */
	expect("default", "FILE", "s3cret", "", ERR_NONE);
	/* Half of a pair must not silently fall back to another identity. */
	set_env(1, NULL, NULL);
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
	set_env(1, "AWS_SECRET_ACCESS_KEY", "s3cret\r\nX: 1");
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
}

static void test_shared_file(void **state)
{
	(void)state;
	write_text(credentials_path, "# comment\n[default]\naws_access_key_id = A\n"
	                             "aws_secret_access_key = s3cret#x ; no\n\n"
	                             "[ prod ] # trailing\r\nAWS_ACCESS_KEY_ID=P\r\n"
	                             "aws_secret_access_key=s3cret2\r\naws_session_token=T\r\n"
	                             "aws_access_key_id=P2\r\n");
	expect(NULL, "A", "s3cret#x", "", ERR_NONE);
	expect("prod", "P2", "s3cret2", "T", ERR_NONE);
	set_env(0, "AWS_PROFILE", "prod");
	expect(NULL, "P2", "s3cret2", "T", ERR_NONE);
	expect("none", NULL, NULL, NULL, ERR_CONFIG);
}

static void test_config_file(void **state)
{
	(void)state;
	write_text(config_path, "[profile default]\naws_access_key_id=PD\n"
	                        "aws_secret_access_key=s3cret\n[default]\naws_access_key_id=D\n"
	                        "[prod]\naws_access_key_id=WRONG\n"
	                        "[profile  prod]\naws_access_key_id=C\n"
	                        "aws_secret_access_key=s3cret\n");
	expect(NULL, "PD", "s3cret", "", ERR_NONE);
	expect("prod", "C", "s3cret", "", ERR_NONE);
	/* Nothing of [default] shines through, wherever [profile default] stands. */
	write_text(config_path, "[default]\naws_access_key_id=D\naws_secret_access_key=s3cret\n"
	                        "[profile default]\naws_access_key_id=PD\n");
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
	write_text(config_path, "[profile  prod]\naws_access_key_id=C\n"
	                        "aws_secret_access_key=s3cret\n");
	write_text(credentials_path, "[prod]\naws_access_key_id=S\naws_secret_access_key=s3cret\n");
	expect("prod", "S", "s3cret", "", ERR_NONE);
}

static void test_nothing(void **state)
{
	(void)state;
	expect(NULL, NULL, NULL, NULL, ERR_AUTH);
	write_text(config_path, "[default]\nregion=x\n");
	expect("default", NULL, NULL, NULL, ERR_AUTH);
	write_text(config_path, "region=x\n");
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
	write_text(config_path, "[default\nregion=x\n");
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
}

static void test_process(void **state)
{
	char script[128], command[256];

	(void)state;
	(void)snprintf(script, sizeof(script), "%s/print", dir);
	write_text(script, "#!/bin/sh\n"
	                   "[ \"$1\" = 'a b' ] || exit 3\n"
	                   "echo '{\"Version\":1,\"AccessKeyId\":\"PR\",\"SecretAccessKey\":"
	                   "\"s3cret\",\"SessionToken\":\"t\",\"Expiration\":"
	                   "\"2030-01-01T00:00:00Z\"}'\n");
	assert_int_equal(chmod(script, 0700), 0);
	(void)snprintf(command, sizeof(command), "[default]\ncredential_process = %s 'a b'\n",
	               script);
	write_text(config_path, command);
	expect(NULL, "PR", "s3cret", "t", ERR_NONE);
	(void)snprintf(command, sizeof(command), "[default]\ncredential_process = %s $HOME\n",
	               script);
	write_text(config_path, command);
	expect(NULL, NULL, NULL, NULL, ERR_AUTH);
	write_text(config_path, "[default]\ncredential_process = /nonexistent/x\n");
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
	write_text(config_path, "[default]\ncredential_process = sh -c 'echo {}'\n");
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
	/* A4: what cannot be read as JSON is not quoted. */
	write_text(config_path, "[default]\ncredential_process = echo '{\"a\":1 \"s3cret\"}'\n");
	expect(NULL, NULL, NULL, NULL, ERR_MALFORMED);
	write_text(config_path, "[default]\ncredential_process = sh 'x\n");
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
	write_text(config_path, "[default]\ncredential_process = yes\n");
	expect(NULL, NULL, NULL, NULL, ERR_CONFIG);
}

/* Whatever it hangs in, it is waited for no longer than the run may last, and then ended. */
static void test_process_hangs(void **state)
{
	static const char *const scripts[] = {
		"exec sleep 60",
		"exec >&-; exec sleep 60",
		"trap '' TERM; while :; do sleep 0.1; done",
		"while :; do echo x; sleep 0.01; done",
	};
	char script[128], pid_path[128], text[512];
	struct err err = ERR_INIT;
	struct aws_config *config;

	(void)state;
	(void)snprintf(script, sizeof(script), "%s/print", dir);
	(void)snprintf(pid_path, sizeof(pid_path), "%s", credentials_path);
	(void)snprintf(text, sizeof(text), "[default]\ncredential_process = sh %s\n", script);
	write_text(config_path, text);
	environment[0].value = "/nonexistent/credentials";
	config = aws_config_load(NULL, fake_env, &err);
	assert_non_null(config);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		int64_t began_ms = monotonic_ms();
		struct credentials_settings settings = {.config = config,
		                                        .deadline_ms = began_ms + 300};
		struct credentials *c = credentials_new(&settings, &err);
		FILE *file;
		int pid = 0;

		assert_non_null(c);
		(void)snprintf(text, sizeof(text), "echo $$ >%s\n%s\n", pid_path, scripts[i]);
		write_text(script, text);
		assert_null(credentials_current(c, 1000, &err));
		assert_int_equal(err.code, ERR_MAX_DURATION);
		assert_true(monotonic_ms() - began_ms < 4000);
		file = fopen(pid_path, "r");
		assert_non_null(file);
		assert_int_equal(fscanf(file, "%d", &pid), 1);
		(void)fclose(file);
		assert_int_equal(kill(pid, 0), -1);
		credentials_free(c);
	}
	aws_config_free(config);
}

/* Counts its runs, so that a refresh is seen. */
static void test_refresh(void **state)
{
	char script[128], text[512];
	struct err err = ERR_INIT;
	struct aws_config *config;
	struct credentials_settings settings = {0};
	struct credentials *c;
	const struct credential *now;
	int64_t expiry;

	(void)state;
	assert_int_equal(time_parse("2030-01-01T00:00:00Z", &expiry), 0);
	(void)snprintf(script, sizeof(script), "%s/print", dir);
	(void)snprintf(text, sizeof(text),
	               "echo x >> %s\nn=$(wc -l < %s)\n"
	               "echo \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"K$n\\\","
	               "\\\"SecretAccessKey\\\":\\\"s\\\",\\\"Expiration\\\":"
	               "\\\"203$((n-1))-01-01T00:00:00Z\\\"}\"\n",
	               credentials_path, credentials_path);
	write_text(credentials_path, "");
	write_text(script, text);
	(void)snprintf(text, sizeof(text), "[default]\ncredential_process = sh %s\n", script);
	write_text(config_path, text);
	environment[0].value = "/nonexistent/credentials";
	config = aws_config_load(NULL, fake_env, &err);
	assert_non_null(config);
	settings.config = config;
	c = credentials_new(&settings, &err);
	now = credentials_current(c, expiry - 3600000, &err);
	assert_string_equal(now->access_key, "K1");
	assert_string_equal(credentials_current(c, expiry - 901000, &err)->access_key, "K1");
	now = credentials_current(c, expiry - 899000, &err);
	assert_string_equal(now->access_key, "K2");
	assert_int_equal(now->generation, 2);
	/* Somebody else's refresh has happened meanwhile. */
	assert_int_equal(credentials_refresh(c, 1, expiry, &err), 0);
	assert_string_equal(credentials_current(c, expiry, &err)->access_key, "K2");
	assert_int_equal(credentials_refresh(c, 2, expiry, &err), 0);
	assert_string_equal(credentials_current(c, expiry, &err)->access_key, "K3");
	credentials_free(c);
	aws_config_free(config);
}

static void test_refresh_of_fixed_keys(void **state)
{
	struct err err = ERR_INIT;
	struct aws_config *config;
	struct credentials_settings settings = {0};
	struct credentials *c;

	(void)state;
	set_env(0, "AWS_ACCESS_KEY_ID", "ENV");
	set_env(1, "AWS_SECRET_ACCESS_KEY", "s3cret");
	config = aws_config_load(NULL, fake_env, &err);
	settings.config = config;
	c = credentials_new(&settings, &err);
	assert_non_null(credentials_current(c, 0, &err));
	assert_int_equal(credentials_refresh(c, 1, 0, &err), -1);
	assert_int_equal(err.code, ERR_AUTH);
	credentials_free(c);
	settings.anonymous = true;
	c = credentials_new(&settings, &err);
	assert_string_equal(credentials_current(c, 0, &err)->access_key, "");
	credentials_free(c);
	aws_config_free(config);
}

/* Whoever logs in anew while a sync runs writes the new keys to the file. */
static void test_refresh_of_files(void **state)
{
	struct err err = ERR_INIT;
	struct aws_config *config;
	struct credentials_settings settings = {0};
	struct credentials *c;

	(void)state;
	write_text(credentials_path, "[p]\naws_access_key_id=A\naws_secret_access_key=s3cret\n"
	                             "aws_session_token=t1\n");
	config = aws_config_load("p", fake_env, &err);
	settings.config = config;
	c = credentials_new(&settings, &err);
	assert_string_equal(credentials_current(c, 0, &err)->session_token, "t1");
	assert_int_equal(credentials_refresh(c, 1, 0, &err), -1);
	assert_int_equal(err.code, ERR_AUTH);
	write_text(credentials_path, "[p]\naws_access_key_id=B\naws_secret_access_key=s3cret\n"
	                             "aws_session_token=t2\n");
	assert_int_equal(
		credentials_refresh(c, credentials_current(c, 0, &err)->generation, 0, &err), 0);
	assert_string_equal(credentials_current(c, 0, &err)->access_key, "B");
	assert_string_equal(credentials_current(c, 0, &err)->session_token, "t2");
	/* A file that is just not there: what was known stays, and is told to have expired. */
	assert_int_equal(unlink(credentials_path), 0);
	assert_int_equal(
		credentials_refresh(c, credentials_current(c, 0, &err)->generation, 0, &err), -1);
	assert_string_equal(credentials_current(c, 0, &err)->access_key, "B");
	credentials_free(c);
	aws_config_free(config);
}

/* Names in quotes and with spaces, comments, lines that go on, prefixes where none belongs. */
static void test_sections(void **state)
{
	(void)state;
	write_text(config_path, "[profile \"my prod\"] # mine\naws_access_key_id = Q ; no\n"
	                        "\taws_access_key_id = GOES ON\n; aws_access_key_id = COMMENT\n"
	                        "aws_secret_access_key = s3cret;#=\n"
	                        "[profile plain]\naws_access_key_id=A\n"
	                        "aws_secret_access_key='s3cret'\n[ profile   'one' ]\n"
	                        "aws_access_key_id=O\naws_secret_access_key=s3cret\n");
	write_text(credentials_path, "[profile plain]\naws_access_key_id=WRONG\n"
	                             "aws_secret_access_key=s3cret\n");
	expect("my prod", "Q", "s3cret;#=", "", ERR_NONE);
	expect("one", "O", "s3cret", "", ERR_NONE);
	/* Quotes around a value belong to it, as for AWS's own tools. */
	expect("plain", "A", "'s3cret'", "", ERR_NONE);
	expect("prod", NULL, NULL, NULL, ERR_CONFIG);
}

static void test_settings(void **state)
{
	struct err err = ERR_INIT;
	struct aws_config *config;

	(void)state;
	write_text(config_path, "[default]\nregion = eu-west-1 # here\nservices = local\n"
	                        "endpoint_url = https://profile.example\nca_bundle=/ca.pem\n"
	                        "[services local]\ns3 =\n  endpoint_url = https://service.example\n"
	                        "  max = 1\nsts =\n  endpoint_url = https://sts.example\n");
	config = aws_config_load(NULL, fake_env, &err);
	assert_string_equal(aws_config_region(config), "eu-west-1");
	assert_string_equal(aws_config_endpoint_url(config, "s3"), "https://service.example");
	assert_string_equal(aws_config_ca_bundle(config), "/ca.pem");
	set_env(0, "AWS_ENDPOINT_URL", "https://env.example");
	set_env(1, "AWS_DEFAULT_REGION", "r2");
	set_env(2, "AWS_CA_BUNDLE", "/env.pem");
	assert_string_equal(aws_config_endpoint_url(config, "s3"), "https://env.example");
	assert_string_equal(aws_config_region(config), "r2");
	assert_string_equal(aws_config_ca_bundle(config), "/env.pem");
	set_env(3, "AWS_ENDPOINT_URL_S3", "https://s3.example");
	set_env(4, "AWS_REGION", "r1");
	assert_string_equal(aws_config_endpoint_url(config, "s3"), "https://s3.example");
	assert_string_equal(aws_config_region(config), "r1");
	set_env(3, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE");
	assert_null(aws_config_endpoint_url(config, "s3"));
	aws_config_free(config);
}

static int collect(void *context, const char *section, const char *key, const char *value,
                   unsigned line, struct err *err)
{
	(void)line;
	(void)err;
	return str_addf(context, "%s|%s|%s\n", section, key, value);
}

static void test_ini(void **state)
{
	static const char text[] = "\xef\xbb\xbf[a]\nk=v=w\nK2 = x;y ;z\nno equals\n= empty\n"
				   "p =\n  s = 1\n\tt=2\nq=1\n  more = 3\n[b c]  ;x\n[]\nlost=1\n"
				   "[d]\nlast=1";
	AUTO_STR struct str out = STR_INIT(1000);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(ini_parse(text, sizeof(text) - 1, INI_AWS, collect, &out, &err), 0);
	assert_string_equal(str_text(&out),
	                    "a||\na|k|v=w\na|k2|x;y\na|p|\na|p.s|1\na|p.t|2\na|q|1\nb c||\nd||\n"
	                    "d|last|1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_environment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shared_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_config_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_process_hangs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refresh, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refresh_of_fixed_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refresh_of_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sections, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
		cmocka_unit_test(test_ini),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
