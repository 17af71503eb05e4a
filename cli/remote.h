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

enum { REMOTES_MAX = 64 };

/*
 * `operand` is a remote's name, a URL, or NULL: the only remote configured, or the one named
 * "default". ERR_USAGE when that does not tell; with `operand` NULL and no remote at all, *choice
 * is empty and the result 0. A url in the root's configuration beats the user's.
 *
 * A URL means the remote that has it; else, for its settings, one of the same bucket: the one
 * without a prefix, or the only one. Where several have the URL, or several of its bucket have
 * prefixes of their own, the result is ERR_USAGE and the message names them. `endpoint_url` is what
 * the command line or the environment says, or NULL: a remote elsewhere, or of another prefix, is
 * not meant then.
 */
int remote_choose(const struct config *root, const struct config *user, const char *operand,
                  const char *endpoint_url, struct remote_choice *choice,
                  struct err *err) MUST_CHECK;

/* Names of the remotes of both files, each once; returns how many (at most REMOTES_MAX). */
size_t remote_names(const struct config *root, const struct config *user,
                    const char *names[REMOTES_MAX]);

/* ERR_USAGE: there is no such remote, and which one is near. */
int remote_unknown(const struct config *root, const struct config *user, const char *name,
                   struct err *err);

/* Whether the url, endpoint, region and provider that a file gives a remote can be used. */
int remote_check(const struct config *c, const char *name, struct err *err) MUST_CHECK;

/* What the stronger of both files says of a key of a remote, or NULL; borrowed. */
const struct config_entry *remote_setting(const struct config *root, const struct config *user,
                                          const char *name, const char *key);

#endif
