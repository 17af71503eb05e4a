/*
 * cosign: what `cosign save` writes beside an image. Its OCI layout has an entry for the image and
 * one each for signatures, attestations and SBOMs; the annotation `kind` tells them apart, and all
 * may have the image's own ref.name. In a registry they stand under tags made of the image's
 * digest, which is where `cosign verify` looks: sha256-<hex>.sig, .att, .sbom.
 *
 * Source: sigstore/cosign pkg/oci/layout, and its SIGNATURE_SPEC.
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_COSIGN_H
#define DRYDOCK_STAGE_DOCUMENT_COSIGN_H

#include "base/name.h"
#include "stage/document/descriptor.h"

enum cosign_kind {
	COSIGN_NONE,
	COSIGN_IMAGE,
	COSIGN_SIGNATURES,
	COSIGN_ATTESTATIONS,
	COSIGN_SBOMS
};

/* What the entry of an index.json is; COSIGN_NONE when it says nothing, as of all other tools. */
enum cosign_kind cosign_kind_of(const struct descriptor *d);

/* Whether the entry belongs to an image. */
bool cosign_is_companion(enum cosign_kind kind);

/*
 * An index may list one digest several times, as one kind and as another or none: what it was
 * listed as, a set of bits, and COSIGN_NONE adds none. The image itself is no companion.
 */
static inline unsigned cosign_bit(enum cosign_kind kind)
{
	return kind == COSIGN_NONE ? 0 : 1u << kind;
}
bool cosign_only_companion(unsigned bits);

/* The tag of a companion of the image with this digest. */
const char *cosign_tag(char tag[TAG_MAX + 1], enum cosign_kind kind, const struct digest *image);

#endif
