/*
 * platform: os/arch[/variant], as people type it and as indexes and configs say it.
 *
 * Normalised as containerd does (platforms/database.go): x86_64 is amd64, aarch64 is arm64, armhf
 * is arm/v7, armel is arm/v6; arm64's v8 and amd64's v1 go without saying.
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_PLATFORM_H
#define DRYDOCK_STAGE_DOCUMENT_PLATFORM_H

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>

enum { PLATFORM_PART_MAX = 40 };

struct platform { /* "" where a part is not known */
	char os[PLATFORM_PART_MAX + 1];
	char arch[PLATFORM_PART_MAX + 1];
	char variant[PLATFORM_PART_MAX + 1];
};

enum { PLATFORM_TEXT_MAX = 3 * (PLATFORM_PART_MAX + 1) };

/* os/arch[/variant] as typed: ERR_USAGE when it is not of that form. */
int platform_parse(struct platform *p, const char *text, struct err *err) MUST_CHECK;

/*
 * Reads the keys os, architecture and variant of an index's platform object or of a config. All are
 * optional there. ERR_MALFORMED when one has another type than text or is too long to be one.
 */
int platform_read(struct platform *p, const json_t *object, const char *path,
                  struct err *err) MUST_CHECK;

/* "linux/arm64/v8", "" when os and architecture are not known. Returns `text`. */
const char *platform_text(const struct platform *p, char text[PLATFORM_TEXT_MAX]);

/* Whether `have` is what `wanted` asks for. A wanted platform without variant takes any variant. */
bool platform_matches(const struct platform *wanted, const struct platform *have);

/* unknown/unknown: how BuildKit marks attestation manifests. */
bool platform_is_unknown(const struct platform *p);

#endif
