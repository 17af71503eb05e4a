/*
 * stage: image archives -> a registry root. The whole of the first phase in one call.
 *
 * For each source: find out what it is, read it once, check every digest, write new blobs to
 * ROOT/.drydock/tmp, and publish image by image (db/root/publication.h). A source that fails does
 * not undo those before it; nothing of a rejected image is published.
 */
#ifndef DRYDOCK_STAGE_STAGE_H
#define DRYDOCK_STAGE_STAGE_H

#include "base/event.h"
#include "db/root/root.h"
#include "stage/image/options.h"

struct stage_result {
	uint64_t images; /* manifests that got a tag */
	uint64_t tags;   /* tags published (moved or not) */
	uint64_t sources_failed;
	uint64_t new_blobs, new_bytes; /* that the root did not have before */
};

/*
 * ERR_USAGE for what can be told of the options alone: a name or platform that is none, a source
 * without a path, options that exclude each other. stage_run checks the same; a caller that would
 * make a root for the run asks first.
 */
int stage_options_check(const struct stage_options *options, struct err *err) MUST_CHECK;

/*
 * `root` is open for writing. Emits EVENT_STAGED per tag, EVENT_PROGRESS while reading, EVENT_ERROR
 * for each source that failed. Returns -1 when anything failed: with the source's own error when
 * there was one source, else ERR_PARTIAL when some source was staged.
 */
int stage_run(struct root *root, const struct stage_options *options, const struct event_sink *sink,
              struct stage_result *result, struct err *err) MUST_CHECK;

/*
 * What stage_run would do. `root` is that of root_preview (db/root/preview.h). All is read that
 * stage_run would read, and compressed, since digests follow from it; nothing is written. Emits
 * EVENT_STAGE per tag and one EVENT_STAGE_SUMMARY, and fails as stage_run would.
 */
int stage_dry_run(struct root *root, const struct stage_options *options,
                  const struct event_sink *sink, struct err *err) MUST_CHECK;

#endif
