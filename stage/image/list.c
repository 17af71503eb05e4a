#include "stage/image/list.h"

#include "base/cleanup.h"
#include "stage/image/graph_walk.h"
#include "stage/image/no_image.h"
#include "stage/image/registry_images.h"
#include "stage/image/registry_referrers.h"

#include <stdio.h>
#include <string.h>

/* --- OCI layouts --------------------------------------------------------------------------- */

/* An entry of index.json. */
struct listed {
	struct descriptor d;
	char path[DESCRIPTOR_PATH_MAX];
	struct name_sources from;
	enum names_kind kind;
	enum cosign_kind cosign;
	bool chosen;
};

static int read_listed(struct listed *listed, struct image_list *list, const struct manifest *index,
                       size_t i, struct err *err)
{
	int chosen;

	if (manifest_child(index, i, &listed->d, listed->path, err) < 0)
		return -1;
	listed->from = (struct name_sources){
		.containerd_name = descriptor_annotation(&listed->d, ANNOTATION_CONTAINERD_NAME),
		.ref_name = descriptor_annotation(&listed->d, ANNOTATION_REF_NAME),
	};
	listed->kind = image_names_kind(&listed->from);
	listed->cosign = list->cosign_layout ? cosign_kind_of(&listed->d) : COSIGN_NONE;
	chosen = image_choice_takes(&list->choice, i, &listed->d.digest, &listed->from, err);
	listed->chosen = chosen > 0;
	return chosen < 0 ? -1 : 0;
}

/* What was not asked for is read too: it may belong to what was. */
static int add_root(struct image_list *list, const struct listed *listed, struct err *err)
{
	struct import *import = list->graph.import;
	enum manifest_kind type = media_type_manifest(listed->d.media_type);
	struct image *image;
	uint32_t number;

	if ((type == MANIFEST_SCHEMA1 || type == MANIFEST_NONE) && !listed->chosen)
		return 0;
	if (type == MANIFEST_SCHEMA1)
		return err_set(err, ERR_REFUSED,
		               "%s is a schema 1 manifest, which no current client reads",
		               listed->path);
	if (type == MANIFEST_NONE) {
		event_warning(import->sink, "%s: index.json: %s is a %.200s, not an image: skipped",
		              import->source.text, listed->path, listed->d.media_type);
		return 0;
	}
	if (graph_add(&list->graph, &listed->d, listed->path, &number, err) < 0)
		return -1;
	if (!number && !listed->chosen)
		return 0;
	if (!number)
		return err_set(err, ERR_MALFORMED, "%s: the manifest is not in the archive",
		               listed->path);
	if (!graph_node(&list->graph, number)->complete)
		return 0;
	image = list_image_of(list, number, err);
	if (!image)
		return -1;
	(void)snprintf(image->path, sizeof(image->path), "index.json: %.24s", listed->path);
	image->cosign |= cosign_bit(listed->cosign);
	image->chosen = image->chosen || listed->chosen;
	if (listed->chosen && listed->kind > image->says)
		image->says = listed->kind;
	return 0;
}

/*
 * Whether nothing is to be named for the entry. One without a name is an image of its own, and
 * meant by --name, unless another entry names or lists it (oras lists the manifests of its indexes
 * too), or its subject names it. What was asked for as such is an image of its own, too.
 */
static bool adds_no_name(const struct image_list *list, const struct listed *listed,
                         const struct node *node, const struct image *image)
{
	if (cosign_is_companion(listed->cosign))
		return true;
	if (listed->kind == NAMES_NONE)
		return image->says != NAMES_NONE || node->subject.alg != DIGEST_NONE ||
		       (image->below && list->choice.count == 0);
	return listed->kind == NAMES_ODD && image->says > NAMES_ODD;
}

/* The entry's manifest is there, but not all of it. */
static int refuse_incomplete(const struct image_list *list, const struct listed *listed,
                             uint32_t number, const bool *below, struct err *err)
{
	const struct import *import = list->graph.import;
	const char *lacks = graph_node(&list->graph, number)->lacks;

	if (listed->kind == NAMES_NONE && below[number])
		return 0; /* the index that lists it is published without it, and that is told */
	if (!cosign_is_companion(listed->cosign) &&
	    (listed->kind != NAMES_NONE || list->name_rules->wanted))
		return err_set(err, ERR_MALFORMED, "%s: the image is not complete: %s",
		               listed->path, lacks);
	event_warning(import->sink, "%s: index.json: %s is not complete (%s): skipped",
	              import->source.text, listed->path, lacks);
	return 0;
}

