#include "stage/page/layer_list.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "stage/page/html.h"
#include "stage/page/kind.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_MAX = 400 };

/* False: not known. */
static bool unpacked_bytes(const struct descriptor *layer, uint64_t *bytes)
{
	const char *told = descriptor_annotation(layer, "io.containers.estargz.uncompressed-size");

	if (strcmp(kind_of_layer(layer->media_type), "tar") == 0) {
		*bytes = layer->size_bytes;
		return true;
	}
	if (!told || !*told || strlen(told) > 18 || told[strspn(told, "0123456789")])
		return false;
	*bytes = strtoull(told, NULL, 10);
	return true;
}

static void add_size(struct str *out, const char *name, uint64_t bytes)
{
	(void)str_addf(out, "<dt>%s</dt><dd>", name);
	html_size(out, bytes);
	(void)str_adds(out, "</dd>\n");
}

void layer_list_sizes(const struct layer_list *list, struct str *out)
{
	size_t count = manifest_child_count(list->doc);
	uint64_t bytes = 0, unpacked = 0;
	char path[DESCRIPTOR_PATH_MAX];
	bool known = count > 0;

	for (size_t i = 0; i < count; i++) {
		struct err ignored = ERR_INIT;
		struct descriptor layer;
		uint64_t plain = 0;

		if (manifest_child(list->doc, i, &layer, path, &ignored) < 0)
			return;
		bytes += layer.size_bytes;
		known = known && unpacked_bytes(&layer, &plain);
		unpacked += plain;
	}
	add_size(out, "Layers, as stored", bytes);
	if (known)
		add_size(out, "Layers, unpacked", unpacked);
}

/* The entries of the config's history that made layers, unless their number is another one. */
struct history {
	const json_t *entries;
	size_t at;
};

static bool makes_layer(const json_t *entry)
{
	return !json_is_true(json_object_get(entry, "empty_layer"));
}

static struct history history_of(const struct layer_list *list)
{
	struct history h = {list->config ? json_object_get(list->config, "history") : NULL, 0};
	size_t layers = 0;

	for (size_t i = 0; i < json_array_size(h.entries); i++)
		layers += makes_layer(json_array_get(h.entries, i));
	if (layers != manifest_child_count(list->doc))
		h.entries = NULL;
	return h;
}

static const char *next_command(struct history *h)
{
	while (h->at < json_array_size(h->entries)) {
		const json_t *entry = json_array_get(h->entries, h->at++);

		if (makes_layer(entry))
			return json_text(entry, "created_by");
	}
	return NULL;
}

static void add_command(const struct layer_list *list, const char *command, struct str *out)
{
	char cut[COMMAND_MAX + 1];
	size_t len = strlen(command);

	(void)str_adds(out, "<p class=\"by\">");
	if (len <= COMMAND_MAX) {
		html_foreign(out, command, list->budget);
	} else {
		memcpy(cut, command, COMMAND_MAX);
		cut[COMMAND_MAX] = '\0';
		/* Not within a character. */
		for (len = COMMAND_MAX; len > 0 && ((unsigned char)command[len] & 0xC0) == 0x80;)
			cut[--len] = '\0';
		html_foreign(out, cut, list->budget);
		(void)str_adds(out, "…");
	}
	(void)str_adds(out, "</p>");
}

/* Links to the images that share it, each by its newest tag. */
static void add_sharers(const struct layer_list *list, const struct survey_layer *layer,
                        struct str *out)
{
	const struct survey *s = list->view->survey;
	char link[IMAGE_LINK_MAX];
	uint32_t named = 0;

	(void)str_adds(out, "Shared with ");
	for (uint32_t i = 0; i < layer->images && i < SURVEY_SHARED; i++) {
		uint32_t other = layer->first[i];

		if (other == list->image)
			continue;
		(void)str_addf(out, "%s<a href=\"%s\">", named++ ? ", " : "",
		               repository_view_link(link, list->view, other));
		html_text(out, survey_text(s, s->tags[s->images[other].first_tag].name));
		(void)str_adds(out, "</a>");
	}
	if (layer->images - 1 > named)
		(void)str_addf(out, " and %" PRIu32 " more", layer->images - 1 - named);
	(void)str_adds(out, ". ");
}

static int add_sharing(const struct layer_list *list, const struct digest *digest, struct str *out,
                       struct err *err)
{
	const struct survey_layer *layer = survey_layer(list->view->survey, digest);
	const char *elsewhere = survey_elsewhere(list->view->survey, digest, err);
	bool shared = layer && layer->images > 1;

	if (!elsewhere)
		return -1;
	if (!shared && !*elsewhere)
		return 0;
	(void)str_adds(out, "<p>");
	if (shared)
		add_sharers(list, layer, out);
	if (*elsewhere) {
		(void)str_adds(out, "Also in ");
		html_text(out, elsewhere);
		(void)str_adds(out, ".");
	}
	(void)str_adds(out, "</p>");
	return 0;
}

static int add_layer(const struct layer_list *list, const struct descriptor *layer,
                     const char *command, struct str *out, struct err *err)
{
	char digest[DIGEST_TEXT_MAX];
	uint64_t plain;

	(void)digest_text(&layer->digest, digest);
	(void)str_adds(out, "<li>");
	html_size(out, layer->size_bytes);
	(void)str_adds(out, " ");
	html_foreign(out, kind_of_layer(layer->media_type), list->budget);
	if (unpacked_bytes(layer, &plain) && plain != layer->size_bytes) {
		(void)str_adds(out, ", ");
		html_size(out, plain);
		(void)str_adds(out, " unpacked");
	}
	(void)str_addf(out, " <a href=\"%sv2/%s/blobs/%s\"><code>%.*s</code></a>", list->view->up,
	               list->view->survey->repo, digest,
	               (int)(strcspn(digest, ":") + 1 + DIGEST_SHORT_HEX), digest);
	if (descriptor_annotation(layer, "org.opencontainers.image.title")) {
		(void)str_adds(out, " ");
		html_foreign(out, descriptor_annotation(layer, "org.opencontainers.image.title"),
		             list->budget);
	}
	if (command)
		add_command(list, command, out);
	if (add_sharing(list, &layer->digest, out, err) < 0)
		return -1;
	(void)str_adds(out, "</li>\n");
	return 0;
}

int layer_list_write(const struct layer_list *list, struct str *out, struct err *err)
{
	size_t count = manifest_child_count(list->doc);
	struct history history = history_of(list);
	char path[DESCRIPTOR_PATH_MAX];

	if (count == 0)
		return 0;
	(void)str_addf(out, "<details><summary>Layers (%zu)</summary>\n<ol class=\"layers\">\n",
	               count);
	for (size_t i = 0; i < count; i++) {
		struct descriptor layer;

		if (manifest_child(list->doc, i, &layer, path, err) < 0 ||
		    add_layer(list, &layer, next_command(&history), out, err) < 0)
			return -1;
	}
	(void)str_adds(out, "</ol></details>\n");
	return 0;
}
