/*
 * sync: a registry root -> a bucket. The whole of the second phase in one call.
 */
#ifndef DRYDOCK_SYNC_SYNC_H
#define DRYDOCK_SYNC_SYNC_H

#include "sync/s3/endpoint.h"

#include "base/event.h"
#include "db/root/root.h"

enum sync_mode {
	SYNC_RUN,
	SYNC_DRY_RUN, /* sync -n and diff: only GET, HEAD and LIST; no row and no file changes */
};

enum sync_delete { DELETE_NONE, DELETE_OWN, DELETE_FOREIGN };
enum { SYNC_MAX_DELETE = 100, SYNC_GRACE_MS = 24 * 60 * 60 * 1000 };
enum tls_verify { TLS_VERIFY, TLS_NO_VERIFY };

/*
 * All pointers are borrowed for the duration of the call; NULL or 0 means "not given": then the
 * environment (AWS_*), the profile, or the default of sync.md decides. _ms and _bytes as named.
 */
struct sync_options {
	enum sync_mode mode;

	/* Where. url is s3://BUCKET[/PREFIX]. */
	const char *remote_name; /* for messages and the lock; NULL: the url */
	const char *url;
	const char *endpoint_url, *region, *profile, *provider, *ca_bundle;
	const char *access_key_id, *secret_access_key, *session_token;
	enum addressing addressing;
	enum tls_verify tls;

	/* How. */
	unsigned transfers; /* -j; 0: 8 */
	uint64_t part_size_bytes, multipart_threshold_bytes, bwlimit_bytes_per_s;
	uint64_t max_transfer_bytes;
	int64_t max_duration_ms, give_up_after_ms, connect_wait_ms, retry_max_delay_ms, timeout_ms;
	int64_t lock_wait_ms;

	/* What is put on the objects. */
	const char *acl, *sse, *sse_kms_key_id, *storage_class;
	const char *cache_control_digest, *cache_control_tag;

	/* What is considered. */
	enum sync_delete delete_mode;
	uint64_t max_delete; /* with delete_mode; 0 is none: SYNC_MAX_DELETE is the default */
	int64_t grace_ms;    /* with delete_mode; 0 is none: SYNC_GRACE_MS is the default */
	const char *const *includes, *const *excludes, *const *force_tags;
	size_t include_count, exclude_count, force_tag_count;
	int check_metadata, paranoid;
};

/*
 * Emits EVENT_PLAN per action (before anything is sent), EVENT_OBJECT, EVENT_PROGRESS and
 * EVENT_RETRY while it works, EVENT_ERROR per object that failed, one EVENT_SUMMARY at the end,
 * whatever that is. `summary` gets the same values. Returns -1 with
 * the code that cli.md's order of precedence selects.
 *
 * `root` is open as ROOT_SYNC, or as ROOT_READ for SYNC_DRY_RUN.
 */
int sync_to_bucket(struct root *root, const struct sync_options *options,
                   const struct event_sink *sink, struct event_summary *summary,
                   struct err *err) MUST_CHECK;

/* The row of table remote that such a sync would have; 0: none was ever made. Sends nothing. */
int sync_find_remote(struct root *root, const struct sync_options *options, int64_t *id,
                     struct err *err) MUST_CHECK;

#endif
