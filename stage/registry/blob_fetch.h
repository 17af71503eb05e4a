/*
 * blob_fetch: blobs out of a registry into the temp store, several at a time, each in one pass: its
 * sums and the write happen as the bytes arrive.
 *
 * A blob that was cut goes on where it stopped, also in a later process (R6): its bytes are in tmp/
 * under its digest (db/root/partials.h), and are hashed again from there before more is asked for.
 * So does one whose answer ended too early in good order: a range may end before the blob does.
 * A server that answers 200 to that gives all from the beginning, of which nothing is written
 * twice; it may do so once. Whether the bytes have the digest is known when the queue settles, by
 * the caller; so are those that a damaged partial began with found out.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_BLOB_FETCH_H
#define DRYDOCK_STAGE_REGISTRY_BLOB_FETCH_H

#include "stage/blob/write_queue.h"
#include "stage/registry/session.h"

struct registry_blob {
	struct digest digest;
	uint64_t size_bytes; /* a longer body is cut off at once, a shorter one is cut */
	const char *url;     /* of a foreign layer, borrowed; NULL: the registry's own */
	const char *what;    /* names the descriptor in errors, borrowed: "sha256:…: layers[3]" */
};

/*
 * All of them, or -1 at the first that cannot be had: 404 is ERR_NOT_FOUND. *kept_bytes is what was
 * there from before. The results settle in the queue.
 */
int registry_fetch_blobs(struct registry_session *s, const char *repo,
                         const struct registry_blob *blobs, size_t count, struct write_queue *queue,
                         uint64_t *kept_bytes, struct err *err) MUST_CHECK;

#endif
