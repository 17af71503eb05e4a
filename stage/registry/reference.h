/*
 * reference: which image of which registry is meant, as users of skopeo and containers.conf write
 * it. Pure.
 *
 *     docker://[HOST[:PORT]/]NAME[:TAG][@DIGEST]
 *
 *     struct registry_reference ref;
 *     if (registry_reference_parse(&ref, "docker://registry.example.org/org/app:v1.*", err) < 0) …
 *     AUTO_STR struct str host = STR_INIT(REGISTRY_HOST_MAX);
 *     (void)registry_reference_api_host(&ref, &host);             "registry.example.org"
 *
 * The first component is a host when it has a `.` or a `:` or is `localhost`; without one docker.io
 * is meant, where names of one component lie below `library/` (github.com/distribution/reference,
 * normalize.go). Names, tags and digests follow the grammar of the OCI distribution specification
 * 1.1, "Pulling manifests" (base/name). A TAG may instead be a pattern with the shell's wildcards
 * `*`, `?` and `[…]`, to be matched with what tags/list answers (tag_list). TAG and DIGEST
 * together: the tag that must have that digest.
 *
 * A value; nothing to release. What does not parse is ERR_USAGE, and no message quotes what may be
 * a password.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_REFERENCE_H
#define DRYDOCK_STAGE_REGISTRY_REFERENCE_H

#include "base/http/uri.h"
#include "base/name.h"
#include "base/str.h"

#include <stdbool.h>

#define REGISTRY_SCHEME "docker://"
#define DOCKER_HUB      "docker.io"

enum {
	TAG_PATTERN_MAX = 255,
	REGISTRY_HOST_MAX = URI_HOST_MAX + 6, /* with :PORT */
	/* The longest that registry_reference_text writes. */
	REGISTRY_REFERENCE_MAX =
		REGISTRY_HOST_MAX + REPO_MAX + TAG_PATTERN_MAX + DIGEST_TEXT_MAX + 16,
};

struct registry_reference {
	char host[URI_HOST_MAX +
	          1];            /* lower case, IPv6 in brackets; "docker.io" when none was said */
	unsigned port;           /* 0: the scheme's own */
	char repo[REPO_MAX + 1]; /* as it is requested: with docker.io's `library/` */
	char tag[TAG_PATTERN_MAX + 1]; /* "latest" when neither tag nor digest was said; "": none */
	bool tag_is_pattern;           /* then there is no digest */
	struct digest digest;          /* alg DIGEST_NONE: none */
	/* HOST[:PORT] of which `host` is a mirror, that is asked for what is there (?ns=); "": none
	 */
	char mirrored[REGISTRY_HOST_MAX + 1];
};

/* Whether a source that was named begins with docker:// */
bool registry_reference_is(const char *text);

int registry_reference_parse(struct registry_reference *ref, const char *text,
                             struct err *err) MUST_CHECK;

/* "HOST[:PORT]=HOST[:PORT]": a registry, and a mirror of it. */
struct registry_mirror {
	char of[REGISTRY_HOST_MAX + 1];   /* as registry_reference_host writes it */
	char host[REGISTRY_HOST_MAX + 1]; /* the mirror's */
};
int registry_mirror_parse(struct registry_mirror *mirror, const char *text,
                          struct err *err) MUST_CHECK;
/* The same image as the mirror has it; -1 when it is no mirror of that registry. */
int registry_reference_on_mirror(const struct registry_reference *ref,
                                 const struct registry_mirror *mirror,
                                 struct registry_reference *there);

/*
 * These append, and return -1 when the text is longer than the str's maximum.
 */
/* HOST[:PORT] as it is typed. */
int registry_reference_host(const struct registry_reference *ref, struct str *out);
/* HOST[:PORT] to connect to and to know certificates by: docker.io's API is registry-1.docker.io's.
 */
int registry_reference_api_host(const struct registry_reference *ref, struct str *out);
/* HOST[:PORT]/NAME with no defaults left out, for reference_parse and for lists of credentials. */
int registry_reference_name(const struct registry_reference *ref, struct str *out);
/* The whole as it would be typed with no defaults left out; docker://…, parses to the same value.
 */
int registry_reference_text(const struct registry_reference *ref, struct str *out);

#endif
