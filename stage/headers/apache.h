/*
 * apache: a registry as Apache 2.4 serves it: a virtual host, and a map of the tags and types
 * beside it, which Apache reads anew when it has changed.
 */
#ifndef DRYDOCK_STAGE_HEADERS_APACHE_H
#define DRYDOCK_STAGE_HEADERS_APACHE_H

#include "stage/headers/site.h"

/* `map_path` is where `map` will be; absolute. */
int apache_write(const struct site *site, const char *map_path, struct str *config, struct str *map,
                 struct err *err) MUST_CHECK;

#endif
