/*
 * endpoint: where a bucket is, and the URL of a key in it. Pure.
 *
 *     path style      https://HOST[:PORT][/BASE]/BUCKET/PREFIX/KEY
 *     virtual style   https://BUCKET.HOST[:PORT][/BASE]/PREFIX/KEY
 *
 * `auto` chooses as the provider table says; a host that is an IP address or `localhost`, a bucket
 * whose name is no DNS label, and a bucket with a dot under https (no wildcard certificate covers
 * it) get path style.
 */
#ifndef DRYDOCK_SYNC_S3_ENDPOINT_H
#define DRYDOCK_SYNC_S3_ENDPOINT_H

#include "sync/s3/provider.h"

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* ADDRESSING_UNSAID is as AUTO here; the AWS config may say more (session). */
enum addressing { ADDRESSING_UNSAID, ADDRESSING_AUTO, ADDRESSING_PATH, ADDRESSING_VIRTUAL };

enum {
	HOST_MAX = 253, /* bytes of a DNS name */
	REGION_MAX = 63,
	BUCKET_MAX = 255, /* old AWS and Swift buckets are longer than 63 */
	PREFIX_MAX = 512,
	S3_KEY_MAX = 1024, /* S3's limit, prefix included */
};

/* What the user said, by option, environment or configuration. Pointers are borrowed. */
struct endpoint_settings {
	const char *url;            /* endpoint URL, or NULL: AWS at `region` */
	const char *region;         /* or NULL: taken from the host, else us-east-1 */
	const char *bucket;         /* required */
	const char *prefix;         /* or NULL; slashes at either end do not matter */
	const char *provider;       /* name in the provider table, or NULL: guessed from the host */
	enum addressing addressing; /* ADDRESSING_UNSAID unless it is said */
	bool dual_stack;            /* without url: AWS's host that has IPv6 too; false */
	bool fips;                  /* without url: AWS's host with FIPS 140 modules; false */
	bool requester_pays;        /* each request says so; false */
};

/* A value; all text is checked and NUL-terminated. */
struct endpoint {
	const struct provider *provider; /* static */
	bool https;
	bool virtual_host;         /* the bucket goes before the host, not into the path */
	bool documents_host;       /* the host was made from the region (AWS without a URL) */
	bool dual_stack, fips;     /* of a host that was made from the region */
	bool requester_pays;       /* x-amz-request-payer */
	unsigned port;             /* 0: the scheme's own */
	char host[HOST_MAX + 1];   /* lower case, without the bucket; IPv6 in brackets */
	char base[PREFIX_MAX + 1]; /* path of the endpoint URL: "" or "/base" */
	char region[REGION_MAX + 1];
	char bucket[BUCKET_MAX + 1];
	char prefix[PREFIX_MAX + 1]; /* "" or "a/b/": what goes before every key */
};

int endpoint_make(struct endpoint *endpoint, const struct endpoint_settings *settings,
                  struct err *err) MUST_CHECK;

/*
 * Whether the bucket's name can stand before a host ("Bucket naming rules"): of https it must be
 * one label, which a certificate of the service covers; of http it may have dots.
 */
bool endpoint_bucket_is_label(const char *bucket, bool https);

/* Whether it can be the URL of a service, whatever the bucket. */
int endpoint_check_url(const char *url, struct err *err) MUST_CHECK;

/*
 * Follows a region that the server named (F4). False when it is no region name or is the one that
 * was used already. A host derived from the region changes with it.
 */
bool endpoint_set_region(struct endpoint *endpoint, const char *region);

/* What goes into the Host header and the signature: "BUCKET.HOST:PORT" and the like. */
int endpoint_host(const struct endpoint *endpoint, struct str *out);

/* The path to sign and send, percent-encoded; `key` without the prefix, NULL for the bucket. */
int endpoint_path(const struct endpoint *endpoint, const char *key, struct str *out);

/* "https://host" and no path; messages name a remote by it. */
int endpoint_origin(const struct endpoint *endpoint, struct str *out);

/*
 * "https://host/path": names the remote in the state, together with bucket and prefix. It does not
 * depend on the style of addressing, on dual_stack or fips, nor, of Amazon S3, on the region: a
 * bucket's name is unique in all of them. It always has a path, if only "/".
 */
int endpoint_identity(const struct endpoint *endpoint, struct str *out);
/*
 * Whether `name`, without a path, is what an earlier version called the remote: its origin then,
 * with or without the bucket, in any region.
 */
bool endpoint_was_named(const struct endpoint *endpoint, const char *name);

#endif
