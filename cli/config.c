#include "cli/config.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/ini.h"
#include "base/nearest.h"
#include "cli/option_check.h"
#include "sync/s3/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void config_release(struct config *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->entries[i].section);
		free(c->entries[i].key);
		free(c->entries[i].value);
		free(c->entries[i].origin);
		free(c->entries[i].file);
	}
	free(c->entries);
	memset(c, 0, sizeof(*c));
}

struct reading {
	struct config *config;
	const char *path;
	config_command_at *command_at;
};

/* What may stand in a section: options of these commands, and of a remote its url. */
struct section {
	char *name; /* owned: "core", "stage", "remote.prod" */
	unsigned commands;
	bool is_remote;
};

#define REMOTE "remote"

/* NAME of `remote "NAME"`, *len bytes; NULL when it is not written so. */
static const char *remote_name(const char *section, size_t *len)
{
	const char *name = section + strlen(REMOTE);

	if (strncmp(section, REMOTE, strlen(REMOTE)) != 0)
		return NULL;
	name += strspn(name, " ");
	if (*name++ != '"')
		return NULL;
	*len = strcspn(name, "\"");
	return *len > 0 && strcmp(name + *len, "\"") == 0 ? name : NULL;
}

static int unknown_section(const struct reading *reading, const char *section, struct err *err)
{
	AUTO_STR struct str word = STR_INIT(1024);
	char hint[NEAREST_HINT_MAX];
	const char *command;
	struct nearest n;
	unsigned bit;

	(void)str_add(&word, section, strcspn(section, " \"."));
	nearest_init(&n, str_text(&word));
	nearest_offer(&n, REMOTE);
	nearest_offer(&n, "core");
	for (size_t i = 0; (command = reading->command_at(i, &bit)) != NULL; i++)
		nearest_offer(&n, command);
	if (strcmp(n.best, REMOTE) == 0)
		return err_set(err, ERR_CONFIG,
		               "unknown section [%.100s]; did you mean [remote \"NAME\"]?",
		               section);
	return err_set(err, ERR_CONFIG, "unknown section [%.100s]%s", section,
	               nearest_hint(&n, "", hint));
}

static int read_section(const struct reading *reading, const char *text, struct section *section,
                        struct err *err)
{
	AUTO_STR struct str name = STR_INIT(1024);
	const char *command, *remote;
	size_t len;
	unsigned bit;

	*section = (struct section){NULL, 0, false};
	remote = remote_name(text, &len);
	if (remote) {
		*section = (struct section){NULL, CMD_REMOTE | CMD_STATUS, true};
		(void)str_adds(&name, REMOTE ".");
		(void)str_add(&name, remote, len);
	} else {
		if (strcmp(text, "core") == 0)
			section->commands = CMD_ANY;
		for (size_t i = 0; (command = reading->command_at(i, &bit)) != NULL; i++)
			if (strcmp(text, command) == 0 && strcmp(text, REMOTE) != 0)
				section->commands = bit;
		(void)str_adds(&name, text);
	}
	if (!section->commands)
		return unknown_section(reading, text, err);
	section->name = str_steal(&name);
	return section->name ? 0 : err_memory(err);
}

static bool takes_key(const struct section *section, const struct option_spec *spec)
{
	if (!spec || spec->id == OPT_HELP || spec->id == OPT_CONFIG)
		return false;
	/* Which configuration counts depends on the root: no remote nor command can choose it. */
	if (spec->id == OPT_ROOT)
		return section->commands == CMD_ANY;
	/* It is about how the tree is served, whichever command changes it. */
	if (spec->id == OPT_HEADERS && section->commands == CMD_SERVE)
		return true;
	return (spec->commands & section->commands) != 0;
}

static int unknown_key(const struct section *section, const char *header, const char *key,
                       struct err *err)
{
	char hint[NEAREST_HINT_MAX];
	struct nearest n;

