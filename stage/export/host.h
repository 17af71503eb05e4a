/*
 * host: hosts of static files: what each takes, and what it cannot do for container clients.
 *
 * The limits are those of the hosts' own documentation in November 2026:
 *
 *     Netlify             docs.netlify.com/site-deploys/overview: files per directory
 *     Cloudflare Pages    developers.cloudflare.com/pages/platform/limits
 *     GitHub Pages        docs.github.com/pages: limits; git's of a file
 */
#ifndef DRYDOCK_STAGE_EXPORT_HOST_H
#define DRYDOCK_STAGE_EXPORT_HOST_H

#include "base/event.h"
#include "base/layout.h"
#include "stage/headers/headers.h"

#include <stdint.h>

enum { HOST_FILES_MAX = 4, HOST_LACKS_MAX = 3 };

struct export_host { /* a limit of 0: there is none */
	const char *name;
	const char *title;           /* for people */
	enum headers_server headers; /* whose _headers it reads; HEADERS_UNKNOWN: none */
	uint64_t file_bytes_max;
	uint64_t files_max;
	uint64_t files_free;               /* a free plan's; more is a warning */
	uint64_t folder_files_max;         /* in one folder */
	uint64_t site_bytes_max;           /* files count each time, whatever links them here */
	const char *lacks[HOST_LACKS_MAX]; /* what clients will miss; NULL ends them */
};

/* NULL: there is none of this name. */
const struct export_host *export_host_named(const char *name);
/* By its place in the option's choices. */
const struct export_host *export_host_at(size_t i);
#define EXPORT_HOST_CHOICES "netlify|cloudflare-pages|github-pages"

/* What a tree is in the eyes of its host. */
struct host_load {
	uint64_t files, bytes;
	uint64_t largest_bytes, too_large; /* how many files are larger than the host takes */
	char largest[KEY_MAX];
	uint64_t folder_files; /* of the fullest folder */
	char folder[KEY_MAX];
};

/* ERR_REFUSED where a limit is passed; what only a paid plan takes is a warning. */
int export_host_check(const struct export_host *host, const struct host_load *load,
                      const struct event_sink *sink, struct err *err) MUST_CHECK;

/* A file that the host wants beside the tree. */
struct host_file {
	const char *key; /* below the folder */
	struct str text; /* owned */
	bool yields;     /* to one of the user's own */
};
struct host_files {
	struct host_file files[HOST_FILES_MAX]; /* in the order of their keys */
	size_t count;
};
/* Those of this root; NULL: no host, and no file. Release them also after a failure. */
int host_files_make(struct host_files *files, const struct export_host *host,
                    const struct root *root, struct err *err) MUST_CHECK;
void host_files_release(struct host_files *files);
/* Whether a host may have wanted such a file: what was made for one host goes with it. */
bool host_files_know(const char *key);

#endif
