/*
 * etag_meaning: what an ETag that a server named says about an object's bytes (U3, E3): by the
 * provider's table, and by the encryption that the object's headers show. Pure.
 */
#ifndef DRYDOCK_SYNC_S3_ETAG_MEANING_H
#define DRYDOCK_SYNC_S3_ETAG_MEANING_H

#include "sync/s3/provider.h"
#include "sync/s3/result.h"

enum etag_meaning {
	ETAG_TELLS,     /* it is arithmetic on the bytes (etag.h): another one, other bytes */
	ETAG_MAY_TELL,  /* unless the object is encrypted, which only its headers show */
	ETAG_IS_OPAQUE, /* nothing */
};

/* `head` is of an answer about the object; NULL: its headers are not known, as from a listing. */
enum etag_meaning etag_meaning(const struct provider *provider, const char *etag,
                               const struct s3_head *head);

#endif
