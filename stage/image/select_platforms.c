#include "stage/image/select_platforms.h"

#include "base/cleanup.h"

#include <string.h>

bool platform_is_wanted(const struct platform_selection *selection, const struct platform *have)
{
	for (size_t i = 0; i < selection->platform_count; i++)
		if (platform_matches(&selection->platforms[i], have))
			return true;
	return selection->platform_count == 0;
}

/* What the selection makes of an index: its entries by position. */
struct filter {
	struct graph *graph;
	const struct node *node;
	const struct platform_selection *selection;
	struct manifest doc;
	json_t *kept; /* owned: the new list of manifests */
	bool changed;
	size_t images; /* kept entries that are no attestations */
};

/* The index's own word for the platform, or else the config's. */
static int platform_of(const struct filter *f, const struct descriptor *child,
                       const struct edge *edge, struct platform *platform, struct err *err)
{
	*platform = child->platform;
	if ((platform->os[0] && platform->arch[0]) || !edge->node ||
	    !graph_node(f->graph, edge->node)->platform[0])
		return 0;
	return platform_parse(platform, graph_node(f->graph, edge->node)->platform, err);
}

static int keep_entry(struct filter *f, size_t index)
{
	return json_array_append(f->kept, json_array_get(f->doc.children, index));
}

/*
 * An index inside of an index is selected from in its turn, and its descriptor follows (an artifact
 * stays). One that
 * nothing remains of goes.
 */
static int keep_nested(struct filter *f, size_t index, uint32_t nested, struct err *err)
{
	char text[DIGEST_TEXT_MAX];
	const struct node *node;
	uint32_t number = nested;
	json_t *entry;

	if (select_platforms(f->graph, &number, f->selection, err) < 0)
		return -1;
	if (number == nested || !number) {
		f->changed = f->changed || !number;
		f->images += number != 0;
		return number && keep_entry(f, index) < 0 ? err_memory(err) : 0;
	}
	node = graph_node(f->graph, number);
	entry = json_copy(json_array_get(f->doc.children, index));
	if (!entry ||
	    json_object_set_new(entry, "digest", json_string(digest_text(&node->digest, text))) <
	            0 ||
	    json_object_set_new(entry, "size", json_integer((json_int_t)node->size_bytes)) < 0 ||
	    json_array_append_new(f->kept, entry) < 0)
		return err_memory(err);
	(void)json_object_del(entry, "data");
	f->changed = true;
	f->images++;
	return 0;
}

/* Attestations are left for later, when it is known what they are about. */
static int filter_one(struct filter *f, size_t index, struct err *err)
{
	const struct edge *edge = &f->node->edges[index];
	char path[DESCRIPTOR_PATH_MAX];
	struct platform platform;
	struct descriptor child;

	if (manifest_child(&f->doc, index, &child, path, err) < 0)
		return -1;
	if (child.attestation)
		return 0;
	if (edge->node && graph_node(f->graph, edge->node)->kind != MANIFEST_IMAGE)
		return keep_nested(f, index, edge->node, err);
	if (platform_of(f, &child, edge, &platform, err) < 0)
		return -1;
	if (!platform_is_wanted(f->selection, &platform) ||
	    (!edge->present && f->selection->sparse == SPARSE_PRUNE)) {
		f->changed = true;
		return 0;
	}
	if (!edge->present && f->selection->sparse == SPARSE_ERROR)
		return err_set(err, ERR_REFUSED,
		               "%s (%s) is not complete in the archive, and --sparse=error was "
		               "given",
		               path, edge_platform(f->node, edge));
	f->images++;
	return keep_entry(f, index) < 0 ? err_memory(err) : 0;
}

static bool is_kept(const struct filter *f, const struct digest *digest)
{
	char text[DIGEST_TEXT_MAX];
	const json_t *entry;
	size_t i;

	(void)digest_text(digest, text);
	json_array_foreach (f->kept, i, entry) {
		const char *have = json_text(entry, "digest");

		if (have && strcmp(have, text) == 0)
			return true;
	}
	return false;
}

static int filter_attestation(struct filter *f, size_t index, struct err *err)
{
	const struct edge *edge = &f->node->edges[index];
	char path[DESCRIPTOR_PATH_MAX];
	struct descriptor child;

	if (manifest_child(&f->doc, index, &child, path, err) < 0)
		return -1;
	if (!child.attestation)
		return 0;
	if ((child.attested.alg != DIGEST_NONE && !is_kept(f, &child.attested)) ||
	    (!edge->present && f->selection->sparse == SPARSE_PRUNE)) {
		f->changed = true;
		return 0;
	}
	return keep_entry(f, index) < 0 ? err_memory(err) : 0;
}

static int write_index(struct filter *f, uint32_t *number, struct err *err)
{
	AUTO_FREE char *text = NULL;

	if (json_object_set(f->doc.json, "manifests", f->kept) < 0)
		return err_memory(err);
	text = json_dumps(f->doc.json, JSON_COMPACT);
	if (!text)
		return err_memory(err);
	return graph_add_bytes(f->graph, text, strlen(text), f->doc.media_type, number, err);
}

static int filter_index(struct filter *f, uint32_t *number, struct err *err)
{
	size_t count = manifest_child_count(&f->doc);

	f->kept = json_array();
	if (!f->kept)
		return err_memory(err);
	for (size_t i = 0; i < count; i++)
		if (filter_one(f, i, err) < 0)
			return -1;
	if (count > 0 && f->images == 0) {
		*number = 0;
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (filter_attestation(f, i, err) < 0)
			return -1;
	return f->changed ? write_index(f, number, err) : 0;
}

/* One image: kept or not as a whole. A config that says no platform fits none. */
static int select_single(const struct graph *graph, uint32_t *number,
                         const struct platform_selection *selection, struct err *err)
{
	const struct node *node = graph_node(graph, *number);
	struct platform platform = {"", "", ""};

	if (selection->platform_count == 0)
		return 0;
	if (node->platform[0] && platform_parse(&platform, node->platform, err) < 0)
		return -1;
	if (!platform_is_wanted(selection, &platform))
		*number = 0;
	return 0;
}

int select_platforms(struct graph *graph, uint32_t *number,
                     const struct platform_selection *selection, struct err *err)
{
	struct filter f = {.graph = graph,
	                   .node = graph_node(graph, *number),
	                   .selection = selection,
	                   .doc = MANIFEST_INIT};
	int result = -1;

	if (f.node->kind == MANIFEST_ARTIFACT)
		return 0; /* it is of no platform */
	if (f.node->kind == MANIFEST_IMAGE)
		return select_single(graph, number, selection, err);
	if (selection->platform_count == 0 && selection->sparse == SPARSE_KEEP)
		return 0;
	if (graph_document(graph, f.node, &f.doc, err) == 0)
		result = filter_index(&f, number, err);
	json_decref(f.kept);
	manifest_release(&f.doc);
	return result;
}
