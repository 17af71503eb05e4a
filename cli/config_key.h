/*
 * config_key: SECTION.NAME, as a command line names what stands in a configuration file.
 */
#ifndef DRYDOCK_CLI_CONFIG_KEY_H
#define DRYDOCK_CLI_CONFIG_KEY_H

#include "cli/config.h"

struct config_key {    /* all owned */
	char *section; /* "core", "remote.prod" */
	char *header;  /* "core", "remote \"prod\"": what stands between the brackets */
	char *name;    /* lower case, '_' for '-' */
};

/* ERR_USAGE when there is no such key. Release it also then. */
int config_key_parse(struct config_key *key, const char *text, config_command_at *command_at,
                     struct err *err) MUST_CHECK;
void config_key_release(struct config_key *key);

/* The header of a section: its name in quotes behind the word where it is a remote's. Caller frees;
 * NULL: no memory. */
char *config_header(const char *section);

#endif
