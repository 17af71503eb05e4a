#include "stage/image/node.h"

#include "base/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LACKS_MAX = 300 };

int node_set_lacks(struct node *node, struct err *err, const char *format, ...)
{
	va_list args;

	if (!node->lacks)
		node->lacks = malloc(LACKS_MAX);
	if (!node->lacks)
		return err_memory(err);
	va_start(args, format);
	(void)vsnprintf(node->lacks, LACKS_MAX, format, args);
	va_end(args);
	return 0;
}

static int note_lack(struct node *node, const char *path, const struct digest *digest,
                     struct err *err)
{
	char text[DIGEST_TEXT_MAX];

	if (!node->complete)
		return 0;
	node->complete = false;
	node->lacking = *digest;
	return node_set_lacks(node, err, "%s (%s) is missing", path, digest_text(digest, text));
}

static int add_platform(struct node *node, const struct platform *platform, uint32_t *position,
                        struct err *err)
{
	char text[PLATFORM_TEXT_MAX];

	if (node->texts->len == 0)
		(void)str_add(node->texts, "", 1);
	(void)platform_text(platform, text);
	*position = text[0] ? (uint32_t)node->texts->len : 0;
	if (text[0])
		(void)str_add(node->texts, text, strlen(text) + 1);
	return str_check(node->texts, "platforms of the indexes", err);
}

const char *edge_platform(const struct node *node, const struct edge *edge)
{
	return edge->platform ? node->texts->data + edge->platform : "";
}

/* What is being read, and by what the children are found. */
struct reading {
	struct node *node;
	node_find_fn find;
	void *context;
};

static int read_edge(const struct reading *r, const struct descriptor *d, enum edge_role role,
                     const char *path, struct err *err)
{
	struct node *node = r->node;
	struct edge *edge = &node->edges[node->edge_count++];

	edge->child = d->digest;
	edge->size_bytes = d->size_bytes;
	edge->role = role;
	edge->attestation = d->attestation;
	if (node->kind == MANIFEST_INDEX && media_type_manifest(d->media_type) != MANIFEST_NONE)
		edge->role = EDGE_MANIFEST;
	if (add_platform(node, &d->platform, &edge->platform, err) < 0 ||
	    r->find(r->context, node, d, edge, path, err) < 0)
		return -1;
	if (edge->present || node->kind == MANIFEST_INDEX || (role == EDGE_LAYER && d->foreign))
		return 0;
	return note_lack(node, path, &d->digest, err);
}

static int judge_index(struct node *node, struct err *err)
{
	const struct edge *wanted = NULL;

	for (uint32_t i = 0; i < node->edge_count; i++) {
		const struct edge *edge = &node->edges[i];

		if (edge->attestation)
			continue;
		if (edge->present)
			return 0;
		if (!wanted)
			wanted = edge;
	}
	if (!wanted)
		return 0;
	return note_lack(node, "no manifest of the index is complete: the first", &wanted->child,
	                 err);
}

static int read_edges(const struct reading *r, const struct manifest *doc, struct err *err)
{
	struct node *node = r->node;
	char path[DESCRIPTOR_PATH_MAX];
	size_t count = manifest_child_count(doc);
	struct descriptor child;

	node->edges = calloc(count + 2, sizeof(*node->edges));
	if (!node->edges)
		return err_memory(err);
	if (node->kind == MANIFEST_IMAGE &&
	    read_edge(r, &doc->config, EDGE_CONFIG, "config", err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (manifest_child(doc, i, &child, path, err) < 0 ||
		    read_edge(r, &child, EDGE_LAYER, path, err) < 0)
			return -1;
	if (node->kind == MANIFEST_INDEX && judge_index(node, err) < 0)
		return -1;
	if (node->subject.alg != DIGEST_NONE)
		node->edges[node->edge_count++] =
			(struct edge){.child = node->subject,
		                      .size_bytes = doc->subject.size_bytes,
		                      .role = EDGE_SUBJECT};
	return 0;
}

int node_read(struct node *node, const struct manifest *doc, node_find_fn find, void *context,
              struct err *err)
{
	const struct reading reading = {node, find, context};
	const char *type = manifest_artifact_type(doc);

	node->kind = doc->kind;
	node->media_type = doc->media_type;
	node->subject = doc->subject.digest;
	node->complete = true;
	if (type)
		node->artifact_type = strdup(type);
	if (doc->annotations)
		node->annotations = json_dumps(doc->annotations, JSON_COMPACT);
	if ((type && !node->artifact_type) || (doc->annotations && !node->annotations))
		return err_memory(err);
	return read_edges(&reading, doc, err);
}

void node_release(struct node *node)
{
	free(node->edges);
	free(node->artifact_type);
	free(node->annotations);
	free(node->lacks);
}

int node_record(const struct node *node, struct db *db, struct err *err)
{
	AUTO_FREE struct edge_row *rows = calloc(node->edge_count + 1, sizeof(*rows));
	struct manifest_row row = {.digest = node->digest,
	                           .media_type = node->media_type,
	                           .artifact_type = node->artifact_type,
	                           .annotations = node->annotations,
	                           .subject = node->subject,
	                           .platform = node->platform[0] ? node->platform : NULL};

	if (!rows)
		return err_memory(err);
	for (uint32_t i = 0; i < node->edge_count; i++) {
		const struct edge *edge = &node->edges[i];

		rows[i].child = edge->child;
		rows[i].role = edge->role;
		rows[i].present = edge->present;
		rows[i].size_bytes = edge->size_bytes;
		(void)snprintf(rows[i].platform, sizeof(rows[i].platform), "%s",
		               edge_platform(node, edge));
	}
	if (manifest_put(db, &row, err) < 0)
		return -1;
	return edges_put(db, &node->digest, rows, node->edge_count, err);
}
