#include "stage/run_images.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "stage/image/companions.h"
#include "stage/image/compress_layers.h"
#include "stage/image/docker_layers.h"
#include "stage/image/docker_oci_manifest.h"
#include "stage/image/graph_fetch.h"
#include "stage/image/graph_walk.h"
#include "stage/image/list_names.h"
#include "stage/image/select_platforms.h"
#include "stage/image/warn_absent.h"

static enum manifest_format choose_format(const struct run *run, const struct image *image)
{
	if (run->options->format != FORMAT_AUTO)
		return run->options->format == FORMAT_OCI ? MANIFEST_OCI : MANIFEST_DOCKER;
	return run->options->recipe.kind == RECIPE_ZSTD ? MANIFEST_OCI : image->format;
}

/* Makes the manifest of a docker-archive's image, which needs its layers. */
static int build_manifest(struct run *run, struct import *import, struct image_list *list,
                          struct image *image, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(import->limits.manifest.max_bytes);

	if (image->node)
		return 0;
	if (docker_layers_build(&image->docker, import, choose_format(run, image), &text, err) < 0)
		return -1;
	if (graph_add_bytes(&list->graph, str_text(&text), text.len, NULL, &image->node, err) < 0)
		return -1;
	if (run->options->recipe.kind != RECIPE_NONE || image->format != MANIFEST_OCI ||
	    choose_format(run, image) != MANIFEST_OCI)
		return 0;
	return docker_oci_manifest_find(&list->graph, &image->node, err);
}

static void tell_note(void *context, const char *text, const char *repo)
{
	const struct run *run = context;

	settings_note_host(run->sink, text, repo);
}

static void tell_staged(const struct run *run, const struct node *node,
                        const struct name_set *names, const struct publish_result *published)
{
	struct event event = {.type = EVENT_STAGED};

	event.u.staged.digest = node->digest;
	event.u.staged.media_type = node->media_type;
	event.u.staged.bytes = published->bytes;
	event.u.staged.new_blobs = published->new_blobs;
	event.u.staged.new_bytes = published->new_bytes;
	for (size_t i = 0; i < names->count; i++) {
		if (!names->names[i].tag[0])
			continue;
		event.u.staged.name = names->names[i].repo;
		event.u.staged.tag = names->names[i].tag;
		event_emit(run->sink, &event);
		run->result->tags++;
		/* The same bytes are new only once, under however many tags. */
		event.u.staged.new_blobs = event.u.staged.new_bytes = 0;
	}
}

/* What --platform and --sparse leave of the image. */
static int narrow_node(struct run *run, struct import *import, struct image_list *list,
                       struct image *image, const struct platform_selection *selection,
                       struct err *err)
{
	struct digest before = graph_node(&list->graph, image->node)->digest;
	char old_text[DIGEST_TEXT_MAX], new_text[DIGEST_TEXT_MAX];
	uint32_t number = image->node;
	const struct node *node;

	if (select_platforms(&list->graph, &number, selection, err) < 0)
		return err_context(err, "%s", image->path);
	image->unwanted = number == 0;
	if (image->unwanted)
		return 0;
	image->node = number;
	node = graph_node(&list->graph, number);
	if (!node->complete)
		return err_set(err, ERR_MALFORMED, "%s: the image is not complete: %s", image->path,
		               node->lacks);
	if (!digest_equal(&before, &node->digest))
		event_note(run->sink, "%s: %s: index %s became %s, without what was not wanted",
		           import->source.text, image->path, digest_text(&before, old_text),
		           digest_text(&node->digest, new_text));
	return 0;
}

/*
 * Before names are claimed, since images of one name can be for different platforms. What was saved
 * for another image goes with that.
 */
static int narrow_images(struct run *run, struct import *import, struct image_list *list,
                         struct err *err)
{
	struct platform_selection selection = {run->settings.platforms,
	                                       run->options->platform_count, run->options->sparse};

