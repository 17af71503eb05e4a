#include "cli/command.h"

#include "base/cleanup.h"
#include "base/ini_edit.h"
#include "cli/config_file.h"
#include "cli/config_key.h"
#include "cli/remote_learned.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "remote."

enum { NAME_WIDTH = 12 };

/* A file may hold anything, and must not disturb the terminal. */
static void print_line(const struct cli *cli, const struct config_entry *entry, const char *text)
{
	AUTO_STR struct str line = STR_INIT(1 << 20);

	if (option_flag(&cli->options, OPT_SHOW_ORIGIN)) {
		(void)str_add_printable(&line, entry->file, strlen(entry->file));
		(void)str_addf(&line, ":%u\t", entry->line);
	}
	(void)str_add_printable(&line, text, strlen(text));
	(void)printf("%s\n", str_text(&line));
}

/* Prints "key = value" of each setting but the url, or a member of JSON; a stronger file hides what
 * a weaker one says. */
static void print_settings(const struct cli *cli, const char *section)
{
	const struct config *files[] = {&cli->root_config, &cli->user_config};
	bool json = cli->report.output == REPORT_JSON;
	AUTO_STR struct str text = STR_INIT(1 << 20);
	const char *comma = "";

	for (int i = 0; i < OPTION_COUNT; i++) {
		char name[CONFIG_KEY_MAX];
		const struct config_entry *entry = NULL;

		(void)config_key_of(&OPTION_TABLE[i], name);
		for (size_t k = 0; k < 2 && !entry; k++)
			entry = config_get(files[k], section, name);
		if (!entry)
			continue;
		if (json) {
			str_clear(&text);
			(void)str_add_json(&text, entry->value);
			(void)printf("%s\"%s\":%s", comma, name, str_text(&text));
			comma = ",";
			continue;
		}
		str_clear(&text);
		(void)str_addf(&text, "%s = %s", name, entry->value);
		print_line(cli, entry, str_text(&text));
	}
}

/* What syncs of this root have learned of it; nothing where there is no root. */
static int read_learned(struct cli *cli, const char *url, struct str *out, struct err *err)
{
	bool json = cli->report.output == REPORT_JSON;
	struct root root = ROOT_INIT;
	struct err why = ERR_INIT;
	int result;

	if (cli_open_root(cli, &root, ROOT_READ, &why) < 0)
		return 0;
	result = json ? remote_learned_json(root.db, url, out, err)
	              : remote_learned_text(root.db, url, out, err);
	root_close(&root);
	return result;
}

static void print_learned(const struct str *learned)
{
	for (const char *at = str_text(learned); *at;) {
		size_t len = strcspn(at, "\n");

		(void)printf("# %.*s\n", (int)len, at);
		at += len + (at[len] == '\n');
	}
}

/* A line, or with `whole` all that is said and known of the remote. */
static int print_remote(struct cli *cli, const char *name, bool whole, struct err *err)
{
	const struct config_entry *url =
		remote_setting(&cli->root_config, &cli->user_config, name, "url");
	const struct config_entry *endpoint =
		remote_setting(&cli->root_config, &cli->user_config, name, "endpoint_url");
	AUTO_STR struct str section = STR_INIT(4096), text = STR_INIT(1 << 20),
			    learned = STR_INIT(1 << 20);

	if (!url)
		return remote_unknown(&cli->root_config, &cli->user_config, name, err);
	if (whole && read_learned(cli, url->value, &learned, err) < 0)
		return -1;
	(void)str_addf(&section, PREFIX "%s", name);
	if (cli->report.output == REPORT_JSON) {
		report_json_begin("remote_config");
		report_json_text("name", name);
		report_json_text("url", url->value);
		report_json_text("file", url->file);
		(void)printf(",\"settings\":{");
		print_settings(cli, str_text(&section));
		(void)printf("}");
		if (whole)
			(void)printf(",\"learned\":[%s]", str_text(&learned));
		(void)printf("}\n");
		return 0;
	}
	if (whole)
		(void)str_addf(&text, "url = %s", url->value);
	else
		(void)str_addf(&text, "%-*s %s%s%s", NAME_WIDTH, name, url->value,
		               endpoint ? "  at " : "", endpoint ? endpoint->value : "");
	print_line(cli, url, str_text(&text));
	if (whole) {
		print_settings(cli, str_text(&section));
		print_learned(&learned);
	}
	return 0;
}

static int list(struct cli *cli, struct err *err)
{
	const char *names[REMOTES_MAX];
	size_t count = remote_names(&cli->root_config, &cli->user_config, names);

	for (size_t i = 0; i < count; i++)
		if (print_remote(cli, names[i], false, err) < 0)
			return -1;
	return 0;
}

