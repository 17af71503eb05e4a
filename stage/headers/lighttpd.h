/*
 * lighttpd: a registry as lighttpd 1.4.60 or newer serves it: a socket of its own, and a script for
 * its mod_magnet, which holds the tags and types and which lighttpd reads anew when it has changed.
 */
#ifndef DRYDOCK_STAGE_HEADERS_LIGHTTPD_H
#define DRYDOCK_STAGE_HEADERS_LIGHTTPD_H

#include "stage/headers/site.h"

/* `script_path` is where `script` will be; absolute. */
int lighttpd_write(const struct site *site, const char *script_path, struct str *config,
                   struct str *script, struct err *err) MUST_CHECK;

#endif
