/*
 * registries: where the docker:// sources of a run are asked for: at a mirror of their registry, if
 * there is one (R9), and at the registry itself when no mirror has what is wanted.
 *
 *     struct registries registries;
 *     registries_init(&registries, &options, err)
 *     for each source: registries_begin(&registries);
 *             do … registries_open(&registries, import, err) … fetch and publish …
 *             while (it failed && registries_elsewhere(&registries, sink, text, err));
 *     registries_release(&registries);
 */
#ifndef DRYDOCK_STAGE_IMAGE_REGISTRIES_H
#define DRYDOCK_STAGE_IMAGE_REGISTRIES_H

#include "stage/image/import.h"
#include "stage/registry/sessions.h"

struct registries {
	const struct registry_options *options; /* borrowed */
	struct registry_options of_mirrors;     /* the same with less patience */
	struct registry_sessions sessions;      /* owned */
	struct registry_mirror *mirrors;        /* owned: options->mirror_count */
	bool *away; /* owned: of the mirrors, those that did not answer */
	size_t at;  /* the mirror that is asked; options->mirror_count: the registry itself */
	bool is_open;
};

/* registries_release in any case. */
int registries_init(struct registries *r, const struct registry_options *options,
                    struct err *err) MUST_CHECK;
void registries_release(struct registries *r);

/* A source's turn; one that is no docker:// takes none of this. */
void registries_begin(struct registries *r);
/* Gives the import of a docker:// source the session for it. */
int registries_open(struct registries *r, struct import *import, struct err *err) MUST_CHECK;
/*
 * Whether what failed with `err` may be had elsewhere than where registries_open went; that is
 * told, and it goes there next.
 */
bool registries_elsewhere(struct registries *r, const struct event_sink *sink, const char *text,
                          const struct err *err);

#endif
