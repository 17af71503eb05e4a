#include "stage/image/warn_absent.h"

#include "base/cleanup.h"
#include "stage/image/graph_walk.h"

#include <inttypes.h>

struct telling {
	const struct graph *graph;
	const struct image *image;
};

static void tell_platforms(const struct telling *t, const struct node *node)
{
	const struct import *import = t->graph->import;
	AUTO_STR struct str text = STR_INIT(1024);
	uint32_t attestations = 0;

	for (uint32_t i = 0; i < node->edge_count; i++) {
		const struct edge *edge = &node->edges[i];
		const char *platform = edge_platform(node, edge);

		if (edge->present || edge->role == EDGE_SUBJECT)
			continue;
		if (edge->attestation) {
			attestations++;
			continue;
		}
		if (text.len > 0)
			(void)str_adds(&text, ", ");
		(void)str_adds(&text, platform[0] ? platform : "one of unknown platform");
	}
	if (attestations > 0)
		(void)str_addf(&text, "%s%" PRIu32 " attestation%s", text.len > 0 ? ", " : "",
		               attestations, attestations > 1 ? "s" : "");
	if (text.len > 0)
		event_warning(import->sink,
		              "%s: %s is published without what the archive does not hold: %s",
		              import->source.text, t->image->path, str_text(&text));
}

/* The config is the first edge, and there. */
static void tell_layers(const struct telling *t, const struct node *node)
{
	const struct import *import = t->graph->import;
	char text[DIGEST_TEXT_MAX];

	for (uint32_t i = 1; i < node->edge_count; i++)
		if (!node->edges[i].present && node->edges[i].role == EDGE_LAYER)
			event_warning(import->sink,
			              "%s: %s: layers[%u] (%s) is not in the archive: clients have "
			              "to get it elsewhere, as its type says",
			              import->source.text, t->image->path, i - 1,
			              digest_text(&node->edges[i].child, text));
}

static int warn_node(void *context, const struct digest *digest, uint64_t size_bytes,
                     const struct node *node, struct err *err)
{
	(void)digest;
	(void)size_bytes;
	(void)err;
	if (node && node->kind == MANIFEST_INDEX)
		tell_platforms(context, node);
	else if (node)
		tell_layers(context, node);
	return 0;
}

int warn_absent(const struct graph *graph, const struct image *image, struct err *err)
{
	struct telling t = {graph, image};

	return graph_each(graph, image->node, warn_node, &t, err);
}
