#include "stage/document/cosign.h"

#include <stdio.h>
#include <string.h>

#define COSIGN "dev.cosignproject.cosign/"

static const struct {
	const char *annotation, *suffix;
	enum cosign_kind kind;
} kinds[] = {
	{COSIGN "image", NULL, COSIGN_IMAGE},      {COSIGN "imageIndex", NULL, COSIGN_IMAGE},
	{COSIGN "sigs", "sig", COSIGN_SIGNATURES}, {COSIGN "atts", "att", COSIGN_ATTESTATIONS},
	{COSIGN "sboms", "sbom", COSIGN_SBOMS},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

enum cosign_kind cosign_kind_of(const struct descriptor *d)
{
	const char *text = descriptor_annotation(d, "kind");

	for (size_t i = 0; text && i < KINDS; i++)
		if (strcmp(text, kinds[i].annotation) == 0)
			return kinds[i].kind;
	return COSIGN_NONE;
}

bool cosign_is_companion(enum cosign_kind kind)
{
	return kind > COSIGN_IMAGE;
}

bool cosign_only_companion(unsigned bits)
{
	return bits != 0 && !(bits & cosign_bit(COSIGN_IMAGE));
}

const char *cosign_tag(char tag[TAG_MAX + 1], enum cosign_kind kind, const struct digest *image)
{
	char hex[DIGEST_TEXT_MAX];

	/* A tag has at most 128 characters: of a longer digest 64 digits, as in a fallback tag. */
	(void)digest_hex(image, hex);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].kind == kind && kinds[i].suffix)
			(void)snprintf(tag, TAG_MAX + 1, "%s-%.64s.%s", digest_alg_name(image->alg),
			               hex, kinds[i].suffix);
	return tag;
}
