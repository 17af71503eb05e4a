/*
 * options: how registries are asked, for all docker:// sources of a run. A zeroed struct with `env`
 * is the default. All pointers are borrowed.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_OPTIONS_H
#define DRYDOCK_STAGE_REGISTRY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REGISTRY_TRANSFERS = 4,
	REGISTRY_TRANSFERS_MAX = 64,
	REGISTRY_GIVE_UP_AFTER_MS = 10 * 60 * 1000,
	REGISTRY_CONNECT_WAIT_MS = 30 * 1000,
	/* Of a mirror, which can be done without; both of them. */
	REGISTRY_MIRROR_WAIT_MS = 10 * 1000,
};

struct registry_options {
	const char *(*env)(const char *name); /* getenv, or a test's */
	const char *authfile;                 /* --authfile; NULL: where tools keep it */
	const char *client_cert; /* shown to registries that certs.d says nothing of; NULL: none */
	const char *client_key;  /* its private key; NULL: in client_cert */
	bool no_verify_tls;      /* --src-tls-verify=false: also plain http where nothing else is
	                            spoken */
	bool foreign_layers;     /* --foreign-layers: fetch layers from the urls they name */
	bool referrers;          /* --referrers: also what the registry holds about the images */
	unsigned transfers;      /* -j: requests in flight; 0: REGISTRY_TRANSFERS */
	uint64_t bwlimit_bytes_per_s; /* of blobs, together; 0: no limit */
	int64_t deadline_ms;          /* --max-duration, monotonic; 0: none */
	int64_t give_up_after_ms;     /* without a byte (F2); 0: REGISTRY_GIVE_UP_AFTER_MS */
	int64_t connect_wait_ms;      /* for the first answer; 0: REGISTRY_CONNECT_WAIT_MS */
	int64_t retry_max_delay_ms;   /* 0: BACKOFF_DELAY_MAX_MS */
	int64_t stall_ms;             /* --timeout; 0: HTTP_STALL_MS */
	const char *const *mirrors;   /* --registry-mirror HOST=MIRROR (reference.h) */
	size_t mirror_count;
	uint64_t tags_limit; /* --tags-limit: of a pattern the newest; 0: all */
};

#endif
