/*
 * options: what the caller of stage_run (stage/stage.h) asks for, of all sources or of one. A
 * zeroed struct with sources and RECIPE_DEFAULT is `drydock stage SOURCE…` without options. All
 * pointers are borrowed for the duration of the call.
 */
#ifndef DRYDOCK_STAGE_IMAGE_OPTIONS_H
#define DRYDOCK_STAGE_IMAGE_OPTIONS_H

#include "base/name.h"
#include "stage/archive/limits.h"
#include "stage/blob/recipe.h"
#include "stage/registry/options.h"

enum stage_sparse { /* entries of an index that are not in the archive (I9) */
	            SPARSE_KEEP,
	            SPARSE_PRUNE,
	            SPARSE_ERROR,
};
enum stage_format { FORMAT_AUTO, FORMAT_DOCKER, FORMAT_OCI };
enum stage_oci_layers { OCI_LAYERS_KEEP, OCI_LAYERS_COMPRESS };
enum stage_link { LINK_COPY, LINK_HARD };
enum stage_recheck { RECHECK_NEW, RECHECK_ALL };
enum stage_referrers { REFERRERS_PUBLISH, REFERRERS_OMIT };

struct stage_options;

struct stage_source {
	/* As typed: "app.tar", "-", "oci:dir", "oci:dir:tag", "docker-daemon:app:1",
	 * "docker://app:1". */
	const char *text;
	const char *where; /* "FILE:LINE" of a list, for messages; NULL: the command line */
	/* For this source alone, what it says of sources is not read; NULL: those of the run. */
	const struct stage_options *options;
};

struct stage_options {
	const struct stage_source *sources;
	size_t source_count;
	const char *name;             /* --name REPO[:TAG]; NULL: the names in the source (I8) */
	const char *const *images;    /* --image: of each source that does not say one itself */
	size_t image_count;           /* 0: all (I10) */
	const char *const *platforms; /* --platform os/arch[/variant] */
	size_t platform_count;        /* 0: all that is present (I9) */
	enum name_hosts hosts;        /* what becomes of a name's host (I8) */
	enum stage_sparse sparse;
	enum stage_format format;         /* of manifests made here; AUTO: see C1 */
	struct recipe recipe;             /* --compress, or RECIPE_DEFAULT: of plain layers (C1) */
	enum stage_oci_layers oci_layers; /* COMPRESS: also of OCI images (D2) */
	enum stage_link link;       /* HARD: files of a folder are linked where they may be (P1) */
	enum stage_recheck recheck; /* ALL: read all, and repair the root with it (P2) */
	enum stage_referrers referrers;   /* OMIT: no referrers lists, no fallback tags (T4) */
	unsigned threads;                 /* 0: as many as there are processors */
	struct registry_options registry; /* of docker:// sources; those of the run count */
	struct stage_limits limits;       /* zero fields: the default */
};

#endif
