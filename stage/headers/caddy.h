/* caddy: a registry as Caddy 2 serves it: a site of a Caddyfile. */
#ifndef DRYDOCK_STAGE_HEADERS_CADDY_H
#define DRYDOCK_STAGE_HEADERS_CADDY_H

#include "stage/headers/site.h"

int caddy_write(const struct site *site, struct str *config, struct err *err) MUST_CHECK;

#endif
