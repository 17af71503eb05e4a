/*
 * site: what every web server is told of a root: where it is, its tags, and the types of its
 * manifests. Most manifests of a root have one type: that is the site's, and only the others are
 * told one by one.
 *
 *     struct site site;
 *     if (site_open(&site, root, listen, err) < 0) …
 *     site_add_tags(&site, line, out, err) …                    site_close(&site);
 *
 * A host of static files has no path and no address: `listen` is NULL for it.
 */
#ifndef DRYDOCK_STAGE_HEADERS_SITE_H
#define DRYDOCK_STAGE_HEADERS_SITE_H

#include "base/media_type.h"
#include "base/page_path.h"
#include "base/str.h"
#include "db/root/root.h"
#include "db/state/tag.h"

#include <stdbool.h>

enum { SITE_TYPE_MAX = 256, SITE_TYPES = 16 };

struct site {
	struct db *db;            /* borrowed */
	char *path;               /* owned; absolute, and of plain characters; NULL with `listen` */
	const char *listen;       /* borrowed; HOST:PORT, [IPV6]:PORT or :PORT; or NULL */
	char type[SITE_TYPE_MAX]; /* that most manifests have */
	char tag_type[SITE_TYPE_MAX]; /* that most tags have */
	uint64_t tags;
	uint64_t others;     /* manifests of other types */
	uint64_t other_tags; /* tags of other types than most tags */
};

/* ERR_CONFIG for a path that cannot be written in a web server's configuration. */
int site_open(struct site *site, const struct root *root, const char *listen,
              struct err *err) MUST_CHECK;
void site_close(struct site *site);

/* Whether a web server's configuration can hold the path; else ERR_CONFIG. */
bool site_path_is_plain(const char *path, struct err *err);

/* What a server's map has around the two words of a line. */
struct site_line {
	const char *before, *between, *after;
};

/* "/v2/app/manifests/1 sha256:…" for every tag there is, by repository and name. */
int site_add_tags(const struct site *site, struct site_line line, struct str *out,
                  struct err *err) MUST_CHECK;
/* "sha256:… TYPE" for every manifest whose type is not the site's; all of plain characters. */
int site_add_types(const struct site *site, struct site_line line, struct str *out,
                   struct err *err) MUST_CHECK;

/* Every manifest whose type is not the site's, and every tag whose type is not that of most tags.
 */
typedef int (*site_type_fn)(void *context, const struct digest *d, const char *type,
                            struct err *err);
int site_each_type(const struct site *site, site_type_fn fn, void *context,
                   struct err *err) MUST_CHECK;
/* "/v2/app/manifests/1 TYPE" for every such tag. */
int site_add_tag_types(const struct site *site, struct site_line line, struct str *out,
                       struct err *err) MUST_CHECK;

/* Patterns that all servers' regular expressions know, of the last part of a path. */
#define SITE_DIGEST   "[a-z0-9+._-]+:[0-9a-f]+"
#define SITE_PAGE     "(?:index|page/.+/_[^/]+)\\.html" /* of drydock page; its path but the slash */
#define SITE_FALLBACK "sha(?:256|512)-[0-9a-f]{64}"     /* CLASS_FALLBACK_TAG */

/* The distribution-spec's errors, and what nothing refers to. */
#define SITE_ERROR(code, message)                                                                  \
	"{\"errors\":[{\"code\":\"" code "\",\"message\":\"" message "\"}]}"
#define SITE_NO_BLOB SITE_ERROR("BLOB_UNKNOWN", "the repository has no such blob")
#define SITE_NO_MANIFEST                                                                           \
	SITE_ERROR("MANIFEST_UNKNOWN", "the repository has no such tag or manifest")
#define SITE_NO_NAME   SITE_ERROR("NAME_UNKNOWN", "there is no such repository")
#define SITE_READ_ONLY SITE_ERROR("UNSUPPORTED", "this registry is read-only")
#define SITE_NO_REFERRERS                                                                          \
	"{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_INDEX "\",\"manifests\":[]}"

#endif
