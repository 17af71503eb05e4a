/*
 * pull_address: where container clients would pull from: what --pull-host says, or the bucket's own
 * address. Pure.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_PULL_ADDRESS_H
#define DRYDOCK_SYNC_DOCTOR_PULL_ADDRESS_H

#include "sync/s3/endpoint.h"

enum pull_kind {
	PULL_HTTPS,
	PULL_LOCAL,      /* http on this machine, which clients put up with */
	PULL_HTTP,       /* http elsewhere */
	PULL_DOTTED,     /* no certificate can cover the bucket's host */
	PULL_BELOW_PATH, /* nothing that a client could be told: `base` is where to look all the
	                    same */
};

enum { PULL_ADDRESS_MAX = 2048 };

struct pull_address {
	enum pull_kind kind;
	char host[PULL_ADDRESS_MAX]; /* HOST[:PORT], for people, and to pull from; or HOST/PATH */
	char connect[PULL_ADDRESS_MAX]; /* HOST:PORT, with the scheme's own port, too */
	char base[PULL_ADDRESS_MAX];    /* http[s]://…/, what stands before "v2/…" */
};

/*
 * `pull_host`: [http[s]://]HOST[:PORT] or NULL. Without a scheme it is https, but http of this
 * machine's own addresses, as docker has it. ERR_USAGE or ERR_CONFIG when it has a path, or
 * is no host: what was given stands first in the error, whose giver (option, file) the caller
 * names.
 */
int pull_address_make(struct pull_address *address, const char *pull_host,
                      const struct endpoint *endpoint, struct err *err) MUST_CHECK;

#endif
