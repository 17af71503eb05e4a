/*
 * sessions: one session for each registry of a run, so that connections and tokens serve all
 * sources that are there.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_SESSIONS_H
#define DRYDOCK_STAGE_REGISTRY_SESSIONS_H

#include "stage/registry/session.h"

struct registry_sessions {
	struct registry_session **list; /* owned, as each of them is */
	size_t count, cap;
};
#define REGISTRY_SESSIONS_INIT                                                                     \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

/* That of the reference's registry, made when there is none; NULL with the error. Borrowed. */
struct registry_session *registry_sessions_get(struct registry_sessions *sessions,
                                               const struct registry_options *options,
                                               const struct registry_reference *ref,
                                               const struct event_sink *sink,
                                               struct err *err) MUST_CHECK;
void registry_sessions_release(struct registry_sessions *sessions);

#endif
