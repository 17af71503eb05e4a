/*
 * listing: renders the registry's derived documents. The same input gives the same bytes, so that a
 * list that did not change is not written or sent again. Members are given in any order and are
 * byte-sorted here; duplicates are dropped.
 *
 * Sources: OCI distribution-spec 1.1, "Listing Tags" and "Listing Referrers"; _catalog is Docker's.
 */
#ifndef DRYDOCK_BASE_LISTING_H
#define DRYDOCK_BASE_LISTING_H

#include "base/digest.h"
#include "base/str.h"

#include <stdint.h>

/* {"name":"<repo>","tags":["a","b"]} */
int listing_tags(struct str *out, const char *repo, const char *const *tags, size_t count,
                 struct err *err) MUST_CHECK;

/* {"repositories":["a","b/c"]} */
int listing_catalog(struct str *out, const char *const *repos, size_t count,
                    struct err *err) MUST_CHECK;

/* One member of a referrers index. Pointers are borrowed. */
struct listing_descriptor {
	const char *media_type; /* of the manifest */
	struct digest digest;
	uint64_t size_bytes;
	const char *artifact_type;    /* NULL or "" when there is none */
	const char *annotations_json; /* a JSON object, or NULL; rendered as it is */
};

/*
 * {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[…]},
 * sorted by digest; of two with one digest the first stays.
 */
int listing_referrers(struct str *out, const struct listing_descriptor *members, size_t count,
                      struct err *err) MUST_CHECK;

#endif
