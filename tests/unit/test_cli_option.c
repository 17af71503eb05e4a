/* The option table and what is read through it. */
#include "base/str.h"
#include "cli/help_order.h"
#include "cli/option.h"
#include "cli/option_check.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static struct options options; /* too large for the stack */

static int parse(unsigned command, const char *const *words, struct err *err)
{
	static char *argv[32];
	int argc = 0;

	options_release(&options);
	options_init(&options);
	while (words[argc]) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	return options_parse(&options, command, argc, argv, err);
}
#define PARSE(command, err, ...) parse(command, (const char *const[]){__VA_ARGS__, NULL}, err)

static void test_operands_and_options_mix(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(PARSE(CMD_STAGE, &err, "a.tar", "-t", "x:1", "b.tar", "--", "-c"), 0);
	assert_int_equal(options.operand_count, 3);
	assert_string_equal(options.operands[1], "b.tar");
	assert_string_equal(options.operands[2], "-c");
	assert_string_equal(option_text(&options, OPT_NAME), "x:1");
	assert_int_equal(PARSE(CMD_STAGE, &err, "-"), 0);
	assert_string_equal(options.operands[0], "-");
}

static void test_short_options(void **state)
{
	struct err err = ERR_INIT;
	uint64_t transfers = 0;

	(void)state;
	assert_int_equal(PARSE(CMD_SYNC, &err, "-nqvv", "-j3"), 0);
	assert_true(option_flag(&options, OPT_DRY_RUN));
	assert_true(option_flag(&options, OPT_QUIET));
	assert_int_equal(option_count(&options, OPT_VERBOSE), 2);
	assert_int_equal(option_number(&options, OPT_TRANSFERS, &transfers, &err), 0);
	assert_int_equal(transfers, 3);
}

static void test_typed_values(void **state)
{
	struct err err = ERR_INIT;
	uint64_t bytes = 7;
	int64_t ms = 7;

	(void)state;
	assert_int_equal(PARSE(CMD_SYNC, &err, "--part-size=16MiB", "--max-duration", "1h30m"), 0);
	assert_int_equal(option_size(&options, OPT_PART_SIZE, &bytes, &err), 0);
	assert_int_equal(bytes, 16 << 20);
	assert_int_equal(option_duration(&options, OPT_MAX_DURATION, &ms, &err), 0);
	assert_int_equal(ms, 5400000);
	assert_int_equal(option_size(&options, OPT_BWLIMIT, &bytes, &err), 0);
	assert_int_equal(bytes, 16 << 20); /* not given: left alone */
}

static void test_optional_value(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(PARSE(CMD_SYNC, &err, "--delete", "s3://b"), 0);
	assert_int_equal(options.operand_count, 1);
	assert_int_equal(option_choice(&options, OPT_DELETE, -1), 0);
	assert_int_equal(PARSE(CMD_SYNC, &err, "--delete=foreign"), 0);
	assert_int_equal(option_choice(&options, OPT_DELETE, -1), 1);
	assert_int_equal(PARSE(CMD_SYNC, &err, "s3://b"), 0);
	assert_int_equal(option_choice(&options, OPT_DELETE, -1), -1);
}

