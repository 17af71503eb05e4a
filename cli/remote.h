/*
 * remote: which bucket a command is about, by the configuration or by a URL.
 */
#ifndef DRYDOCK_CLI_REMOTE_H
#define DRYDOCK_CLI_REMOTE_H

#include "cli/config.h"

struct remote_choice {    /* all borrowed */
	const char *name; /* of the configuration's section; NULL: given as a URL, or none */
	const char *url;  /* s3://…; NULL: none */
};

/*
 * `operand` is a remote's name, a URL, or NULL: the only remote configured, or the one named
 * "default". ERR_USAGE when that does not tell; with `operand` NULL and no remote at all, *choice
 * is empty and the result 0. A url in the root's configuration beats the user's.
 */
int remote_choose(const struct config *root, const struct config *user, const char *operand,
                  struct remote_choice *choice, struct err *err) MUST_CHECK;

#endif
