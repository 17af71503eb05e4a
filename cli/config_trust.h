/*
 * config_trust: what the mode and the owner of a configuration file have to do with what it says.
 */
#ifndef DRYDOCK_CLI_CONFIG_TRUST_H
#define DRYDOCK_CLI_CONFIG_TRUST_H

#include "base/event.h"
#include "cli/config.h"

/*
 * A root may belong to another user than the caller; a command that its configuration has run would
 * run as the caller, and a file that it names would be written by the caller. ERR_CONFIG where
 * `notify` or `headers` stands in a file that belongs neither to the caller
 * nor to the superuser, or that others can write.
 */
int config_trust_commands(const struct config *c, struct err *err) MUST_CHECK;

/*
 * Warns of a file that every user can read and that seems to hold a secret: a password in a URL, or
 * a token in a command.
 */
void config_trust_secrets(const struct config *c, const struct event_sink *sink);

#endif
