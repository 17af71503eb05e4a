/* netlify: the file _headers of a site on Netlify. */
#ifndef DRYDOCK_STAGE_HEADERS_NETLIFY_H
#define DRYDOCK_STAGE_HEADERS_NETLIFY_H

#include "stage/headers/site.h"

int netlify_write(const struct site *site, struct str *config, struct err *err) MUST_CHECK;

#endif
