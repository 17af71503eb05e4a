/*
 * plan: what a run has to do: the state's objects and the host's files, held against the marker and
 * what is there. Both are read in the order of keys, so that memory does not grow with the root.
 */
#ifndef DRYDOCK_STAGE_EXPORT_PLAN_H
#define DRYDOCK_STAGE_EXPORT_PLAN_H

#include "stage/export/place.h"

struct plan_counts {
	struct host_load load;
	uint64_t added, changed, removed;
	uint64_t put_bytes; /* of what is added or changed */
	bool again; /* the marker has to be written: there is none, or one of a run that died */
};

struct plan_options {
	const struct place *place;
	const struct export_host *host; /* or NULL */
	const struct event_sink *tell;  /* of each action; NULL: not */
	const char *path;               /* of the exported tree, for messages */
	struct marker_writer *marker;   /* or NULL */
};

/*
 * Writes the lines of the next marker. ERR_REFUSED where a file is in the way that drydock has not
 * put there.
 */
int plan_make(const struct plan_options *options, struct plan_counts *counts,
              struct err *err) MUST_CHECK;

/* An action as an event: done (EVENT_OBJECT), or to be done (EVENT_PLAN). */
void plan_tell(const struct event_sink *sink, enum event_type type, const struct export_item *item,
               bool is_new);

#endif
