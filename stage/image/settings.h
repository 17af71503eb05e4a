/*
 * settings: what the options of one source say, taken apart and checked. Sources without options of
 * their own (stage_source) share those of the run.
 *
 *     struct settings settings = SETTINGS_INIT;
 *     settings_take(&settings, options, source, sink, err)     for each source in turn
 *     settings_release(&settings);
 */
#ifndef DRYDOCK_STAGE_IMAGE_SETTINGS_H
#define DRYDOCK_STAGE_IMAGE_SETTINGS_H

#include "base/event.h"
#include "stage/document/platform.h"
#include "stage/image/options.h"

struct settings {
	const struct stage_options *options; /* borrowed; NULL: none taken yet */
	struct reference name;               /* --name; meant when options->name is given */
	struct platform *platforms; /* owned: --platform, options->platform_count of them */
};

#define SETTINGS_INIT                                                                              \
	{                                                                                          \
		.options = NULL                                                                    \
	}

/*
 * Takes the options of the source, or those of the run, unless they are taken already. ERR_USAGE
 * for what is none. A note tells of a host that --name loses, unless `sink` is NULL.
 */
int settings_take(struct settings *settings, const struct stage_options *of_run,
                  const struct stage_source *source, const struct event_sink *sink,
                  struct err *err) MUST_CHECK;
void settings_release(struct settings *settings);

/* Tells that a name is published as `repo`, without its host (I8). */
void settings_note_host(const struct event_sink *sink, const char *text, const char *repo);

/*
 * Checks what can be told of the options of the run and of each source alone; and that the only
 * source, when there is one, is there.
 */
int settings_check(const struct stage_options *of_run, struct err *err) MUST_CHECK;

#endif
