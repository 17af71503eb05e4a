#include "cli/command.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/digest_map.h"
#include "base/media_type.h"
#include "base/stop.h"
#include "base/units.h"
#include "db/state/manifest.h"
#include "db/state/status.h"
#include "db/state/tag.h"
#include "db/state/tag_suggest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TREE_DEPTH_MAX = 16 };

struct listing {
	struct cli *cli;
	struct root *root;
	const char *tag; /* NULL: all tags */
	bool json;
	bool tree;
	uint64_t shown;

	/* Many tags may point to one image: its bytes, and where they stand by its digest. */
	struct digest_map images;
	uint64_t *bytes; /* owned */
	size_t count, cap;
};

static int image_bytes(struct listing *l, const struct digest *d, uint64_t *bytes, struct err *err)
{
	uint32_t at;

	if (digest_map_get(&l->images, d, &at)) {
		*bytes = l->bytes[at];
		return 0;
	}
	if (stop_check(err) < 0 || status_image_bytes(l->root->db, d, bytes, err) < 0 ||
	    array_room(&l->bytes, l->count, &l->cap, err) < 0)
		return -1;
	l->bytes[l->count] = *bytes;
	return digest_map_put(&l->images, d, (uint32_t)l->count++, err);
}

/* "linux/amd64,linux/arm64 (absent)" of an index, or the platform of an image. */
struct platforms {
	struct str *text;
	bool is_index;
};

static int add_platform(void *context, const struct edge_row *edge, struct err *err)
{
	struct platforms *p = context;

	(void)err;
	if (edge->role != EDGE_MANIFEST || !edge->platform[0] ||
	    strcmp(edge->platform, "unknown/unknown") == 0)
		return 0;
	(void)str_addf(p->text, "%s%s%s", p->text->len ? "," : "", edge->platform,
	               edge->present ? "" : "(absent)");
	return 0;
}

static int read_manifest(void *context, const struct manifest_row *row, struct err *err)
{
	struct platforms *p = context;

	(void)err;
	p->is_index = media_type_manifest(row->media_type) == MANIFEST_INDEX;
	if (row->platform)
		(void)str_adds(p->text, row->platform);
	else if (row->artifact_type)
		(void)str_adds(p->text, row->artifact_type);
	return 0;
}

static int read_platforms(struct db *db, const struct digest *d, struct platforms *p,
                          struct err *err)
{
	if (manifest_get(db, d, read_manifest, p, err) < 0)
		return -1;
	return p->is_index ? edges_each(db, d, add_platform, p, err) : 0;
}

static const char *role_name(enum edge_role role)
{
	switch (role) {
	case EDGE_CONFIG:
		return "config";
	case EDGE_LAYER:
		return "layer";
	case EDGE_MANIFEST:
		return "manifest";
	case EDGE_SUBJECT:
		return "subject";
	}
	return "?";
}

struct tree {
	const struct listing *listing;
	const struct tag_row *tag;
	const struct digest *parent; /* whose children are told */
	struct digest_map *shown;    /* borrowed; manifests of this tag whose children were told */
	int depth;
};

/* Whether it has children that were told already; they are from now on. 1, 0, -1. */
static int is_above(const struct tree *tree, const struct edge_row *edge, struct err *err)
{
	uint32_t seen;

	if (edge->role != EDGE_MANIFEST || !edge->present)
		return 0;
	if (digest_map_get(tree->shown, &edge->child, &seen))
		return 1;
	return digest_map_put(tree->shown, &edge->child, 1, err);
}

static void print_edge_json(const struct tree *tree, const struct edge_row *edge, bool above)
{
	char parent[DIGEST_TEXT_MAX], digest[DIGEST_TEXT_MAX];

	report_json_begin("child");
	(void)printf(",\"name\":\"%s\",\"tag\":\"%s\",\"parent\":\"%s\",\"depth\":%d,"
	             "\"role\":\"%s\",\"digest\":\"%s\",\"bytes\":%" PRIu64 ",\"present\":%s,"
	             "\"as_above\":%s",
	             tree->tag->repo, tree->tag->name, digest_text(tree->parent, parent),
	             tree->depth, role_name(edge->role), digest_text(&edge->child, digest),
	             edge->size_bytes, edge->present ? "true" : "false", above ? "true" : "false");
	report_json_text("platform", edge->platform[0] ? edge->platform : NULL);
	(void)printf("}\n");
}

static void print_edge_text(const struct tree *tree, const struct edge_row *edge, bool above)
{
	AUTO_STR struct str line = STR_INIT(1 << 16);
	char size[UNITS_TEXT_MAX];

	(void)str_addf(&line, "%*s%-8s ", 2 * tree->depth, "", role_name(edge->role));
	report_add_digest(&tree->listing->cli->report, &line, &edge->child);
	(void)printf("%s  %s%s%s%s%s\n", str_text(&line), size_text(edge->size_bytes, size),
	             edge->platform[0] ? "  " : "", edge->platform,
	             edge->present ? "" : "  (absent)", above ? "  (as above)" : "");
}