static void test_mistakes(void **state)
{
	static const struct {
		unsigned command;
		const char *words[4];
		const char *message;
	} cases[] = {
		{CMD_SYNC, {"--no-such"}, "--no-such"},
		{CMD_LS, {"--part-size", "5M"}, "--part-size"}, /* not an option of ls */
		{CMD_SYNC, {"--part-size"}, "needs a value"},
		{CMD_SYNC, {"-j"}, "needs a value"},
		{CMD_SYNC, {"-x"}, "-x"},
		{CMD_SYNC, {"--json=1"}, "takes no value"},
		{CMD_SYNC, {"--addressing-style", "up"}, "auto|path|virtual"},
		{CMD_SYNC, {"--delete=all"}, "own|foreign"},
		{CMD_SYNC, {"--part_size=5M"}, "--part_size=5M; did you mean --part-size?"},
		{CMD_SYNC, {"--dryrun"}, "--dryrun; did you mean --dry-run?"},
		{CMD_STAGE, {"--tag=a:1"}, "--tag=a:1; did you mean --name?"}, /* docker build's */
		{CMD_LS, {"--dryrun"}, "unknown option --dryrun (see"},        /* ls has none */
		{CMD_LS, {"--acl", "private"}, "--acl is an option of other commands"},
		/* FN16: checked when it is read */
		{CMD_SYNC, {"--acl", "world"}, "'world' is not one of private|public-read|"},
		{CMD_SYNC, {"--sse", "aes"}, "AES256|aws:kms"},
		{CMD_SYNC, {"--bwlimit", "2Mb"}, "'2Mb' is not a rate"},
		{CMD_SYNC, {"--max-duration", "50"}, "--max-duration: '50' is not a duration"},
		{CMD_SYNC, {"--transfers", "many"}, "--transfers: 'many' is not a number"},
		{CMD_SYNC, {"--part-size", "5X"}, "--part-size: '5X' is not a size"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(parse(cases[i].command, cases[i].words, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_non_null(strstr(err.message, cases[i].message));
	}
}

static void test_precedence_of_sources(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(setenv("DRYDOCK_REGION", "from-env", 1), 0);
	assert_int_equal(setenv("DRYDOCK_PLATFORM", "linux/amd64, linux/arm64", 1), 0);
	assert_int_equal(setenv("DRYDOCK_JSON", "no", 1), 0);
	assert_int_equal(PARSE(CMD_SYNC, &err, "--region", "from-line"), 0);
	assert_int_equal(options_environment(&options, CMD_SYNC, &err), 0);
	assert_string_equal(option_text(&options, OPT_REGION), "from-line");
	assert_false(option_given(&options, OPT_PLATFORM)); /* not an option of sync */
	assert_int_equal(options_add(&options, OPT_JSON, "yes", "file", &err), 0);
	assert_false(option_flag(&options, OPT_JSON)); /* the environment said no */
	assert_int_equal(PARSE(CMD_STAGE, &err, "x"), 0);
	assert_int_equal(options_environment(&options, CMD_STAGE, &err), 0);
	assert_int_equal(options.values[OPT_PLATFORM].count, 2);
	assert_string_equal(options.values[OPT_PLATFORM].values[1], "linux/arm64");
	assert_int_equal(unsetenv("DRYDOCK_REGION"), 0);
	assert_int_equal(unsetenv("DRYDOCK_PLATFORM"), 0);
	assert_int_equal(unsetenv("DRYDOCK_JSON"), 0);
}

static void test_wrong_values_name_their_origin(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(PARSE(CMD_SYNC, &err, "x"), 0);
	assert_int_equal(options_add(&options, OPT_PART_SIZE, "many", "f: [core] part_size", &err),
	                 -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.message, "f: [core] part_size"));
	assert_int_equal(options_add(&options, OPT_QUIET, "maybe", "f: [core] quiet", &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
}

/* FN16: a variable of which there is no option is a mistake. */
static void test_unknown_variables(void **state)
{
	static const struct {
		const char *name, *value, *hint; /* NULL: it is no mistake */
	} cases[] = {
		{"DRYDOCK_DRYRUN", "1", "; did you mean DRYDOCK_DRY_RUN?"},
		{"DRYDOCK_REGOIN", "1", "; did you mean DRYDOCK_REGION?"},
		{"DRYDOCK_part_size", "1", "; did you mean DRYDOCK_PART_SIZE?"},
		{"DRYDOCK_HELP", "1", "DRYDOCK_HELP"},
		{"DRYDOCK_", "1", "DRYDOCK_: there is no option"},
		{"DRYDOCK_BWLIMIT", "2Mb", "DRYDOCK_BWLIMIT: '2Mb' is not a rate"},
		/* of another command */
		{"DRYDOCK_PLATFORM", "linux/amd64", NULL},
		{"DRYDOCK_PLATFORM", "linux/amd64,arm", "DRYDOCK_PLATFORM: 'arm'"},
		{"DRYDOCK_RECHECK", "maybe", "DRYDOCK_RECHECK: 'maybe' is neither yes nor no"},
		{"DRYDOCK_RECHECK", "", NULL},
		{"DRYDOCK_DEMO_URL", "1", NULL},
		{"DRYDOCK_TEST_CACHE", "1", NULL},
		{"DRYDOCKS", "1", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(setenv(cases[i].name, cases[i].value, 1), 0);
		assert_int_equal(PARSE(CMD_SYNC, &err, "x"), 0);
		assert_int_equal(options_environment(&options, CMD_SYNC, &err),
		                 cases[i].hint ? -1 : 0);
		if (cases[i].hint &&
		    (err.code != ERR_CONFIG || !strstr(err.message, cases[i].hint)))
			fail_msg("'%s' does not say '%s'", err.message, cases[i].hint);
		assert_int_equal(unsetenv(cases[i].name), 0);
	}
}

static void test_home_in_paths(void **state)
{
	const char *home = getenv("HOME");
	char *before = home ? strdup(home) : NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(setenv("HOME", "/home/me", 1), 0);
	assert_int_equal(PARSE(CMD_SYNC, &err, "--root=~/r", "--log-file", "~", "--profile", "~/x"),
	                 0);
	assert_string_equal(option_text(&options, OPT_ROOT), "/home/me/r");
	assert_string_equal(option_text(&options, OPT_LOG_FILE), "/home/me");
	assert_string_equal(option_text(&options, OPT_PROFILE), "~/x"); /* is no path */
	assert_int_equal(options_add(&options, OPT_METRICS_FILE, "~/m.prom", "file", &err), 0);
	assert_string_equal(option_text(&options, OPT_METRICS_FILE), "/home/me/m.prom");
	assert_int_equal(options_add(&options, OPT_CA_BUNDLE, "~else/ca", "file", &err), 0);
	assert_string_equal(option_text(&options, OPT_CA_BUNDLE), "~else/ca");
	assert_int_equal(unsetenv("HOME"), 0);
	assert_int_equal(PARSE(CMD_SYNC, &err, "--root=~/r"), -1);
	if (before)
		assert_int_equal(setenv("HOME", before, 1), 0);
	free(before);
}

static void test_defaults_as_a_user_writes_them(void **state)
{
	static const struct {
		enum option_type type;
		uint64_t value;
		const char *text;
	} cases[] = {
		{OPTION_NUMBER, 100000, "100000"}, {OPTION_SIZE, 5 << 20, "5MiB"},
		{OPTION_SIZE, 1536, "1536"},       {OPTION_SIZE, 1ull << 31, "2GiB"},
		{OPTION_DURATION, 600000, "10m"},  {OPTION_DURATION, 86400000, "24h"},
		{OPTION_DURATION, 1500, "1500ms"}, {OPTION_TEXT, 0, ""},
	};
	char text[UNITS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct option_spec spec = {.type = cases[i].type, .default_value = cases[i].value};

		assert_string_equal(option_default_text(&spec, text), cases[i].text);
	}
	assert_string_equal(option_default_text(&OPTION_TABLE[OPT_COMPRESS], text), "gzip:2");
}

/* The manual's prose is about options, and commands, that there are, and leaves what the table says
 * to the table. */
static void test_manual_names_what_there_is(void **state)
{
	static const char mark[] = "\n.\\\" option ";
	char *page = unit_read_source("cli/man/options.mdoc");
	bool described[OPTION_COUNT] = {false};

	(void)state;
	for (const char *p = page; (p = strstr(p, mark));) {
		char name[100] = "", command[100] = "";
		const struct option_spec *spec;

		p += strlen(mark);
		assert_true(sscanf(p, "%99[a-z-]%*1[ ]%99[a-z]", name, command) >= 1);
		spec = option_find(name, strlen(name),
		                   command_find(command) ? command_find(command)->bit : CMD_ANY);
		if (!spec || (*command && (!command_find(command) ||
		                           !(spec->commands & command_find(command)->bit))))
			fail_msg("cli/man/options.mdoc: there is no --%s %s", name, command);
		described[spec->id] = true;
	}
	for (int i = 0; i < OPTION_COUNT; i++)
		if (!described[i] && strlen(OPTION_TABLE[i].help) < 10)
			fail_msg("nothing is said about --%s", OPTION_TABLE[i].name);
	assert_null(strstr(page, "(default"));
	for (const char *p = page; (p = strstr(p, "Fl -"));) {
		size_t n;

		p += strlen("Fl -");
		n = strcspn(p, " \n");
		if (!option_find(p, n, CMD_ANY))
			fail_msg("cli/man/options.mdoc names --%.*s, which is no option", (int)n,
			         p);
	}
	free(page);
}

/* Where 0 is allowed it means what it says: so much, or so long, and no more. Else --help tells. */
static void test_zero_is_told(void **state)
{
	static const enum option_id plain[] = {OPT_LOCK_WAIT, OPT_MAX_DELETE, OPT_GRACE,
	                                       OPT_ALERT_AFTER};

	(void)state;
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *spec = &OPTION_TABLE[i];
		bool told = strstr(spec->help, "0: ") != NULL;
		struct err err = ERR_INIT;

		for (size_t k = 0; k < sizeof(plain) / sizeof(plain[0]); k++)
			told = told || plain[k] == spec->id;
		if (spec->type != OPTION_NUMBER && spec->type != OPTION_SIZE &&
		    spec->type != OPTION_RATE && spec->type != OPTION_DURATION)
			continue;
		if ((option_check(spec, "0", &err) == 0) != told)
			fail_msg("--%s 0: %s", spec->name,
			         told ? err.message : "it is allowed and not told");
	}
}

/* Help and the manual tell of each option of a command once, and of no other. */
static void test_help_order_is_complete(void **state)
{
	enum option_id order[OPTION_COUNT];

	(void)state;
	for (const struct command *c = COMMANDS; c->name; c++) {
		int told[OPTION_COUNT] = {0};

		for (int group = HELP_FIRST; group < HELP_GROUPS; group++) {
			size_t n = help_order(c, (enum help_group)group, order);

			assert_true(group != HELP_FIRST || n <= HELP_FIRST_MAX);
			for (size_t i = 0; i < n; i++)
				told[order[i]]++;
		}
		for (int i = 0; i < OPTION_COUNT; i++)
			if (told[i] != ((OPTION_TABLE[i].commands & c->bit) != 0))
				fail_msg("help %s tells of --%s %d times", c->name,
				         OPTION_TABLE[i].name, told[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operands_and_options_mix),
		cmocka_unit_test(test_short_options),
		cmocka_unit_test(test_typed_values),
		cmocka_unit_test(test_optional_value),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_precedence_of_sources),
		cmocka_unit_test(test_wrong_values_name_their_origin),
		cmocka_unit_test(test_unknown_variables),
		cmocka_unit_test(test_home_in_paths),
		cmocka_unit_test(test_defaults_as_a_user_writes_them),
		cmocka_unit_test(test_manual_names_what_there_is),
		cmocka_unit_test(test_zero_is_told),
		cmocka_unit_test(test_help_order_is_complete),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	options_release(&options);
	return failed;
}
