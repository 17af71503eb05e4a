/* The configuration files and what they give to options. */
#include "cli/command.h"
#include "tests/unit/unit.h"

#include <unistd.h>

static struct cli cli; /* too large for the stack */

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int read_text(const char *text, struct err *err)
{
	char path[] = "/tmp/drydock-config-XXXXXX";
	int fd = mkstemp(path), result;

	assert_true(fd >= 0);
	(void)close(fd);
	write_file(path, text);
	config_release(&cli.user_config);
	options_release(&cli.options);
	options_init(&cli.options);
	result = config_read(&cli.user_config, path, CONFIG_REQUIRED, command_section, err);
	(void)unlink(path);
	return result;
}

static const char SECTIONS[] = "[core]\nroot = /srv/r\n"
			       "[remote \"prod\"]\n\turl = s3://b/p\n\tendpoint_url = http://h\n"
			       "\tpart-size = 16M\n"
			       "[remote \"other\"]\nurl = s3://c\n"
			       "[sync]\npart_size = 6M\ntransfers = 3\n";

static void test_sections(void **state)
{
	struct err err = ERR_INIT;
	const char *names[4];

	(void)state;
	assert_int_equal(read_text(SECTIONS, &err), 0);
	assert_int_equal(config_remotes(&cli.user_config, names, 4), 2);
	assert_string_equal(names[0], "prod");
	assert_string_equal(config_get(&cli.user_config, "remote.prod", "url")->value, "s3://b/p");
	/* The last line of a key counts, as it does for the url. */
	assert_int_equal(read_text("[remote \"a\"]\nurl = s3://a\npart_size = 6M\n"
	                           "[remote \"a\"]\nurl = s3://b\npart_size = 7M\npart-size = 8M\n",
	                           &err),
	                 0);
	assert_string_equal(config_get(&cli.user_config, "remote.a", "url")->value, "s3://b");
	assert_int_equal(config_apply(&cli.user_config, &cli.options, CMD_SYNC, "sync", "a", &err),
	                 0);
	assert_string_equal(option_text(&cli.options, OPT_PART_SIZE), "8M");
}

static void test_order_of_sections(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_text(SECTIONS, &err), 0);
	assert_int_equal(
		config_apply(&cli.user_config, &cli.options, CMD_SYNC, "sync", "prod", &err), 0);
	/* The remote's section beats the command's. */
	assert_string_equal(option_text(&cli.options, OPT_PART_SIZE), "16M");
	assert_string_equal(option_text(&cli.options, OPT_TRANSFERS), "3");
	assert_string_equal(option_text(&cli.options, OPT_ENDPOINT_URL), "http://h");
	assert_string_equal(option_text(&cli.options, OPT_ROOT), "/srv/r");
}

/* What [serve] says of how the tree is served is for the commands that change it. */
static void test_headers_of_serve(void **state)
{
	static const char text[] = "[serve]\nheaders = nginx:/a,apache:/b\nlog_file = /c\n"
				   "[untag]\nheaders = caddy:/d\n";
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_text(text, &err), 0);
	assert_int_equal(
		config_apply(&cli.user_config, &cli.options, CMD_STAGE, "stage", NULL, &err), 0);
	assert_int_equal(cli.options.values[OPT_HEADERS].count, 2);
	assert_string_equal(cli.options.values[OPT_HEADERS].values[1], "apache:/b");
	assert_false(option_given(&cli.options, OPT_LOG_FILE));
	assert_int_equal(read_text(text, &err), 0);
	assert_int_equal(
		config_apply(&cli.user_config, &cli.options, CMD_UNTAG, "untag", NULL, &err), 0);
	assert_int_equal(cli.options.values[OPT_HEADERS].count, 1);
	assert_string_equal(cli.options.values[OPT_HEADERS].values[0], "caddy:/d");
}

