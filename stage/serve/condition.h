/* condition: what a client already has, as its conditional headers say (RFC 9110, 13.1). Pure. */
#ifndef DRYDOCK_STAGE_SERVE_CONDITION_H
#define DRYDOCK_STAGE_SERVE_CONDITION_H

#include <stdbool.h>

/* Whether If-None-Match (NULL: not sent) names the ETag, which is in quotes: then it is 304. */
bool condition_has(const char *if_none_match, const char *etag);

/* Whether Range counts: there is no If-Range, or it is exactly this ETag. A date never is. */
bool condition_range_counts(const char *if_range, const char *etag);

#endif