static int name_root(struct image_list *list, const struct listed *listed, const bool *below,
                     struct err *err)
{
	uint32_t number = graph_find(&list->graph, &listed->d.digest);
	struct image *image = list_find_image(list, number);

	if (!number || !listed->chosen)
		return 0;
	if (!image)
		return refuse_incomplete(list, listed, number, below, err);
	image->below = below[number];
	if (adds_no_name(list, listed, graph_node(&list->graph, number), image))
		return 0;
	if (image_names_choose(list->name_rules, &listed->from, &image->names, err) < 0)
		return err_context(err, "%s", listed->path);
	return 0;
}

static int check_layout_version(struct import *import, struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = 1 << 16, .max_values = 100, .max_depth = 8, .bytes_hint = ""};
	AUTO_STR struct str text = STR_INIT(limits.max_bytes);
	AUTO_JSON json_t *json = NULL;
	const char *version;
	struct entry entry;
	int got = source_find(&import->source, "oci-layout", &entry, err);

	/* Some tools leave it out; one that is there must be of a version that is known. */
	if (got <= 0)
		return got;
	if (import_entry_text(import, &entry, &limits, &text, err) < 0)
		return -1;
	json = json_parse_limited(str_text(&text), text.len, &limits, err);
	if (!json)
		return err_context(err, "oci-layout");
	version = json_text(json, "imageLayoutVersion");
	if (version && strncmp(version, "1.", 2) == 0)
		return 0;
	return err_set(err, ERR_REFUSED, "oci-layout: imageLayoutVersion is '%.40s', not 1.x",
	               version ? version : "");
}

/* What `image` is a companion of `of` as: the tags for that in the repositories of `of`. */
static int name_companion(struct image_list *list, struct image *image, const struct image *of,
                          struct err *err)
{
	char tag[TAG_MAX + 1];

	image->about = graph_node(&list->graph, of->node)->digest;
	for (enum cosign_kind kind = COSIGN_NONE; kind <= COSIGN_SBOMS; kind++) {
		if (!cosign_is_companion(kind) || !(image->cosign & cosign_bit(kind)))
			continue;
		(void)cosign_tag(tag, kind, &image->about);
		for (size_t i = 0; i < of->names.count; i++)
			if (name_set_add(&image->names, of->names.names[i].repo, tag, err) < 0)
				return -1;
	}
	return 0;
}

/* Signatures and the like stand under tags that are made of their image's digest. */
static int name_companions(struct image_list *list, struct err *err)
{
	const struct image *of = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (list->images[i].cosign & cosign_bit(COSIGN_IMAGE))
			of = &list->images[i];
	for (size_t i = 0; of && i < list->count; i++)
		if (cosign_only_companion(list->images[i].cosign) &&
		    name_companion(list, &list->images[i], of, err) < 0)
			return -1;
	return 0;
}

/* Whether the index lists one image as cosign does, under however many names. */
static int find_cosign_layout(struct image_list *list, const struct manifest *index,
                              struct err *err)
{
	struct digest image = {.alg = DIGEST_NONE};
	char path[DESCRIPTOR_PATH_MAX];
	struct descriptor d;

	list->cosign_layout = false;
	for (size_t i = 0; i < manifest_child_count(index); i++) {
		if (manifest_child(index, i, &d, path, err) < 0)
			return err_context(err, "index.json");
		if (cosign_kind_of(&d) != COSIGN_IMAGE)
			continue;
		list->cosign_layout = image.alg == DIGEST_NONE || digest_equal(&image, &d.digest);
		if (!list->cosign_layout)
			return 0;
		image = d.digest;
	}
	return 0;
}

