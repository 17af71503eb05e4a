/*
 * lists: whether the documents that drydock renders arrive as clients want them: a repository's
 * tags, and what refers to a subject, by the API of distribution-spec 1.1 and by the fallback tag.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_LISTS_H
#define DRYDOCK_SYNC_DOCTOR_LISTS_H

#include "sync/doctor/manifests.h"

int lists_check_tags(const struct manifests *m, struct err *err) MUST_CHECK;
int lists_check_referrers(struct client *c, const struct sample *sample,
                          struct err *err) MUST_CHECK;

#endif
