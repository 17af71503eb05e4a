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
#include "base/name.h"
#include "db/root/root.h"
#include "stage/archive/limits.h"

enum stage_sparse { SPARSE_KEEP, SPARSE_PRUNE, SPARSE_ERROR };
enum stage_format { FORMAT_AUTO, FORMAT_DOCKER, FORMAT_OCI };
enum stage_compress { COMPRESS_AUTO, COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD };
enum stage_link { LINK_COPY, LINK_HARD };
enum stage_recheck { RECHECK_NEW, RECHECK_ALL };
enum stage_referrers { REFERRERS_PUBLISH, REFERRERS_OMIT };

/* All pointers are borrowed for the duration of the call. */
struct stage_options {
	const char *const *sources; /* as typed: "app.tar", "-", "oci:dir", "docker-daemon:app:1" */
	size_t source_count;
	const char *name;             /* --name REPO[:TAG], or NULL */
	const char *const *platforms; /* --platform os/arch[/variant] */
	size_t platform_count;
	enum name_hosts hosts;
	enum stage_sparse sparse;
	enum stage_format format;
	enum stage_compress compress;
	int compress_level; /* 0: the encoder's default */
	enum stage_link link;
	enum stage_recheck recheck; /* RECHECK_ALL: read all, and repair the root with it */
	enum stage_referrers referrers;
	unsigned threads;           /* 0: as many as there are processors */
	struct stage_limits limits; /* zero fields: the default */
};

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

#endif