	if (strcmp(key, "root") == 0)
		return err_set(err, ERR_CONFIG, "[%.100s] root: it can be said in [core] alone",
		               header);
	if (option_find(key, strlen(key), section->commands))
		return err_set(err, ERR_CONFIG, "[%.100s] %s: not an option of %s", header, key,
		               section->is_remote ? "commands that have a remote" : header);
	nearest_init(&n, key);
	if (section->is_remote)
		nearest_offer(&n, "url");
	for (int i = 0; i < OPTION_COUNT; i++) {
		char key_name[CONFIG_KEY_MAX];

		if (takes_key(section, &OPTION_TABLE[i]))
			nearest_offer(&n, config_key_of(&OPTION_TABLE[i], key_name));
	}
	return err_set(err, ERR_CONFIG, "[%.100s] %s: unknown key%s", header, key,
	               nearest_hint(&n, "", hint));
}

static int check_url(const char *header, const char *value, struct err *err)
{
	struct endpoint_settings settings = {.bucket = ""};
	struct endpoint endpoint;
	AUTO_FREE char *bucket = NULL;

	if (strncmp(value, "s3://", 5) != 0 || !value[5])
		return err_set(err, ERR_CONFIG,
		               "[%.100s] url: '%.100s' is not s3://BUCKET[/PREFIX]", header, value);
	bucket = strndup(value + 5, strcspn(value + 5, "/"));
	if (!bucket)
		return err_memory(err);
	settings.bucket = bucket;
	settings.prefix = value + 5 + strlen(bucket);
	if (endpoint_make(&endpoint, &settings, err) == 0)
		return 0;
	err->code = ERR_CONFIG;
	return err_context(err, "[%.100s] url", header);
}

/* `value` NULL: the key alone. */
static int check_pair(const struct section *section, const char *header, const char *key,
                      const char *value, struct err *err)
{
	const struct option_spec *spec = option_find(key, strlen(key), section->commands);
	AUTO_STR struct str origin = STR_INIT(4096);

	if (section->is_remote && strcmp(key, "url") == 0)
		return value ? check_url(header, value, err) : 0;
	if (*key && !takes_key(section, spec))
		return unknown_key(section, header, key, err);
	if (!*key || !value)
		return 0;
	(void)str_addf(&origin, "[%.300s] %.100s", header, key);
	return option_check_text(spec, value, str_text(&origin), err);
}

void config_normalize_key(char *key)
{
	for (; *key; key++)
		if (*key == '-')
			*key = '_';
}

const char *config_key_of(const struct option_spec *spec, char key[CONFIG_KEY_MAX])
{
	(void)snprintf(key, CONFIG_KEY_MAX, "%s", spec->name);
	config_normalize_key(key);
	return key;
}

static int add_entry(void *context, const char *header, const char *key, const char *value,
                     unsigned line, struct err *err)
{
	struct reading *reading = context;
	struct config *c = reading->config;
	struct config_entry entry = {.line = line};
	AUTO_STR struct str origin = STR_INIT(4096);
	struct section section;

	if (array_room(&c->entries, c->count, &c->cap, err) < 0 ||
	    read_section(reading, header, &section, err) < 0)
		return -1;
	entry.section = section.name;
	if (check_pair(&section, header, key, value, err) < 0) {
		free(entry.section);
		return -1;
	}
	(void)str_addf(&origin, "%s: line %u: [%s] %s", reading->path, line, header, key);
	entry.key = strdup(key);
	entry.value = strdup(value);
	entry.origin = str_steal(&origin);
	entry.file = strdup(reading->path);
	if (entry.key)
		config_normalize_key(entry.key);
	c->entries[c->count++] = entry;
	return entry.key && entry.value && entry.origin && entry.file ? 0 : err_memory(err);
}