	for (size_t i = 0; i < list->count; i++) {
		struct image *image = &list->images[i];

		if (subject_is_needed(image) || image->names.count == 0)
			continue;
		if (!image->node)
			image->unwanted = !platform_is_wanted(&selection, &image->docker.platform);
		else if (narrow_node(run, import, list, image, &selection, err) < 0)
			return -1;
		if (image->unwanted)
			event_warning(run->sink,
			              "%s: %s is for none of the platforms that are wanted: "
			              "skipped",
			              import->source.text, image->path);
	}
	return 0;
}

/* The plain layers of an OCI image stay as they are, unless --compress was given (D2). */
static int convert_image(struct run *run, struct image_list *list, struct image *image,
                         struct err *err)
{
	if (run->options->oci_layers != OCI_LAYERS_COMPRESS ||
	    run->options->recipe.kind == RECIPE_NONE || !image->node || image->docker.layers)
		return 0;
	if (list->graph.import->remote.session && graph_fetch(&list->graph, image->node, err) < 0)
		return err_context(err, "%s", image->path);
	if (compress_layers(&list->graph, &image->node, err) < 0)
		return err_context(err, "%s", image->path);
	return 0;
}

static void note_published(void *context, const struct publish_item *item)
{
	struct run *run = context;

	run->result->images += item->names->names[0].tag[0] != '\0';
	run->result->new_blobs += item->result.new_blobs;
	run->result->new_bytes += item->result.new_bytes;
	tag_claims_publish(&run->tags, item->names);
	tell_staged(run, graph_node(run->queue.graph, item->number), item->names, &item->result);
}

/* A dry run needs no more of a registry's blobs than their descriptors. */
static int fetch_blobs(const struct run *run, struct image_list *list, const struct image *image,
                       struct err *err)
{
	if (run->plan && run->queue.import->remote.session)
		return 0;
	return graph_fetch(&list->graph, image->node, err);
}

static int queue_staged(struct run *run, struct image_list *list, const struct image *image,
                        struct err *err)
{
	const struct node *node = graph_node(&list->graph, image->node);

	if (tag_claims_check(&run->tags, &image->names, &node->digest, err) < 0)
		return -1;
	if (warn_absent(&list->graph, image, err) < 0 || fetch_blobs(run, list, image, err) < 0)
		return err_context(err, "%s", image->path);
	if (!run->plan)
		return publish_queue_add(&run->queue, image->node, &image->names, image->path, err);
	if (publish_plan_add(run->plan, run->queue.import, &list->graph, image->node, &image->names,
	                     err) < 0)
		return err_context(err, "%s", image->path);
	tag_claims_publish(&run->tags, &image->names);
	return 0;
}

static int add_bytes(void *context, const struct digest *digest, uint64_t size_bytes,
                     const struct node *node, struct err *err)
{
	(void)digest;
	(void)node;
	(void)err;
	*(uint64_t *)context += size_bytes;
	return 0;
}

/* How much may have to be read for the image. */
static int weigh_image(struct import *import, const struct image_list *list,
                       const struct image *image, uint64_t *bytes, struct err *err)
{
	size_t layers = json_array_size(image->docker.layers);
	struct entry entry;

	*bytes = 0;
	if (image->node)
		return graph_each(&list->graph, image->node, add_bytes, bytes, err);
	for (size_t i = 0; i < layers && *bytes < PUBLISH_QUEUE_LARGE_BYTES; i++) {
		const char *path = json_string_value(json_array_get(image->docker.layers, i));
		int got = path ? source_find(&import->source, path, &entry, err) : 0;

		if (got < 0)
			return -1;
		*bytes += got > 0 ? entry.size_bytes : 0;
	}
	return 0;
}

/* Those before it do not wait for an image that takes long. */
static int make_way(struct run *run, struct import *import, const struct image_list *list,
                    const struct image *image, struct err *err)
{
	uint64_t bytes;

	if (run->queue.count == 0)
		return 0;
	if (weigh_image(import, list, image, &bytes, err) < 0)
		return err_context(err, "%s", image->path);
	return bytes < PUBLISH_QUEUE_LARGE_BYTES ? 0 : publish_queue_flush(&run->queue, err);
}

