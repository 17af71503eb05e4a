#include "stage/registry/sessions.h"

#include "base/array.h"

#include <stdlib.h>

struct registry_session *registry_sessions_get(struct registry_sessions *sessions,
                                               const struct registry_options *options,
                                               const struct registry_reference *ref,
                                               const struct event_sink *sink, struct err *err)
{
	struct registry_session *s;

	for (size_t i = 0; i < sessions->count; i++)
		if (registry_session_is_for(sessions->list[i], ref))
			return sessions->list[i];
	if (array_room(&sessions->list, sessions->count, &sessions->cap, err) < 0)
		return NULL;
	s = registry_session_new(options, ref, sink, err);
	if (s)
		sessions->list[sessions->count++] = s;
	return s;
}

void registry_sessions_release(struct registry_sessions *sessions)
{
	for (size_t i = 0; i < sessions->count; i++)
		registry_session_free(sessions->list[i]);
	free(sessions->list);
	*sessions = (struct registry_sessions)REGISTRY_SESSIONS_INIT;
}
