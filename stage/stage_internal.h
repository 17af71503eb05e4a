/*
 * stage_internal: what the sources of one call of stage share.
 */
#ifndef DRYDOCK_STAGE_STAGE_INTERNAL_H
#define DRYDOCK_STAGE_STAGE_INTERNAL_H

#include "base/event.h"
#include "db/root/root.h"
#include "stage/document/tag_claims.h"
#include "stage/image/registries.h"
#include "stage/image/settings.h"
#include "stage/stage.h"
#include "stage/tree/publish_plan.h"
#include "stage/tree/publish_queue.h"

struct run {
	struct root *root;
	const struct event_sink *sink;
	struct stage_result *result;
	struct pool *pool;                   /* owned */
	struct registries registries;        /* owned */
	struct tag_claims tags;              /* which digest each tag of this run got */
	struct settings settings;            /* owned: of the source at hand, as what follows */
	const struct stage_options *options; /* settings.options */
	struct publish_queue queue;
	struct publish_plan *plan; /* borrowed: of a dry run, instead of the queue; NULL: none */
};

#endif