static int stage_image(struct run *run, struct import *import, struct image_list *list,
                       struct image *image, struct err *err)
{
	if (stop_check(err) < 0)
		return -1;
	if (image->names.count == 0 || image->unwanted ||
	    tag_claims_published(&run->tags, &image->names))
		return 0;
	if (make_way(run, import, list, image, err) < 0 ||
	    build_manifest(run, import, list, image, err) < 0 ||
	    convert_image(run, list, image, err) < 0)
		return -1;
	return queue_staged(run, list, image, err);
}

/* The images that are themselves wanted. They are in the tree at its end. */
static int stage_subjects(struct run *run, struct import *import, struct image_list *list,
                          struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (!subject_is_needed(&list->images[i]) &&
		    stage_image(run, import, list, &list->images[i], err) < 0)
			return -1;
	return publish_queue_flush(&run->queue, err);
}

/* Those whose subjects have had their turn. 1 when one was staged. */
static int stage_round(struct run *run, struct import *import, struct image_list *list, bool last,
                       struct err *err)
{
	const struct text_set *planned = run->plan ? &run->plan->manifests : NULL;
	int changed = 0;

	companions_note_waits(list);
	for (size_t i = 0; i < list->count; i++) {
		struct image *image = &list->images[i];
		int got = 0;

		if (subject_is_needed(image) && (last || !image->waits))
			got = companions_join(run->root->db, planned, image, err);
		if (got < 0 || (got > 0 && stage_image(run, import, list, image, err) < 0))
			return -1;
		if (got == 0)
			continue;
		image->about.alg = DIGEST_NONE;
		changed = 1;
	}
	return publish_queue_flush(&run->queue, err) < 0 ? -1 : changed;
}

/*
 * Then what was saved for them. A referrer of a referrer has its turn after its subject, or last,
 * when that is not published.
 */
static int stage_companions(struct run *run, struct import *import, struct image_list *list,
                            struct err *err)
{
	int changed;

	for (int last = 0; last <= 1; last++)
		do {
			changed = stage_round(run, import, list, last, err);
			if (changed < 0)
				return -1;
		} while (changed);
	for (size_t i = 0; i < list->count; i++) {
		const struct image *image = &list->images[i];
		char text[DIGEST_TEXT_MAX];

		if (subject_is_needed(image) && image->chosen)
			event_warning(
				run->sink, "%s: %s belongs to %s, which is not published: skipped",
				import->source.text, image->path, digest_text(&image->about, text));
	}
	return 0;
}

/* The error of the image that failed stands, unless one before it fails as well (V4). */
static int flush_after(struct run *run, struct err *err)
{
	struct err other = ERR_INIT;

	if (err_scope(err) != ERR_SCOPE_RUN && publish_queue_flush(&run->queue, &other) < 0)
		*err = other;
	return -1;
}

int run_images(struct run *run, struct import *import, struct err *err)
{
	struct image_names rules = {.wanted = run->options->name ? &run->settings.name : NULL,
	                            .hosts = run->options->hosts,
	                            .note = tell_note,
	                            .context = run};
	struct image_list list;
	int result = -1;

	run->queue = (struct publish_queue){
		.import = import, .graph = &list.graph, .fn = note_published, .context = run};
	if (image_list_load(&list, import, &rules, err) == 0 && list_names_join(&list, err) == 0 &&
	    narrow_images(run, import, &list, err) == 0 && list_names_check(&list, err) == 0 &&
	    stage_subjects(run, import, &list, err) == 0)
		result = stage_companions(run, import, &list, err);
	if (result < 0)
		result = flush_after(run, err);
	publish_queue_release(&run->queue);
	image_list_release(&list);
	return result;
}