/* A flag of ls, and a folder of export. */
static void test_one_name_for_two(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_text("[ls]\ntree = yes\n[export]\ntree = /site\n", &err), 0);
	assert_int_equal(
		config_apply(&cli.user_config, &cli.options, CMD_EXPORT, "export", NULL, &err), 0);
	assert_string_equal(option_text(&cli.options, OPT_EXPORT_TREE), "/site");
	assert_false(option_given(&cli.options, OPT_TREE));
	assert_int_equal(read_text("[ls]\ntree = /site\n", &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
}

static void test_behind_a_header(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_text("[core] # all\r\nroot = x\n[ls];\ntree = yes\n[page]\t\n", &err),
	                 0);
	assert_string_equal(config_get(&cli.user_config, "core", "root")->value, "x");
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[cor]\nroot = x\n", "line 1: unknown section [cor]; did you mean core?"},
		/* FN9 */
		{"[remotes \"x\"]\nurl = s3://b\n", "did you mean [remote \"NAME\"]?"},
		{"[remoteXYZ \"x\"]\nurl = s3://b\n", "did you mean [remote \"NAME\"]?"},
		{"\n[remote prod]\nurl = s3://b\n", "line 2: unknown section [remote prod]"},
		{"[remote \"\"]\nurl = s3://b\n", "unknown section"},
		{"[remote]\nurl = s3://b\n", "did you mean [remote \"NAME\"]?"},
		{"[remote.prod]\nurl = s3://b\n", "did you mean [remote \"NAME\"]?"},
		{"[remote \"x\"]\n\nurll = s3://b\n", "line 3: [remote \"x\"] urll: unknown key; "
	                                              "did you mean url?"},
		{"[remote \"x\"]\nurl = b\n", "'b' is not s3://BUCKET"},
		{"[core]\nroott = x\n", "line 2: [core] roott: unknown key; did you mean root?"},
		{"[sync]\nendpoint-ulr = x\n", "did you mean endpoint_url?"},
		{"[stage]\nacl = private\n", "acl: not an option of stage"},
		{"[remote \"x\"]\nplatform = p\n", "not an option of commands that have a remote"},
		{"[core]\nurl = s3://b\n", "url: unknown key"},
		{"[remote \"x\"]\nurl = s3://b\nroot = /r\n",
	         "line 3: [remote \"x\"] root: it can be said in [core] alone"},
		{"[stage]\nroot = /r\n", "[stage] root: it can be said in [core] alone"},
		{"[core]\n\ngrace = 50\n", ": line 3: [core] grace: '50' is not a duration"},
		{"[sync]\nbwlimit = 2Mb\n", "line 2: [sync] bwlimit: '2Mb' is not a rate"},
		{"[sync]\ntransfers = 257\n", "transfers: '257' is not within 1 and 256"},
		{"[sync]\npart-size = 1M\n", "'1M' is not within 5MiB and 5GiB"},
		{"[sync]\ngive_up_after = 0\n", "'0' is too small: at least 1ms"},
		{"[stage]\nplatform = linux/amd64, arm64\n", "platform: 'arm64'"},
		{"[remote \"x\"]\nendpoint_url = s3.example.com\n", "it has no scheme"},
		{"[remote \"x\"]\nurl = s3://b/a//p\n", "[remote \"x\"] url: the prefix"},
		{"[remote \"x\"]\nurl = s3://b!\n", "[remote \"x\"] url: \"b!\" is no bucket"},
		{"[core]\nhelp = yes\n", "help"},
		{"[core]\nroot\n", "line 2"},
		{"[core\nroot = x\n", "line 1"},
		{"# one\n[core] root = x\n", "line 2: text behind the ]"},
		{"[core]\rroot = x\r", "line 1: text behind the ]"}, /* of an old Mac */
		{"root = x\n", "line 1"},
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(cases[i].text, &err), -1);
		assert_int_equal(err.code, ERR_CONFIG);
		if (!strstr(err.message, cases[i].message))
			fail_msg("'%s' does not say '%s'", err.message, cases[i].message);
	}
	assert_int_equal(config_read(&cli.user_config, "/nonexistent/x", CONFIG_REQUIRED,
	                             command_section, &err),
	                 -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(config_read(&cli.user_config, "/nonexistent/x", CONFIG_OPTIONAL,
	                             command_section, &err),
	                 0);
}

/* What takes any text. */
static bool is_free(const struct option_spec *spec)
{
	static const enum option_id ids[] = {OPT_FROM,
	                                     OPT_IMAGE,
	                                     OPT_PROFILE,
	                                     OPT_SSE_KMS_KEY_ID,
	                                     OPT_STORAGE_CLASS,
	                                     OPT_CACHE_CONTROL_DIGEST,
	                                     OPT_CACHE_CONTROL_TAG,
	                                     OPT_TITLE};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] == spec->id)
			return true;
	return spec->type == OPTION_PATH;
}

/* Every section refuses nonsense of every key that it takes, whatever command runs. */
static void test_every_value_is_checked(void **state)
{
	static const char nonsense[] = "{'";
	const char *headers[64] = {"core", "remote \"x\""};
	unsigned commands[64] = {CMD_ANY, CMD_REMOTE | CMD_STATUS};
	size_t count = 2, refused = 0;
	unsigned bit;

	(void)state;
	for (size_t i = 0; command_section(i, &bit); i++)
		if (bit != CMD_REMOTES) {
			commands[count] = bit;
			headers[count++] = command_section(i, &bit);
		}
	for (size_t i = 0; i < count * OPTION_COUNT; i++) {
		const struct option_spec *spec = &OPTION_TABLE[i % OPTION_COUNT];
		const char *header = headers[i / OPTION_COUNT];
		char key[CONFIG_KEY_MAX], text[200];
		struct err err = ERR_INIT;

		(void)config_key_of(spec, key);
		if (option_find(key, strlen(key), commands[i / OPTION_COUNT]) != spec ||
		    is_free(spec) ||
		    config_check_pair(command_section, header, key, NULL, &err) < 0)
			continue;
		(void)snprintf(text, sizeof(text), "[%s]\n%s = %s\n", header, key, nonsense);
		if (read_text(text, &err) == 0 || err.code != ERR_CONFIG ||
		    !strstr(err.message, "line 2: [") || !strstr(err.message, key))
			fail_msg("[%s] %s = %s: %s", header, key, nonsense, err.message);
		if (config_check_pair(command_section, header, key, nonsense, &err) == 0)
			fail_msg("config set %s.%s %s", header, key, nonsense);
		refused++;
	}
	assert_true(refused > 200);
}