/* What reads well, in a section's header as well as on a command line. */
static int check_name(const char *name, struct err *err)
{
	const char *p = name;

	while (isalnum((unsigned char)*p) || (p > name && *p && strchr("._-", *p)))
		p++;
	if (!*p && p > name && p - name <= 100)
		return 0;
	return err_set(
		err, ERR_USAGE,
		"'%.100s' is no name for a remote: letters, digits, and behind the first . _ -",
		name);
}

/* The value of an option as a file has it. */
static int add_value(const struct options *o, const struct option_spec *spec, struct str *value,
                     struct err *err)
{
	const struct option_value *given = &o->values[spec->id];
	char cwd[4096];

	switch (spec->type) {
	case OPTION_FLAG:
	case OPTION_COUNT_UP:
		(void)str_adds(value, option_flag(o, spec->id) ? "yes" : "no");
		break;
	case OPTION_OPTIONAL:
		if (*given->values[0])
			(void)str_adds(value, given->values[0]);
		else
			(void)str_add(value, spec->choices, strcspn(spec->choices, "|"));
		break;
	case OPTION_LIST:
		for (size_t i = 0; i < given->count; i++) {
			if (strpbrk(given->values[i], ", \t"))
				return err_set(
					err, ERR_USAGE,
					"--%s: '%.200s' cannot stand in a configuration, where "
					"commas and white space separate values",
					spec->name, given->values[i]);
			(void)str_addf(value, "%s%s", i ? "," : "", given->values[i]);
		}
		break;
	case OPTION_PATH: /* the configuration is read in other working directories */
		if (given->values[0][0] != '/') {
			if (!getcwd(cwd, sizeof(cwd)))
				return err_sys(err, "working directory");
			(void)str_addf(value, "%s/", cwd);
		}
		(void)str_adds(value, given->values[0]);
		break;
	case OPTION_TEXT:
	case OPTION_NUMBER:
	case OPTION_SIZE:
	case OPTION_RATE:
	case OPTION_DURATION:
	case OPTION_CHOICE:
		(void)str_adds(value, given->values[0]);
		break;
	}
	return str_check(value, spec->name, err);
}

static bool is_setting(const struct options *o, const struct option_spec *spec)
{
	return spec->commands != CMD_ANY && (spec->commands & CMD_REMOTES) &&
	       (spec->commands & CMD_BUCKET) && option_given(o, spec->id);
}

static int put_settings(const struct cli *cli, struct config_file *f, const char *header,
                        const char *url, struct err *err)
{
	if (url && (config_check_pair(command_section, header, "url", url, err) < 0 ||
	            ini_set(&f->text, header, "url", url, err) < 0))
		return -1;
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *spec = &OPTION_TABLE[i];
		AUTO_STR struct str value = STR_INIT(1 << 16);
		char key[CONFIG_KEY_MAX];

		if (!is_setting(&cli->options, spec))
			continue;
		(void)config_key_of(spec, key);
		if (add_value(&cli->options, spec, &value, err) < 0 ||
		    config_check_pair(command_section, header, key, str_text(&value), err) < 0 ||
		    ini_set(&f->text, header, key, str_text(&value), err) < 0)
			return -1;
	}
	return 0;
}

enum change { ADDED, CHANGED, REMOVED };

static void tell_change(struct cli *cli, enum change change, const char *name, const char *file)
{
	static const char *const verbs[] = {"added", "changed", "removed"};

	if (cli->report.output == REPORT_JSON) {
		report_json_begin(change == REMOVED ? "remote_removed" : "remote_changed");
		report_json_text("name", name);
		report_json_text("file", file);
		if (change != REMOVED)
			(void)printf(",\"added\":%s", change == ADDED ? "true" : "false");
		(void)printf("}\n");
	}
	report_say(&cli->report, "%s remote %s (%s)", verbs[change], name, file);
}

/* `url` NULL: it stays. */
static int write_remote(struct cli *cli, enum change change, const char *path, const char *name,
                        const char *url, struct err *err)
{
	AUTO_STR struct str section = STR_INIT(4096);
	AUTO_FREE char *header = NULL;
	struct config after = {NULL, 0, 0};
	struct config_file f;
	int result;

	(void)str_addf(&section, PREFIX "%s", name);
	header = config_header(str_text(&section));
	if (!header)
		return err_memory(err);
	result = config_file_open(&f, path, CONFIG_OPTIONAL, err);
	if (result == 0)
		result = put_settings(cli, &f, header, url, err);
	if (result == 0)
		result = config_file_check(&f, &after, command_section, err);
	if (result == 0)
		result = remote_check(&after, name, err);
	if (result == 0)
		result = config_file_save(&f, err);
	if (result == 0)
		tell_change(cli, change, name, f.path);
	else if (err->code == ERR_CONFIG)
		err->code = ERR_USAGE;
	config_release(&after);
	config_file_close(&f);
	return result;
}

