/*
 * headers: the configuration with which a web server serves the tree of a root as a registry: the
 * types and digests of manifests, errors as OCI's JSON, what may be cached, the pages for people,
 * and nothing but these and v2/.
 * Hosts of static files are told as much of it as they can do.
 *
 *     struct headers_wish wish = {.server = HEADERS_NGINX, .listen = ":80"};
 *     struct headers_text text = HEADERS_TEXT_INIT;
 *     if (headers_write(&root, &wish, &text, err) < 0) …
 *     str_text(&text.config) …                            headers_text_release(&text);
 */
#ifndef DRYDOCK_STAGE_HEADERS_HEADERS_H
#define DRYDOCK_STAGE_HEADERS_HEADERS_H

#include "base/str.h"
#include "db/root/root.h"

#include <stdbool.h>

enum { HEADERS_TEXT_MAX = 1 << 30 };

enum headers_server {
	HEADERS_NGINX,
	HEADERS_APACHE, /* has a map */
	HEADERS_CADDY,
	HEADERS_LIGHTTPD, /* has a map: a script */
	HEADERS_NETLIFY,  /* _headers, as those of Cloudflare Pages are */
	HEADERS_CLOUDFLARE_PAGES,
	HEADERS_S3_WEBSITE, /* these know nothing of the root: it holds for every bucket */
	HEADERS_CLOUDFRONT,
	HEADERS_SERVERS,
	HEADERS_UNKNOWN = HEADERS_SERVERS,
};

struct headers_wish {
	enum headers_server server;
	const char *listen;   /* borrowed; HOST:PORT as listen_parse takes it */
	const char *map_path; /* borrowed; absolute, where the map will be; NULL: nowhere */
};

struct headers_text {
	struct str config;
	struct str map; /* what the configuration reads; "": nothing */
};

#define HEADERS_TEXT_INIT                                                                          \
	{                                                                                          \
		STR_INIT(HEADERS_TEXT_MAX), STR_INIT(HEADERS_TEXT_MAX)                             \
	}

/* By one of those names; HEADERS_UNKNOWN. */
enum headers_server headers_server_named(const char *name);
const char *headers_server_name(enum headers_server server);
/* What the configuration of a server that listens begins with, and its newline. */
void headers_first_line(enum headers_server server, const char *listen, struct str *out);

#define HEADERS_MAP_ENDING ".map" /* of a map: behind the name of its configuration */

/* Whether it listens where headers_wish says: hosts of static files have addresses of their own. */
bool headers_server_listens(enum headers_server server);

/*
 * ERR_CONFIG for a path that cannot be written there, ERR_USAGE when a map has no place,
 * ERR_REFUSED for a root that needs more rules than the host takes.
 */
int headers_write(const struct root *root, const struct headers_wish *wish,
                  struct headers_text *text, struct err *err) MUST_CHECK;
void headers_text_release(struct headers_text *text);

#endif
