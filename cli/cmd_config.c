#include "cli/command.h"

#include "base/cleanup.h"
#include "base/ini_edit.h"
#include "cli/config_editor.h"
#include "cli/config_file.h"
#include "cli/config_key.h"

#include <stdio.h>
#include <string.h>

static void print_entry(const struct cli *cli, const struct config_entry *entry, bool with_key)
{
	AUTO_STR struct str line = STR_INIT(1 << 16), text = STR_INIT(1 << 16);

	if (cli->report.output == REPORT_JSON) {
		report_json_begin("config");
		report_json_text("section", entry->section);
		report_json_text("key", entry->key);
		report_json_text("value", entry->value);
		report_json_text("file", entry->file);
		(void)printf(",\"line\":%u}\n", entry->line);
		return;
	}
	if (option_flag(&cli->options, OPT_SHOW_ORIGIN))
		(void)str_addf(&text, "%s:%u\t", entry->file, entry->line);
	if (with_key)
		(void)str_addf(&text, "%s.%s=", entry->section, entry->key);
	(void)str_adds(&text, entry->value);
	for (const char *p = str_text(&text), *tab; *p; p = *tab ? tab + 1 : tab) {
		tab = p + strcspn(p, "\t");
		(void)str_add_printable(&line, p, (size_t)(tab - p));
		if (*tab)
			(void)str_addc(&line, '\t');
	}
	(void)printf("%s\n", str_text(&line));
}

static void list(const struct cli *cli)
{
	const struct config *files[] = {&cli->user_config, &cli->root_config};

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < files[k]->count; i++)
			if (*files[k]->entries[i].key)
				print_entry(cli, &files[k]->entries[i], true);
}

static const struct config_entry *in_force(const struct cli *cli, const struct config_key *key)
{
	const struct config_entry *entry = config_get(&cli->root_config, key->section, key->name);

	return entry ? entry : config_get(&cli->user_config, key->section, key->name);
}

static int get(const struct cli *cli, const struct config_key *key, struct err *err)
{
	const struct config_entry *entry = in_force(cli, key);

	if (!entry)
		return err_set(err, ERR_NOT_FOUND, "%.200s.%.100s is not set in the configuration",
		               key->section, key->name);
	print_entry(cli, entry, false);
	return 0;
}

/* Where the root is can be said in the user's file alone. */
static enum config_place place_of(const struct config_key *key)
{
	bool of_root = strcmp(key->section, "core") == 0 && strcmp(key->name, "root") == 0;

	return of_root ? PLACE_USER : PLACE_ANY;
}

static void tell_change(const struct cli *cli, const char *event, const struct config_key *key,
                        const char *value, const char *file)
{
	AUTO_STR struct str name = STR_INIT(4096);

	(void)str_addf(&name, "%s.%s", key->section, key->name);
	if (cli->report.output == REPORT_JSON) {
		report_json_begin(event);
		report_json_text("key", str_text(&name));
		report_json_text("value", value);
		report_json_text("file", file);
		(void)printf("}\n");
	} else {
		event_log(&cli->sink, 1, "%s: %s %s", file, str_text(&name),
		          value ? "is set" : "is gone");
	}
}

static int set_in(struct config_file *f, const struct config_key *key, const char *value,
                  struct err *err)
{
	struct config after = {NULL, 0, 0};
	int result = ini_set(&f->text, key->header, key->name, value, err);

	if (result == 0)
		result = config_file_check(f, &after, command_section, err);
	if (result == 0 && strncmp(key->section, "remote.", 7) == 0)
		result = remote_check(&after, key->section + 7, err);
	config_release(&after);
	return result < 0 ? -1 : config_file_save(f, err);
}

static int set(const struct cli *cli, const struct config_key *key, const char *value,
               struct err *err)
{
	AUTO_FREE char *path = config_file_choose(cli, place_of(key), err);
	struct config_file f;
	int result;

	if (!path)
		return -1;
	if (config_check_pair(command_section, key->header, key->name, value, err) < 0) {
		if (err->code == ERR_CONFIG)
			err->code = ERR_USAGE;
		return -1;
	}
	result = config_file_open(&f, path, CONFIG_OPTIONAL, err);
	if (result == 0)
		result = set_in(&f, key, value, err);
	if (result == 0)
		tell_change(cli, "config_set", key, value, f.path);
	config_file_close(&f);
	return result;
}

/* It may be in the other file: then that is named. */
static int not_there(const struct cli *cli, const struct config_key *key, const char *path,
                     struct err *err)
{
	const struct config_entry *entry = in_force(cli, key);

	if (entry)
		return err_set(err, ERR_NOT_FOUND,
		               "%.200s.%.100s is not set in %.300s, but in %.300s%s", key->section,
		               key->name, path, entry->file,
		               option_flag(&cli->options, OPT_USER) ? "" : " (--user)");
	return err_set(err, ERR_NOT_FOUND, "%.200s.%.100s is not set in %.300s", key->section,
	               key->name, path);
}

static int unset(const struct cli *cli, const struct config_key *key, struct err *err)
{
	AUTO_FREE char *path = config_file_choose(cli, place_of(key), err);
	struct config_file f;
	size_t removed = 0;
	int result;

	if (!path)
		return -1;
	result = config_file_open(&f, path, CONFIG_REQUIRED, err);
	if (result == 0)
		result = ini_unset(&f.text, key->header, key->name, &removed, err);
	if (result < 0 ? err->code == ERR_NOT_FOUND : removed == 0)
		result = not_there(cli, key, path, err);
	if (result == 0)
		result = config_file_save(&f, err);
	if (result == 0)
		tell_change(cli, "config_unset", key, NULL, f.path);
	config_file_close(&f);
	return result;
}

enum verb { LIST, GET, SET, UNSET, EDIT, VERBS };

/* The verbs that are about a key. */
static int with_key(struct cli *cli, enum verb verb, struct err *err)
{
	const char *const *operands = cli->options.operands;
	struct config_key key;
	int result = config_key_parse(&key, operands[1], command_section, err);

	if (result == 0 && verb == GET)
		result = get(cli, &key, err);
	else if (result == 0 && verb == SET)
		result = set(cli, &key, operands[2], err);
	else if (result == 0)
		result = unset(cli, &key, err);
	config_key_release(&key);
	return result;
}

int cmd_config(struct cli *cli, struct err *err)
{
	static const struct {
		const char *name;
		size_t operands; /* with itself */
	} verbs[VERBS] = {[LIST] = {"list", 1},
	                  [GET] = {"get", 2},
	                  [SET] = {"set", 3},
	                  [UNSET] = {"unset", 2},
	                  [EDIT] = {"edit", 1}};
	const char *name = cli->options.operands[0];
	int verb = 0;

	while (verb < VERBS && strcmp(verbs[verb].name, name) != 0)
		verb++;
	if (verb == VERBS)
		return command_unknown_verb(cli->command, name, err);
	if (cli_check_operands(cli, verbs[verb].operands, verbs[verb].operands, err) < 0)
		return -1;
	if (verb == EDIT)
		return config_editor_run(cli, command_section, err);
	if (verb != LIST)
		return with_key(cli, (enum verb)verb, err);
	list(cli);
	return 0;
}
