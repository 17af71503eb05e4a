/*
 * resolve: what tags stand for at this moment: one HEAD each, several at a time, and nothing else
 * where the server gives the digest with it (Docker-Content-Digest). Where it does not, a GET.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_RESOLVE_H
#define DRYDOCK_STAGE_REGISTRY_RESOLVE_H

#include "base/digest.h"
#include "base/str.h"
#include "stage/registry/session.h"

struct registry_tag {
	const char *tag; /* borrowed */
	bool found;      /* false: there is no such tag */
	struct digest digest;
	uint64_t size_bytes;
	const char *media_type; /* one of base/media_type.h; NULL: the server says no manifest's */
	struct str text;        /* owned; the manifest where it had to be fetched, else empty */
};

/* Each tag's text is released by the caller, also after an error. */
int registry_resolve(struct registry_session *s, const char *repo, struct registry_tag *tags,
                     size_t count, size_t manifest_max_bytes, struct err *err) MUST_CHECK;

#endif
