/* nginx: a registry as nginx 1.11 or newer serves it: maps and a server, of the level of http. */
#ifndef DRYDOCK_STAGE_HEADERS_NGINX_H
#define DRYDOCK_STAGE_HEADERS_NGINX_H

#include "stage/headers/site.h"

int nginx_write(const struct site *site, struct str *config, struct err *err) MUST_CHECK;

#endif
