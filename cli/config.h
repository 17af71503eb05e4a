/*
 * config: the configuration files, git-style INI:
 *
 *     [core]            options of every command        root = /srv/registry
 *     [stage] [sync] …  options of one command          platform = linux/amd64
 *     [remote "prod"]   where a bucket is, and options  url = s3://my-registry
 *                       of sync for it                  endpoint_url = https://…
 *
 * Keys are long option names, with '-' or '_'. ROOT/.drydock/config beats the user's
 * $XDG_CONFIG_HOME/drydock/config; within a file [remote] beats the command's section, and that
 * beats [core]. A section or key that is unknown, or that the section's command does not take, and
 * a value that is none for its key (cli/option_check.h) are ERR_CONFIG, whatever command runs: a
 * typo should not pass silently. The message names file, line and the nearest word that is known,
 * or what the value may be.
 */
#ifndef DRYDOCK_CLI_CONFIG_H
#define DRYDOCK_CLI_CONFIG_H

#include "base/err.h"
#include "cli/option.h"

#include <stddef.h>

struct config_entry {  /* all owned */
	char *section; /* "core", "stage", "remote.prod" */
	char *key;     /* with '_' for '-' */
	char *value;
	char *origin; /* "FILE: line 3: [remote "prod"] url" */
	char *file;
	unsigned line; /* from 1 */
};

struct config {
	struct config_entry *entries; /* owned; in file order */
	size_t count, cap;
};

void config_release(struct config *c);

/*
 * Besides [core] and [remote …] there is a section for each command: the i-th one's name, and its
 * bit (enum command_bit) in *command; NULL when there are no more.
 */
typedef const char *config_command_at(size_t i, unsigned *command);

/* Adds a file's entries; a file that is not there adds nothing when it is CONFIG_OPTIONAL. */
enum config_need { CONFIG_OPTIONAL, CONFIG_REQUIRED };
int config_read(struct config *c, const char *path, enum config_need need,
                config_command_at *command_at, struct err *err) MUST_CHECK;

/* Adds the entries of a file's text; `path` is for messages. */
int config_read_text(struct config *c, const char *path, const char *text, size_t len,
                     config_command_at *command_at, struct err *err) MUST_CHECK;

/*
 * Whether a file may say so: `header` is a section's as it stands between the brackets, `value`
 * NULL for the key alone. ERR_CONFIG.
 */
int config_check_pair(config_command_at *command_at, const char *header, const char *key,
                      const char *value, struct err *err) MUST_CHECK;

/* The user's file: `given`, or $XDG_CONFIG_HOME/drydock/config, or ~/.config/…; NULL: no home. */
char *config_user_path(const char *given);

/* '_' for each '-', as keys are kept. */
void config_normalize_key(char *key);
enum { CONFIG_KEY_MAX = 64 };
/* The key of an option: its name so. Returns `key`. */
const char *config_key_of(const struct option_spec *spec, char key[CONFIG_KEY_MAX]);

/* The last value of a key in a section ("remote.prod"), or NULL; borrowed. */
const struct config_entry *config_get(const struct config *c, const char *section, const char *key);

/* Gives the options of `command` what the files say. `remote` may be NULL. */
int config_apply(const struct config *c, struct options *o, unsigned command,
                 const char *command_name, const char *remote, struct err *err) MUST_CHECK;

/* Names of the remotes of a file with a url, each once, in its order; returns how many (at most
 * max).
 */
size_t config_remotes(const struct config *c, const char **names, size_t max);

#endif
