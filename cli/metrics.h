/*
 * metrics: the figures of a sync as Prometheus text format 0.0.4, for node_exporter's textfile
 * collector. Written to a temporary file beside `path` and renamed, so that a scrape never sees
 * half of it. Files of several remotes may lie in one folder: labels tell their figures apart.
 */
#ifndef DRYDOCK_CLI_METRICS_H
#define DRYDOCK_CLI_METRICS_H

#include "base/event.h"

struct metrics {
	const char *root;     /* its path: a label of each figure */
	const char *remote;   /* its name, or its URL: likewise */
	int64_t started_at;   /* seconds since 1970 */
	int64_t succeeded_at; /* the end of the last run with status 0, likewise; 0: none yet */
	const struct event_summary *summary; /* borrowed */
};

int metrics_write(const char *path, const struct metrics *m, struct err *err) MUST_CHECK;

#endif
