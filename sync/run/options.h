/*
 * options: what the caller asks of one sync. Every pointer is borrowed while the call lasts.
 *
 * NULL and 0 mean "not given": the default that stands beside the field holds then. Only max_delete
 * and grace_ms are taken as they are.
 */
#ifndef DRYDOCK_SYNC_RUN_OPTIONS_H
#define DRYDOCK_SYNC_RUN_OPTIONS_H

#include "sync/s3/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sync_mode {
	SYNC_RUN,
	SYNC_DRY_RUN, /* sync -n and diff: only GET, HEAD and LIST; no row and no file changes */
};

enum sync_delete {
	DELETE_NONE,
	DELETE_OWN,     /* --delete: keys that this root recorded sending (W5) */
	DELETE_FOREIGN, /* --delete=foreign: all that lies below v2/ */
};

/* Defaults, as --help shows them. */
enum {
	SYNC_TRANSFERS = 8,
	SYNC_CONNECT_WAIT_MS = 30 * 1000,
	SYNC_GIVE_UP_AFTER_MS = 10 * 60 * 1000,
	SYNC_MAX_DELETE = 100,
	SYNC_GRACE_MS = 24 * 60 * 60 * 1000,
};
enum tls_verify { TLS_VERIFY, TLS_NO_VERIFY };

struct sync_options {
	enum sync_mode mode; /* SYNC_RUN */

	/* Where the bucket is. */
	const char *url;          /* s3://BUCKET[/PREFIX]; must be given */
	const char *endpoint_url; /* NULL: the environment's or profile's, then AWS of the region */
	const char *region;       /* NULL: the environment's or profile's, then the host's */
	const char *profile;      /* NULL: the environment's keys, then profile AWS_PROFILE (A1) */
	const char *provider;     /* a name of provider.h; NULL: guessed from the host (A3) */
	const char *ca_bundle;    /* a path; NULL: the environment's or profile's */
	const char *client_cert;  /* a path, shown to the endpoint; NULL: none */
	const char *client_key;   /* its private key; NULL: in client_cert */
	enum addressing addressing; /* ADDRESSING_UNSAID: the AWS config's, then auto */
	bool requester_pays;        /* --request-payer; false */
	enum tls_verify tls;        /* TLS_VERIFY */

	/* How it is sent. */
	unsigned transfers;                 /* -j, requests in flight; 0: SYNC_TRANSFERS */
	uint64_t part_size_bytes;           /* at least so much a part; 0: PART_SIZE_MINIMUM */
	uint64_t multipart_threshold_bytes; /* larger: in parts; 0: MULTIPART_THRESHOLD */
	uint64_t bwlimit_bytes_per_s;       /* 0: none */
	uint64_t max_transfer_bytes;        /* bodies that one run begins; 0: no limit */
	int64_t max_duration_ms;            /* of the whole run; 0: no limit */
	int64_t give_up_after_ms;   /* without a byte of progress (F2); 0: SYNC_GIVE_UP_AFTER_MS */
	int64_t connect_wait_ms;    /* until the first answer (F2); 0: SYNC_CONNECT_WAIT_MS */
	int64_t retry_max_delay_ms; /* between two attempts (F1); 0: BACKOFF_DELAY_MAX_MS */
	int64_t timeout_ms;         /* connecting, stalling; 0: HTTP_CONNECT_MS, HTTP_STALL_MS */
	int64_t lock_wait_ms;       /* for the lock of another process; 0: not at all */

	/* What is put on the objects (U5). */
	const char *acl;                  /* NULL: none is sent */
	const char *sse;                  /* NULL: the bucket's own */
	const char *sse_kms_key_id;       /* NULL: the bucket's own */
	const char *storage_class;        /* NULL: the bucket's own */
	const char *cache_control_digest; /* blobs, manifests; NULL: CACHE_CONTROL_DIGEST */
	const char *cache_control_tag;    /* tags and lists; NULL: CACHE_CONTROL_TAG */

	/* What is considered. */
	enum sync_delete delete_mode;  /* DELETE_NONE */
	uint64_t max_delete;           /* keys that delete_mode may remove; 0: none */
	int64_t grace_ms;              /* delete_mode leaves what is younger; 0: nothing is */
	const char *const *includes;   /* globs NAME or NAME:TAG; none: everything */
	size_t include_count;          /* 0 */
	const char *const *excludes;   /* likewise; what both match is left out */
	size_t exclude_count;          /* 0 */
	const char *const *force_tags; /* NAME:TAG that are sent over the bucket's (W1) */
	size_t force_tag_count;        /* 0 */
	bool check_metadata;           /* look at the headers of what is the same (E4); false */
	bool pages;                    /* --page: the pages for people too; false */
	bool paranoid;                 /* an opaque ETag is not believed (E3); false */
};

#endif
