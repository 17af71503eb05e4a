/*
 * remote_learned: what syncs have learned of a remote's server that no configuration and no table
 * says, and that the next one goes by; for people, from the state alone.
 */
#ifndef DRYDOCK_CLI_REMOTE_LEARNED_H
#define DRYDOCK_CLI_REMOTE_LEARNED_H

#include "base/str.h"
#include "db/state/db.h"

/*
 * Appends a line for each endpoint under which the bucket and prefix of `url` are recorded and of
 * which something was learned, without a line feed at the end.
 */
int remote_learned_text(struct db *db, const char *url, struct str *out,
                        struct err *err) MUST_CHECK;
/* The same as the elements of an array in JSON, with commas between them. */
int remote_learned_json(struct db *db, const char *url, struct str *out,
                        struct err *err) MUST_CHECK;

#endif
