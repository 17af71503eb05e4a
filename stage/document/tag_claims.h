/*
 * tag_claims: which digest each tag of one run got, so that two sources (or two images of one)
 * cannot quietly fight for a tag: one tag for two digests within one run is an error (I8).
 *
 * A source may be tried at several places, a mirror and then the registry (R9). What was published
 * of it stays so, and is not done again; what was only claimed at one place may be another digest
 * at the next.
 *
 *     tag_claims_begin_source(&c);
 *     at each place: tag_claims_begin_attempt(&c);
 *         for each image: if (!tag_claims_published(&c, names)) { tag_claims_check(&c, names, …) …
 *             tag_claims_publish(&c, names); }
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_TAG_CLAIMS_H
#define DRYDOCK_STAGE_DOCUMENT_TAG_CLAIMS_H

#include "base/digest_map.h"
#include "stage/document/image_names.h"

struct tag_claim {
	struct digest digest;
	unsigned attempt; /* that made it */
	bool published;
};

/* Zero-initialise; release. Tags are kept as the SHA-256 of "repo:tag", whatever their length. */
struct tag_claims {
	struct digest_map by_name; /* value: position in claims */
	struct tag_claim *claims;  /* owned */
	size_t count, cap;
	unsigned attempt, first_attempt; /* the current one, and the first of its source */
};

void tag_claims_begin_source(struct tag_claims *claims);
void tag_claims_begin_attempt(struct tag_claims *claims);

/* Enters all of the names; ERR_REFUSED when one stands there with another digest. */
int tag_claims_check(struct tag_claims *claims, const struct name_set *names,
                     const struct digest *digest, struct err *err) MUST_CHECK;
/* Notes that what has these names, all claimed, is in the tree, or in the plan. */
void tag_claims_publish(struct tag_claims *claims, const struct name_set *names);
/* Whether an earlier attempt at this source has published all of these names. */
bool tag_claims_published(const struct tag_claims *claims, const struct name_set *names);
void tag_claims_release(struct tag_claims *claims);

#endif