static int choose(const char *operand, struct remote_choice *choice, struct err *err)
{
	return remote_choose(&cli.root_config, &cli.user_config, operand, NULL, choice, err);
}

static void test_choice_of_remote(void **state)
{
	static const char two[] = "[remote \"a\"]\nurl = s3://a\n[remote \"b\"]\nurl = s3://b\n";
	static const char with_default[] = "[remote \"a\"]\nurl = s3://a\n"
					   "[remote \"default\"]\nurl = s3://d\n";
	struct remote_choice choice;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_text("[remote \"a\"]\nurl = s3://a\n", &err), 0);
	assert_int_equal(choose(NULL, &choice, &err), 0);
	assert_string_equal(choice.url, "s3://a");
	assert_int_equal(choose("s3://x/y", &choice, &err), 0);
	assert_string_equal(choice.url, "s3://x/y");
	assert_null(choice.name);
	assert_int_equal(choose("zzz", &choice, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(read_text(two, &err), 0);
	assert_int_equal(choose(NULL, &choice, &err), -1);
	assert_int_equal(choose("b", &choice, &err), 0);
	assert_string_equal(choice.url, "s3://b");
	assert_int_equal(read_text(with_default, &err), 0);
	assert_int_equal(choose(NULL, &choice, &err), 0);
	assert_string_equal(choice.url, "s3://d");
	assert_int_equal(read_text("[core]\n", &err), 0);
	assert_int_equal(choose(NULL, &choice, &err), 0);
	assert_null(choice.url);
}

/* FN1: a URL means the remote that has it, or one of its bucket. */
static void test_remote_of_a_url(void **state)
{
	static const char text[] =
		"[remote \"whole\"]\nurl = s3://one/\nendpoint-url = http://h\n"
		"[remote \"part\"]\nurl = s3://one/p\n"
		"[remote \"here\"]\nurl = s3://two\nendpoint_url = http://here\n"
		"[remote \"there\"]\nurl = s3://two\nendpoint_url = http://there\n"
		"[remote \"x\"]\nurl = s3://three/x\n[remote \"y\"]\nurl = s3://three/y\n"
		"[remote \"alone\"]\nurl = s3://four/q\n";
	static const struct {
		const char *operand, *endpoint, *name; /* of the remote; NULL: none is meant */
	} cases[] = {
		{"s3://one", NULL, "whole"},
		{"s3://one//", NULL, "whole"},
		{"s3://one/p/", NULL, "part"},
		{"s3://one/other", NULL, "whole"},
		{"s3://on", NULL, NULL},
		{"s3://one", "http://h/", "whole"},
		{"s3://one", "http://elsewhere", NULL},
		{"s3://two", "http://there", "there"},
		{"s3://three/y", NULL, "y"},
		{"s3://three", "http://h", NULL},
		{"s3://four", NULL, "alone"},
	};
	static const char *const ambiguous[] = {"s3://two", "s3://three", "s3://three/z"};
	struct remote_choice choice;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_text(text, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(remote_choose(&cli.root_config, &cli.user_config, cases[i].operand,
		                               cases[i].endpoint, &choice, &err),
		                 0);
		assert_string_equal(choice.url, cases[i].operand);
		assert_string_equal(choice.name ? choice.name : "",
		                    cases[i].name ? cases[i].name : "");
	}
	for (size_t i = 0; i < sizeof(ambiguous) / sizeof(ambiguous[0]); i++) {
		assert_int_equal(choose(ambiguous[i], &choice, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_non_null(strstr(err.message, i ? "x, y" : "here, there"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_order_of_sections),
		cmocka_unit_test(test_headers_of_serve),
		cmocka_unit_test(test_one_name_for_two),
		cmocka_unit_test(test_behind_a_header),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_choice_of_remote),
		cmocka_unit_test(test_remote_of_a_url),
		cmocka_unit_test(test_every_value_is_checked),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	config_release(&cli.user_config);
	options_release(&cli.options);
	return failed;
}