int config_read_text(struct config *c, const char *path, const char *text, size_t len,
                     config_command_at *command_at, struct err *err)
{
	struct reading reading = {c, path, command_at};

	if (ini_parse(text, len, INI_STRICT, add_entry, &reading, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

int config_check_pair(config_command_at *command_at, const char *header, const char *key,
                      const char *value, struct err *err)
{
	const struct reading reading = {NULL, NULL, command_at};
	struct section section;
	int result = read_section(&reading, header, &section, err);

	if (result == 0)
		result = check_pair(&section, header, key, value, err);
	free(section.name);
	return result;
}

int config_read(struct config *c, const char *path, enum config_need need,
                config_command_at *command_at, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(INI_FILE_MAX);

	/* A user's configuration may be a link into a repository of dot files: followed here. */
	AUTO_FREE char *real = realpath(path, NULL);

	if (!real && (errno == ENOENT || errno == ENOTDIR) && need == CONFIG_OPTIONAL)
		return 0;
	if (!real && errno == EACCES)
		return err_set(err, ERR_CONFIG, "read %s: %s: run drydock as the owner of it", path,
		               strerror(errno));
	if (!real || file_read_all(AT_FDCWD, real, &text, err) < 0) {
		if (!real)
			(void)err_sys(err, "read %s", path);
		err->code = ERR_CONFIG;
		return -1;
	}
	return config_read_text(c, path, str_text(&text), text.len, command_at, err);
}

char *config_user_path(const char *given)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	AUTO_STR struct str path = STR_INIT(4096);

	if (given)
		return strdup(given);
	if (xdg && *xdg)
		(void)str_addf(&path, "%s/drydock/config", xdg);
	else if (home && *home)
		(void)str_addf(&path, "%s/.config/drydock/config", home);
	else
		return NULL;
	return str_steal(&path);
}

const struct config_entry *config_get(const struct config *c, const char *section, const char *key)
{
	const struct config_entry *found = NULL;

	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->entries[i].section, section) == 0 &&
		    strcmp(c->entries[i].key, key) == 0)
			found = &c->entries[i];
	return found;
}

/* What [serve] says of how the tree is served is for those who change it. */
static int apply_headers(const struct config *c, struct options *o, struct err *err)
{
	const struct config_entry *entry = config_get(c, "serve", OPTION_TABLE[OPT_HEADERS].name);

	return entry ? options_add(o, OPT_HEADERS, entry->value, entry->origin, err) : 0;
}

/* What one section of one place says, for options that the command takes. */
static int apply_section(const struct config *c, struct options *o, unsigned command,
                         const char *section, struct err *err)
{
	bool is_remote = strncmp(section, "remote.", 7) == 0;

	/* The first to be added counts, and in a file the last one does. */
	for (size_t i = c->count; i-- > 0;) {
		const struct config_entry *entry = &c->entries[i];
		const struct option_spec *spec;

		if (strcmp(entry->section, section) != 0 || !*entry->key)
			continue;
		if (is_remote && strcmp(entry->key, "url") == 0)
			continue;
		spec = option_find(entry->key, strlen(entry->key), command);
		if (spec && (spec->commands & command) &&
		    options_add(o, spec->id, entry->value, entry->origin, err) < 0)
			return -1;
	}
	return 0;
}

int config_apply(const struct config *c, struct options *o, unsigned command,
                 const char *command_name, const char *remote, struct err *err)
{
	char section[300];

	if (remote) {
		(void)snprintf(section, sizeof(section), "remote.%s", remote);
		if (apply_section(c, o, command, section, err) < 0)
			return -1;
	}
	if (apply_section(c, o, command, command_name, err) < 0 || apply_headers(c, o, err) < 0)
		return -1;
	return apply_section(c, o, command, "core", err);
}

size_t config_remotes(const struct config *c, const char **names, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++) {
		const char *section = c->entries[i].section;
		bool seen = false;

		if (strncmp(section, "remote.", 7) != 0 || strcmp(c->entries[i].key, "url") != 0)
			continue;
		for (size_t k = 0; k < count; k++)
			seen = seen || strcmp(names[k], section + 7) == 0;
		if (!seen && count < max)
			names[count++] = section + 7;
	}
	return count;
}
