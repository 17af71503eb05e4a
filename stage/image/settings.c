#include "stage/image/settings.h"
#include "stage/archive/foreign_scheme.h"

#include "base/layout.h"
#include "stage/archive/foreign_scheme.h"
#include "stage/archive/source.h"
#include "stage/registry/reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void settings_note_host(const struct event_sink *sink, const char *text, const char *repo)
{
	event_note(sink, "%s is published as %s: its host cannot be part of a key", text, repo);
}

static int choose_platforms(struct settings *settings, struct err *err)
{
	const struct stage_options *options = settings->options;

	free(settings->platforms);
	settings->platforms = calloc(options->platform_count + 1, sizeof(*settings->platforms));
	if (!settings->platforms)
		return err_memory(err);
	for (size_t i = 0; i < options->platform_count; i++)
		if (platform_parse(&settings->platforms[i], options->platforms[i], err) < 0)
			return err_context(err, "--platform");
	return 0;
}

static int choose_name(struct settings *settings, const struct event_sink *sink, struct err *err)
{
	const char *name = settings->options->name;
	enum name_note note;

	if (!name)
		return 0;
	if (reference_parse(&settings->name, name, settings->options->hosts, &note, err) < 0) {
		err->code = ERR_USAGE; /* a name of an archive would be refused instead */
		return err_context(err, "--name");
	}
	if (note == NAME_HOST_DROPPED && sink)
		settings_note_host(sink, name, settings->name.repo);
	if (layout_is_fallback_tag_name(settings->name.tag))
		return err_set(err, ERR_USAGE,
		               "--name: tag '%s' has the form that is kept for lists of referrers",
		               settings->name.tag);
	return 0;
}

static int take(struct settings *settings, const struct event_sink *sink, struct err *err)
{
	const struct stage_options *options = settings->options;

	if (options->recipe.kind == RECIPE_ZSTD && options->format == FORMAT_DOCKER)
		return err_set(err, ERR_USAGE,
		               "--compress=zstd needs --format=oci: Docker's manifest format does "
		               "not know zstd");
	for (size_t i = 0; i < options->image_count; i++)
		if (!options->images[i][0])
			return err_set(err, ERR_USAGE, "--image: '' names no image");
	if (choose_name(settings, sink, err) < 0)
		return -1;
	return choose_platforms(settings, err);
}

int settings_take(struct settings *settings, const struct stage_options *of_run,
                  const struct stage_source *source, const struct event_sink *sink, struct err *err)
{
	const struct stage_options *options = source->options ? source->options : of_run;

	if (settings->options == options)
		return 0;
	settings->options = options;
	if (take(settings, sink, err) == 0)
		return 0;
	settings->options = NULL;
	return source->where ? err_context(err, "%s", source->where) : -1;
}

void settings_release(struct settings *settings)
{
	free(settings->platforms);
	*settings = (struct settings)SETTINGS_INIT;
}

/* The only source is looked at before a root is made for it; of several, others may be there. */
static int check_source(const struct source *source, bool only, struct err *err)
{
	bool is_engine = source->prefix == PREFIX_DOCKER_DAEMON;
	struct registry_reference ref;

	if (source->prefix == PREFIX_REGISTRY)
		return registry_reference_parse(&ref, source->text, err);
	if (!source->path[0])
		return err_set(err, ERR_USAGE, "the source '%s' says no %s", source->text,
		               is_engine ? "name" : "path");
	if (source->prefix == PREFIX_NONE && access(source->path, F_OK) < 0 &&
	    foreign_scheme_check(source->text, err) < 0)
		return err_context(err, "%s", source->text);
	if (only && !is_engine && strcmp(source->path, "-") != 0 &&
	    access(source->path, R_OK) < 0) {
		if (errno == ENOENT && source->prefix == PREFIX_NONE && strchr(source->path, ':'))
			return err_set(err, ERR_NOT_FOUND,
			               "%s: there is no such file (an image of a registry is "
			               "written docker://%s)",
			               source->text, source->path);
		(void)source_not_opened(err);
		return err_context(err, "%s", source->text);
	}
	return 0;
}

static int check_listed(const struct stage_source *listed, bool only, struct err *err)
{
	struct source source;
	int result;

	if (source_init(&source, listed->text, err) < 0)
		return -1;
	result = check_source(&source, only, err);
	source_close(&source);
	return result < 0 && listed->where ? err_context(err, "%s", listed->where) : result;
}

int settings_check(const struct stage_options *of_run, struct err *err)
{
	static const struct stage_source none = {NULL, NULL, NULL};
	struct settings settings = SETTINGS_INIT;
	int result = settings_take(&settings, of_run, &none, NULL, err);

	for (size_t i = 0; result == 0 && i < of_run->source_count; i++) {
		result = settings_take(&settings, of_run, &of_run->sources[i], NULL, err);
		if (result == 0)
			result = check_listed(&of_run->sources[i], of_run->source_count == 1, err);
	}
	settings_release(&settings);
	return result;
}