static int print_edge(void *context, const struct edge_row *edge, struct err *err)
{
	const struct tree *tree = context;
	struct tree below = {tree->listing, tree->tag, &edge->child, tree->shown, tree->depth + 1};
	int above = is_above(tree, edge, err);

	if (above < 0 || stop_check(err) < 0)
		return -1;
	if (tree->listing->json)
		print_edge_json(tree, edge, above);
	else
		print_edge_text(tree, edge, above);
	if (edge->role != EDGE_MANIFEST || !edge->present || above || below.depth > TREE_DEPTH_MAX)
		return 0;
	return edges_each(tree->listing->root->db, &edge->child, print_edge, &below, err);
}

static int print_tree(struct listing *l, const struct tag_row *row, struct err *err)
{
	struct digest_map shown = DIGEST_MAP_INIT;
	struct tree tree = {l, row, &row->digest, &shown, 1};
	int result = edges_each(l->root->db, &row->digest, print_edge, &tree, err);

	digest_map_release(&shown);
	return result;
}

static void print_tag_json(const struct tag_row *row, uint64_t bytes, const char *platforms)
{
	char digest[DIGEST_TEXT_MAX], at[UNITS_TEXT_MAX];
	AUTO_STR struct str text = STR_INIT(1 << 20);

	(void)str_add_json(&text, platforms);
	report_json_begin("tag");
	(void)printf(",\"name\":\"%s\",\"tag\":\"%s\",\"digest\":\"%s\","
	             "\"bytes\":%" PRIu64 ",\"staged_at\":\"%s\",\"platforms\":%s}\n",
	             row->repo, row->name, digest_text(&row->digest, digest), bytes,
	             time_text(row->staged_at, at), str_text(&text));
}

static int print_tag(void *context, const struct tag_row *row, struct err *err)
{
	struct listing *l = context;
	AUTO_STR struct str digest = STR_INIT(1024), text = STR_INIT(1 << 16);
	AUTO_STR struct str shown = STR_INIT(1 << 18);
	struct platforms p = {&text, false};
	char size[UNITS_TEXT_MAX], at[UNITS_TEXT_MAX];
	uint64_t bytes;

	if (l->tag && strcmp(l->tag, row->name) != 0)
		return 0;
	if (image_bytes(l, &row->digest, &bytes, err) < 0 ||
	    read_platforms(l->root->db, &row->digest, &p, err) < 0)
		return -1;
	l->shown++;
	if (l->json) {
		print_tag_json(row, bytes, str_text(&text));
		return l->tree ? print_tree(l, row, err) : 0;
	}
	report_add_digest(&l->cli->report, &digest, &row->digest);
	/* An artifact's type is whatever its author wrote. */
	(void)str_add_printable(&shown, str_text(&text), text.len);
	(void)printf("%s:%s  %s  %s  %s  %s\n", row->repo, row->name, str_text(&digest),
	             size_text(bytes, size), time_text(row->staged_at, at), str_text(&shown));
	return l->tree ? print_tree(l, row, err) : 0;
}

static int print_tags_of(struct listing *l, const struct reference *ref, struct err *err)
{
	l->tag = ref->tag[0] ? ref->tag : NULL;
	return tag_each(l->root->db, ref->repo, TAGS_LIVE, print_tag, l, err);
}

int cmd_ls(struct cli *cli, struct err *err)
{
	struct root root = ROOT_INIT;
	struct reference ref, familiar;
	struct err ignored = ERR_INIT;
	enum name_note note;
	struct listing l = {.cli = cli, .root = &root, .images = DIGEST_MAP_INIT};
	const char *operand = cli->options.operand_count ? cli->options.operands[0] : NULL;
	int result = 0;

	if (operand && reference_parse(&familiar, operand, NAME_KEEP_HOSTS, &note, err) < 0) {
		err->code = ERR_USAGE;
		return -1;
	}
	l.json = cli->report.output == REPORT_JSON;
	l.tree = option_flag(&cli->options, OPT_TREE);
	if (cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	if (!operand)
		result = tag_each(root.db, NULL, TAGS_LIVE, print_tag, &l, err);
	else if (reference_parse_plain(&ref, operand, &ignored) == 0)
		result = print_tags_of(&l, &ref, err);
	/* As it was typed; else in the familiar form that stage gives to every name. */
	if (result == 0 && operand && l.shown == 0)
		result = print_tags_of(&l, &familiar, err);
	if (result == 0 && operand && l.shown == 0) {
		result = err_set(err, ERR_NOT_FOUND, "no tag matches %s", operand);
		tag_suggest(root.db, operand, err);
	}
	root_close(&root);
	digest_map_release(&l.images);
	free(l.bytes);
	return result;
}
