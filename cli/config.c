#include "cli/config.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/ini.h"

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
	}
	free(c->entries);
	memset(c, 0, sizeof(*c));
}

/* `remote "prod"` becomes remote.prod, everything else stays. */
static char *section_name(const char *section)
{
	const char *quote = strchr(section, '"'), *end = strrchr(section, '"');
	AUTO_STR struct str name = STR_INIT(1024);

	if (strncmp(section, "remote", 6) == 0 && quote && end > quote) {
		(void)str_adds(&name, "remote.");
		(void)str_add(&name, quote + 1, (size_t)(end - quote - 1));
	} else {
		(void)str_adds(&name, section);
	}
	return str_steal(&name);
}

struct reading {
	struct config *config;
	const char *path;
	config_is_command *is_command;
};

static bool section_known(const struct reading *reading, const char *section)
{
	return strncmp(section, "remote.", 7) == 0 || strcmp(section, "core") == 0 ||
	       reading->is_command(section);
}

static int add_entry(void *context, const char *section, const char *key, const char *value,
                     struct err *err)
{
	struct reading *reading = context;
	struct config *c = reading->config;
	struct config_entry entry = {NULL, NULL, NULL, NULL};
	AUTO_STR struct str origin = STR_INIT(4096);

	if (array_room(&c->entries, c->count, &c->cap, err) < 0)
		return -1;
	entry.section = section_name(section);
	if (!entry.section)
		return err_memory(err);
	if (!section_known(reading, entry.section)) {
		free(entry.section);
		return err_set(err, ERR_CONFIG, "unknown section [%.100s]", section);
	}
	(void)str_addf(&origin, "%s: [%s] %s", reading->path, section, key);
	entry.key = strdup(key);
	for (char *p = entry.key; p && *p; p++)
		if (*p == '-')
			*p = '_';
	entry.value = strdup(value);
	entry.origin = str_steal(&origin);
	c->entries[c->count++] = entry;
	return entry.key && entry.value && entry.origin ? 0 : err_memory(err);
}

int config_read(struct config *c, const char *path, enum config_need need,
                config_is_command *is_command, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(INI_FILE_MAX);
	struct reading reading = {c, path, is_command};

	/* A user's configuration may be a link into a repository of dot files: followed here. */
	AUTO_FREE char *real = realpath(path, NULL);

	if (!real && errno == ENOENT && need == CONFIG_OPTIONAL)
		return 0;
	if (!real || file_read_all(AT_FDCWD, real, &text, err) < 0) {
		if (!real)
			(void)err_sys(err, "read %s", path);
		err->code = ERR_CONFIG;
		return -1;
	}
	if (ini_parse(str_text(&text), text.len, INI_STRICT, add_entry, &reading, err) < 0)
		return err_context(err, "%s", path);
	return 0;
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

/* What one section of one place says, for options that the command takes. */
static int apply_section(const struct config *c, struct options *o, unsigned command,
                         const char *section, struct err *err)
{
	bool is_remote = strncmp(section, "remote.", 7) == 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct config_entry *entry = &c->entries[i];
		const struct option_spec *spec;

		if (strcmp(entry->section, section) != 0 || !*entry->key)
			continue;
		if (is_remote && strcmp(entry->key, "url") == 0)
			continue;
		spec = option_find(entry->key, strlen(entry->key));
		if (!spec || spec->id == OPT_HELP || spec->id == OPT_CONFIG)
			return err_set(err, ERR_CONFIG, "%s: unknown key", entry->origin);
		if ((spec->commands & command) &&
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
	if (apply_section(c, o, command, command_name, err) < 0)
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
