/*
 * document: a manifest, list or small blob ready to be sent, and the cache of them. One document
 * answers many clients at once: its response is shared.
 *
 * What is kept counts as long as the file at its key is the same one, by inode, size and times,
 * which is looked up for each request: a tag that stage moves beside the server is another file.
 * Nothing in a tree is written in place.
 *
 *     document_cache_find(&cache, key, &st)           or, when that is NULL,
 *     document_new(…) and document_cache_keep(&cache, document, key, &st)
 *     … document->response …
 *     document_drop(document)
 */
#ifndef DRYDOCK_STAGE_SERVE_DOCUMENT_H
#define DRYDOCK_STAGE_SERVE_DOCUMENT_H

#include "base/layout.h"
#include "base/str.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

enum {
	DOCUMENT_MEMORY_BYTES = 64 << 10, /* larger ones are sent from their file */
	DOCUMENT_SLOTS = 4096,
	DOCUMENT_CACHE_BYTES = 32 << 20, /* of all that is kept; then it starts anew */
	DOCUMENT_FILE_COST = 512 << 10,  /* what one with an open file counts for */
	ETAG_MAX = DIGEST_TEXT_MAX + 2,
};

struct document {
	atomic_int references;
	struct MHD_Response *response; /* owned; shared by all who send it */
	uint64_t bytes;                /* of the body */
	char etag[ETAG_MAX];           /* in quotes */
	char *key;                     /* owned; NULL: not kept */
	struct stat file;              /* which file it was made of */
};

/* What an answer with the document says. */
struct document_head {
	const char *content_type;
	const char *cache_control;
	struct digest digest; /* of the bytes: the ETag */
	bool named;           /* it is a manifest or blob: Docker-Content-Digest too */
	bool ranges;          /* parts of it may be asked for: Accept-Ranges */
};

/*
 * Of `body`, whose text it takes; or, where that is longer than DOCUMENT_MEMORY_BYTES, of the
 * descriptor *fd, which it takes.
 */
struct document *document_new(const struct document_head *head, struct str *body, int *fd,
                              struct err *err) MUST_CHECK;
void document_drop(struct document *document);

/* The headers of `head` on a response of the caller's: of parts, and of 304. */
int document_describe(struct MHD_Response *response, const struct document_head *head,
                      char etag[ETAG_MAX], struct err *err) MUST_CHECK;

struct document_cache {
	pthread_mutex_t lock;
	struct document *slots[DOCUMENT_SLOTS]; /* a reference each; by hash of the key */
	uint64_t bytes;
};

int document_cache_init(struct document_cache *cache, struct err *err) MUST_CHECK;
void document_cache_release(struct document_cache *cache);

/* A reference, or NULL. */
struct document *document_cache_find(struct document_cache *cache, const char *key,
                                     const struct stat *file);
/* Keeps it if it can. The caller's reference stays the caller's. */
void document_cache_keep(struct document_cache *cache, struct document *document, const char *key,
                         const struct stat *file);

#endif
