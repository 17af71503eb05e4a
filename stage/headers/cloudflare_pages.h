/* cloudflare_pages: the file _headers of a site on Cloudflare Pages. */
#ifndef DRYDOCK_STAGE_HEADERS_CLOUDFLARE_PAGES_H
#define DRYDOCK_STAGE_HEADERS_CLOUDFLARE_PAGES_H

#include "stage/headers/site.h"

enum { CLOUDFLARE_PAGES_RULES = 100 }; /* developers.cloudflare.com/pages/platform/limits */

/* ERR_REFUSED for a root that needs more rules. */
int cloudflare_pages_write(const struct site *site, struct str *config, struct err *err) MUST_CHECK;

#endif