/* All entries are read before one is named: what another one lists can come first. */
static int load_roots(struct image_list *list, const struct manifest *index, struct err *err)
{
	AUTO_FREE bool *below = NULL;
	struct listed listed;

	if (find_cosign_layout(list, index, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest_child_count(index); i++)
		if (read_listed(&listed, list, index, i, err) < 0 ||
		    add_root(list, &listed, err) < 0)
			return err_context(err, "index.json");
	below = calloc(list->graph.count + 1, sizeof(*below));
	if (!below)
		return err_memory(err);
	for (size_t i = 0; i < list->count; i++)
		graph_mark_below(&list->graph, list->images[i].node, below);
	for (size_t i = 0; i < manifest_child_count(index); i++)
		if (read_listed(&listed, list, index, i, err) < 0 ||
		    name_root(list, &listed, below, err) < 0)
			return err_context(err, "index.json");
	return name_companions(list, err);
}

static int load_layout(struct image_list *list, const struct entry *entry, size_t *count,
                       struct err *err)
{
	struct import *import = list->graph.import;
	const struct json_limits *limits = &import->limits.index;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct manifest index = MANIFEST_INIT;
	int result;

	if (check_layout_version(import, err) < 0 ||
	    import_entry_text(import, entry, limits, &text, err) < 0)
		return -1;
	if (manifest_read_layout_index(&index, str_text(&text), text.len, limits, err) < 0)
		return err_context(err, "index.json");
	str_release(&text);
	result = load_roots(list, &index, err);
	*count = manifest_child_count(&index);
	manifest_release(&index);
	return result;
}

/* --- docker-archives ----------------------------------------------------------------------- */

/* The configs of the manifests that were read: of those index.json has said it all. */
static int note_configs(const struct graph *graph, struct digest_map *configs, struct err *err)
{
	for (uint32_t i = 1; i <= graph->count; i++) {
		const struct node *node = graph_node(graph, i);

		if (node->kind == MANIFEST_IMAGE && node->edge_count > 0 &&
		    digest_map_put(configs, &node->edges[0].child, i, err) < 0)
			return -1;
	}
	return 0;
}

/* Leaves those of the image's names that were asked for: 1, or 0 when the image was not, or -1. */
static int choose_tags(struct image_list *list, struct docker_image *docker, size_t number,
                       struct err *err)
{
	struct name_sources from = {.repo_tag_count = docker->repo_tag_count > 0};
	size_t kept = 0;
	int any = 0;

	for (size_t i = 0; i == 0 || i < docker->repo_tag_count; i++) {
		int got;

		from.repo_tags = &docker->repo_tags[i];
		got = image_choice_takes(&list->choice, number, &docker->config.digest, &from, err);
		if (got < 0)
			return -1;
		any |= got;
		if (got && from.repo_tag_count)
			docker->repo_tags[kept++] = docker->repo_tags[i];
	}
	docker->repo_tag_count = kept;
	return any;
}

static int name_docker(struct image_list *list, struct docker_image *docker,
                       enum manifest_format format, struct err *err)
{
	struct name_sources from = {.repo_tags = docker->repo_tags,
	                            .repo_tag_count = docker->repo_tag_count};
	struct image *image = list_add_image(list, err);

	if (!image) {
		docker_image_release(docker);
		return -1;
	}
	image->docker = *docker;
	image->format = format;
	image->chosen = true;
	(void)snprintf(image->path, sizeof(image->path), "%s", docker->path);
	if (image_names_choose(list->name_rules, &from, &image->names, err) < 0)
		return err_context(err, "%s", image->path);
	return 0;
}

/* `before` entries of index.json are counted before those of manifest.json. */
static int load_docker_images(struct image_list *list, enum manifest_format format, size_t before,
                              const struct digest_map *configs, struct err *err)
{
	uint32_t ignored;

	for (size_t i = 0; i < docker_archive_count(&list->docker); i++) {
		struct docker_image docker;
		int chosen = 0;

		if (docker_image_open(&docker, &list->docker, list->graph.import, i, err) < 0)
			return -1;
		if (!digest_map_get(configs, &docker.config.digest, &ignored))
			chosen = choose_tags(list, &docker, before + i, err);
		if (chosen > 0 && name_docker(list, &docker, format, err) < 0)
			return -1;
		if (chosen <= 0)
			docker_image_release(&docker);
		if (chosen < 0)
			return -1;
	}
	return 0;
}

static int load_docker(struct image_list *list, enum manifest_format format, size_t before,
                       struct err *err)
{
	struct digest_map configs = DIGEST_MAP_INIT;
	int result = note_configs(&list->graph, &configs, err);

	if (result == 0)
		result = load_docker_images(list, format, before, &configs, err);
	digest_map_release(&configs);
	return result;
}

/* --- dir: ---------------------------------------------------------------------------------- */

static int load_dir(struct image_list *list, const struct entry *entry, struct err *err)
{
	struct import *import = list->graph.import;
	const struct json_limits *limits = &import->limits.manifest;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct name_sources from = {NULL, NULL, NULL, 0};
	struct image *image;
	uint32_t number;
	int chosen;

	import->paths = PATHS_DIR;
	if (import_entry_text(import, entry, limits, &text, err) < 0)
		return -1;
	if (graph_add_bytes(&list->graph, str_text(&text), text.len, NULL, &number, err) < 0)
		return err_context(err, "manifest.json");
	if (!graph_node(&list->graph, number)->complete)
		return err_set(err, ERR_MALFORMED, "the image is not complete: %s",
		               graph_node(&list->graph, number)->lacks);
	chosen = image_choice_takes(&list->choice, 0, &graph_node(&list->graph, number)->digest,
	                            &from, err);
	image = chosen < 0 ? NULL : list_image_of(list, number, err);
	if (!image)
		return -1;
	image->chosen = chosen > 0;
	(void)snprintf(image->path, sizeof(image->path), "manifest.json");
	return image_names_choose(list->name_rules, &from, &image->names, err);
}

/* --- all of them --------------------------------------------------------------------------- */

static int nothing_found(struct import *import, struct err *err)
{
	struct entry entry;
	int got = source_find(&import->source, "repositories", &entry, err);

	if (got < 0)
		return -1;
	if (got > 0)
		return err_set(err, ERR_MALFORMED,
		               "an archive of Docker before 1.10, without manifest.json: load it "
		               "with a current tool and save it again");
	return no_image(&import->source, err);
}

static int load_registry(struct image_list *list, struct err *err)
{
	const struct registry_session *session = list->graph.import->remote.session;

	if (registry_images_load(list, err) < 0)
		return -1;
	return registry_session_options(session)->referrers ? registry_referrers_load(list, err)
	                                                    : 0;
}

static int load_documents(struct image_list *list, struct err *err)
{
	struct import *import = list->graph.import;
	enum source_prefix prefix = import->source.prefix;
	struct entry index, manifest;
	size_t count = 0;
	int has_docker, has_index, has_manifest;

	if (prefix == PREFIX_REGISTRY)
		return load_registry(list, err);
	has_docker = docker_archive_open(&list->docker, import, err);
	has_index = has_docker < 0 ? -1 : source_find(&import->source, "index.json", &index, err);
	has_manifest =
		has_index < 0 ? -1 : source_find(&import->source, "manifest.json", &manifest, err);
	if (has_manifest < 0)
		return -1;
	if (prefix == PREFIX_DOCKER_ARCHIVE && !has_docker)
		return err_set(err, ERR_MALFORMED, "no manifest.json of a docker-archive in it");
	if ((prefix == PREFIX_OCI || prefix == PREFIX_OCI_ARCHIVE) && !has_index)
		return err_set(err, ERR_MALFORMED, "no index.json of an OCI layout in it");
	if (has_docker && (!has_index || prefix == PREFIX_DOCKER_ARCHIVE))
		return load_docker(list, MANIFEST_DOCKER, 0, err);
	if (has_docker && docker_archive_has_layer_sources(&list->docker) &&
	    prefix != PREFIX_OCI_ARCHIVE && prefix != PREFIX_OCI)
		return load_docker(list, MANIFEST_OCI, 0, err);
	if (has_index && prefix != PREFIX_DIR) {
		if (load_layout(list, &index, &count, err) < 0)
			return -1;
		return load_docker(list, MANIFEST_DOCKER, count, err);
	}
	if (has_manifest && !has_docker)
		return load_dir(list, &manifest, err);
	return nothing_found(import, err);
}

/* What was asked for: with the source itself, or with all of them. */
static int init_choice(struct image_list *list, const struct import *import, struct err *err)
{
	const char *const *of_source = &import->source.image;

	if (*of_source)
		return image_choice_init(&list->choice, of_source, 1, import->options->hosts, err);
	return image_choice_init(&list->choice, import->options->images,
	                         import->options->image_count, import->options->hosts, err);
}

int image_list_load(struct image_list *list, struct import *import,
                    const struct image_names *name_rules, struct err *err)
{
	memset(list, 0, sizeof(*list));
	graph_init(&list->graph, import);
	list->name_rules = name_rules;
	if (init_choice(list, import, err) < 0 || load_documents(list, err) < 0 ||
	    image_choice_check(&list->choice, err) < 0)
		return -1;
	return list->count > 0 ? 0 : err_set(err, ERR_MALFORMED, "no image in it");
}

void image_list_release(struct image_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		docker_image_release(&list->images[i].docker);
		name_set_release(&list->images[i].names);
	}
	free(list->images);
	image_choice_release(&list->choice);
	docker_archive_close(&list->docker);
	digest_map_release(&list->by_node);
	graph_release(&list->graph);
	memset(list, 0, sizeof(*list));
}
