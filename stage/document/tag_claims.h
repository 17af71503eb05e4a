/*
 * tag_claims: which digest each tag of one run got, so that two sources (or two images of one)
 * cannot quietly fight for a tag: one tag for two digests within one run is an error (I8).
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_TAG_CLAIMS_H
#define DRYDOCK_STAGE_DOCUMENT_TAG_CLAIMS_H

#include "base/digest_map.h"
#include "stage/document/image_names.h"

/* Zero-initialise; release. Tags are kept as the SHA-256 of "repo:tag", whatever their length. */
struct tag_claims {
	struct digest_map by_name; /* value: position in digests */
	struct digest *digests;    /* owned */
	size_t count, cap;
};

/* Enters all of the names; ERR_REFUSED when one stands there with another digest. */
int tag_claims_check(struct tag_claims *claims, const struct name_set *names,
                     const struct digest *digest, struct err *err) MUST_CHECK;
void tag_claims_release(struct tag_claims *claims);

#endif
