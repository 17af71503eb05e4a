/*
 * export: the published tree of a root in another folder, for a host of static files or for rsync.
 *
 *     struct export_options options = {.path = "site", .host = export_host_named("netlify")};
 *     if (export_run(&root, &options, sink, &result, err) < 0) …
 */
#ifndef DRYDOCK_STAGE_EXPORT_EXPORT_H
#define DRYDOCK_STAGE_EXPORT_EXPORT_H

#include "stage/export/host.h"

struct export_options {
	const char *path;               /* borrowed; the folder, made where its parent is there */
	const struct export_host *host; /* NULL: none, v2/ alone */
	bool dry_run;
};

struct export_result {
	uint64_t files, bytes; /* that are there, or would be; links count each time */
	uint64_t added, changed, removed;
	uint64_t put_bytes;      /* of what was, or would be, added and changed */
	uint64_t linked, copied; /* how */
};

/*
 * Puts into the folder what it lacks, in the order of publication, and takes away what the root no
 * longer has, of what a run has put there alone. Emits an event for each file. `root` is open for
 * reading. ERR_CONFIG for a folder within a root or above it, ERR_REFUSED for a tree that the
 * host does not take or a file in the way, ERR_LOCKED while another run is at work there.
 */
int export_run(struct root *root, const struct export_options *options,
               const struct event_sink *sink, struct export_result *result,
               struct err *err) MUST_CHECK;

#endif
