#include "stage/stage.h"

#include "db/root/publication.h"
#include "stage/image/import_daemon.h"
#include "stage/run_images.h"
#include "stage/stage_internal.h"

#include <string.h>

static int open_registry(struct run *run, struct import *import, struct err *err)
{
	if (run->plan && run->options->oci_layers == OCI_LAYERS_COMPRESS)
		return err_set(err, ERR_USAGE,
		               "what compressing makes of layers is only known once they are "
		               "here: a dry run cannot tell it; leave out -n or --compress");
	import->remote.platforms = run->settings.platforms;
	import->remote.platform_count = run->options->platform_count;
	return registries_open(&run->registries, import, err);
}

static int open_source(struct run *run, struct import *import, struct err *err)
{
	switch (import->source.prefix) {
	case PREFIX_DOCKER_DAEMON:
		return import_open_daemon(import, err);
	case PREFIX_REGISTRY:
		return open_registry(run, import, err);
	default:
		return source_open(&import->source, &import->spool, err);
	}
}

static int open_and_stage(struct run *run, const char *text, struct err *err)
{
	struct import import;
	int result = import_init(&import, run->root, run->options, run->sink, run->pool, text, err);

	tag_claims_begin_attempt(&run->tags);
	if (run->plan)
		import_dry_begin(&import, &run->plan->store, &run->plan->scratch);
	if (result == 0)
		result = open_source(run, &import, err);
	if (result == 0)
		result = run_images(run, &import, err);
	if (run->plan)
		import_dry_end(&import, &run->plan->store);
	import_release(&import);
	return result;
}

static int stage_source(struct run *run, const struct stage_options *options,
                        const struct stage_source *source, struct err *err)
{
	int result;

	if (settings_take(&run->settings, options, source, run->sink, err) < 0)
		return -1;
	run->options = run->settings.options;
	registries_begin(&run->registries);
	tag_claims_begin_source(&run->tags);
	do
		result = open_and_stage(run, source->text, err);
	while (result < 0 && registries_elsewhere(&run->registries, run->sink, source->text, err));
	if (result == 0)
		return 0;
	(void)err_context(err, "%s", source->text);
	return source->where ? err_context(err, "%s", source->where) : -1;
}

/*
 * Nothing can be published over what has failed halfway: opening the root again finishes it. What a
 * line of a list asks for wrongly, or has from a service that is away, is the line's own trouble.
 */
static bool ends_run(const struct run *run, const struct stage_source *source,
                     const struct err *err)
{
	struct err ignored = ERR_INIT;
	bool of_line = source->where && (err->code == ERR_USAGE || err->code == ERR_TEMPORARY);

	if (run->plan)
		return import_ends_with(err) && !of_line;
	return (import_ends_with(err) && !of_line) ||
	       publication_pending(run->root->db, &ignored) != 0;
}

static int stage_sources(struct run *run, const struct stage_options *options, struct err *err)
{
	enum err_code worst = ERR_NONE;

	for (size_t i = 0; i < options->source_count; i++) {
		if (stage_source(run, options, &options->sources[i], err) == 0)
			continue;
		run->result->sources_failed++;
		if (options->source_count == 1 || ends_run(run, &options->sources[i], err))
			return -1;
		event_error(run->sink, err);
		worst = worst == ERR_NONE ? err->code : err_worse(worst, err->code);
	}
	if (worst == ERR_NONE)
		return 0;
	if (run->result->sources_failed < options->source_count)
		worst = ERR_PARTIAL;
	return err_set(err, worst, "%llu of %zu sources failed",
	               (unsigned long long)run->result->sources_failed, options->source_count);
}

int stage_options_check(const struct stage_options *options, struct err *err)
{
	return settings_check(options, err);
}

/* The whole of it, but for what the caller makes of the plan. */
static int run_all(struct run *run, const struct stage_options *options, struct err *err)
{
	struct pool_options pool = {.cpu_threads = options->threads};
	int status = -1;

	memset(run->result, 0, sizeof(*run->result));
	if (registries_init(&run->registries, &options->registry, err) == 0 &&
	    settings_check(options, err) == 0)
		run->pool = pool_new(&pool, err);
	if (run->pool)
		status = stage_sources(run, options, err);
	tag_claims_release(&run->tags);
	settings_release(&run->settings);
	registries_release(&run->registries);
	pool_free(run->pool);
	return status;
}

int stage_run(struct root *root, const struct stage_options *options, const struct event_sink *sink,
              struct stage_result *result, struct err *err)
{
	struct run run = {.root = root, .sink = sink, .result = result, .settings = SETTINGS_INIT};

	return run_all(&run, options, err);
}

int stage_dry_run(struct root *root, const struct stage_options *options,
                  const struct event_sink *sink, struct err *err)
{
	struct publish_plan plan = PUBLISH_PLAN_INIT;
	struct stage_result result;
	struct run run = {.root = root,
	                  .sink = sink,
	                  .result = &result,
	                  .settings = SETTINGS_INIT,
	                  .plan = &plan};
	int status = run_all(&run, options, err);
	struct event event = {.type = EVENT_STAGE_SUMMARY, .u.stage_summary = plan.totals};

	event.u.stage_summary.sources_failed = result.sources_failed;
	event.u.stage_summary.new_root = root->dir < 0;
	event.u.stage_summary.result = status < 0 ? err->code : ERR_NONE;
	event_emit(sink, &event);
	publish_plan_release(&plan);
	return status;
}
