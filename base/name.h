/*
 * name: repository names, tags and references, checked against the grammar of the OCI distribution
 * specification ("Pulling manifests") before anything becomes a path or a key:
 *
 *     repository  [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*
 *     tag         [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
 *
 * Beyond the grammar, a component `manifests`, `blobs`, `tags` or `referrers` is refused, because
 * in a static tree `a/manifests/…` would be ambiguous (V3).
 */
#ifndef DRYDOCK_BASE_NAME_H
#define DRYDOCK_BASE_NAME_H

#include "base/digest.h"
#include "base/err.h"

#include <stdbool.h>

enum {
	REPO_MAX = 255, /* bytes; distribution's limit on a whole name */
	TAG_MAX = 128,
};

int name_check_repo(const char *repo, size_t len, struct err *err) MUST_CHECK;
int name_check_tag(const char *tag, size_t len, struct err *err) MUST_CHECK;

/* A reference as people and archives write it. All text is NUL-terminated and checked. */
struct reference {
	char repo[REPO_MAX + 1];
	char tag[TAG_MAX + 1]; /* "" when the text had none */
	struct digest digest;  /* alg DIGEST_NONE when the text had none */
};

enum name_note {
	NAME_UNCHANGED,
	NAME_HOST_DROPPED, /* a host that cannot be part of a key was left out: tell the user */
};

enum name_hosts {
	NAME_KEEP_HOSTS,  /* docker.io and unusable hosts go, others stay (I8) */
	NAME_STRIP_HOSTS, /* --strip-host: any host goes */
};

/*
 * Reads [HOST/]REPO[:TAG][@DIGEST] and puts it in Docker's familiar form: `docker.io/`,
 * `index.docker.io/` and then the `library/` of an official image are dropped; a first component
 * that is a host with a port, an IPv6 address, has upper-case letters, or is `localhost`, is
 * dropped with *note set; any other host stays part of the repository name. What remains is checked
 * by the grammar.
 */
int reference_parse(struct reference *ref, const char *text, enum name_hosts hosts,
                    enum name_note *note, struct err *err) MUST_CHECK;

/*
 * NAME[:TAG] as typed to say what the root has: no host rules, only the grammar, so that any name
 * that a key may have can be said. ref->tag is "" when there was none. Who finds nothing under that
 * name looks for its familiar form.
 */
int reference_parse_plain(struct reference *ref, const char *text, struct err *err) MUST_CHECK;

#endif