static int add(struct cli *cli, const char *name, const char *url, struct err *err)
{
	AUTO_FREE char *path = NULL;
	const struct config_entry *there =
		remote_setting(&cli->root_config, &cli->user_config, name, "url");

	if (check_name(name, err) < 0)
		return -1;
	if (there)
		return err_set(err, ERR_USAGE,
		               "there is a remote %s already, in %.300s (remote set changes it)",
		               name, there->file);
	path = config_file_choose(cli, PLACE_ANY, err);
	return path ? write_remote(cli, ADDED, path, name, url, err) : -1;
}

static bool is_said_in(const struct config *c, const char *name)
{
	AUTO_STR struct str section = STR_INIT(4096);

	(void)str_addf(&section, PREFIX "%s", name);
	return config_get(c, str_text(&section), "") != NULL;
}

/* The file that tells of the remote: the root's if both do, unless --user says otherwise. */
static char *find_file(const struct cli *cli, const char *name, struct err *err)
{
	bool in_root = is_said_in(&cli->root_config, name);
	bool in_user = is_said_in(&cli->user_config, name);
	bool user = option_flag(&cli->options, OPT_USER);

	if (in_root && !user)
		return config_file_choose(cli, PLACE_ROOT, err);
	if (in_user)
		return config_file_choose(cli, PLACE_USER, err);
	if (in_root)
		(void)err_set(
			err, ERR_NOT_FOUND,
			"the remote %.100s is not in the user's configuration, but in the root's",
			name);
	else
		(void)remote_unknown(&cli->root_config, &cli->user_config, name, err);
	return NULL;
}

static int set(struct cli *cli, const char *name, const char *url, struct err *err)
{
	AUTO_FREE char *path = find_file(cli, name, err);
	bool changes = url != NULL;

	if (!path)
		return -1;
	for (int i = 0; i < OPTION_COUNT; i++)
		changes = changes || is_setting(&cli->options, &OPTION_TABLE[i]);
	if (!changes)
		return err_set(
			err, ERR_USAGE,
			"nothing to set: remote set %.100s [URL] [OPTION]…; config unset " PREFIX
			"%.100s.KEY takes a setting away",
			name, name);
	return write_remote(cli, CHANGED, path, name, url, err);
}

static int remove_it(struct cli *cli, const char *name, struct err *err)
{
	AUTO_FREE char *path = find_file(cli, name, err), *header = NULL;
	AUTO_STR struct str section = STR_INIT(4096);
	struct config_file f;
	size_t removed = 0;
	int result;

	(void)str_addf(&section, PREFIX "%s", name);
	header = config_header(str_text(&section));
	if (!path)
		return -1;
	if (!header)
		return err_memory(err);
	result = config_file_open(&f, path, CONFIG_REQUIRED, err);
	if (result == 0)
		result = ini_remove_section(&f.text, header, &removed, err);
	if (result == 0)
		result = config_file_save(&f, err);
	if (result == 0)
		tell_change(cli, REMOVED, name, f.path);
	config_file_close(&f);
	return result;
}

/* Of those that only look or remove: a setting would be lost. */
static int check_no_settings(const struct options *o, struct err *err)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (is_setting(o, &OPTION_TABLE[i]))
			return err_set(err, ERR_USAGE, "--%s: only add and set take settings",
			               OPTION_TABLE[i].name);
	return 0;
}

int cmd_remote(struct cli *cli, struct err *err)
{
	enum { LIST, SHOW, ADD, SET, REMOVE, VERBS };
	static const struct {
		const char *name;
		size_t least, most; /* operands, with itself */
	} verbs[VERBS] = {[LIST] = {"list", 1, 1},
	                  [SHOW] = {"show", 2, 2},
	                  [ADD] = {"add", 3, 3},
	                  [SET] = {"set", 2, 3},
	                  [REMOVE] = {"remove", 2, 2}};
	const char *const *operands = cli->options.operands;
	const char *url = cli->options.operand_count > 2 ? operands[2] : NULL;
	int verb = 0;

	while (verb < VERBS && strcmp(verbs[verb].name, operands[0]) != 0)
		verb++;
	if (verb == VERBS)
		return command_unknown_verb(cli->command, operands[0], err);
	if (cli_check_operands(cli, verbs[verb].least, verbs[verb].most, err) < 0)
		return -1;
	if (verb == ADD)
		return add(cli, operands[1], url, err);
	if (verb == SET)
		return set(cli, operands[1], url, err);
	if (check_no_settings(&cli->options, err) < 0)
		return -1;
	if (verb == REMOVE)
		return remove_it(cli, operands[1], err);
	return verb == LIST ? list(cli, err) : print_remote(cli, operands[1], true, err);
}
