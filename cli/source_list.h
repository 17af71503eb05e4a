/*
 * source_list: the sources of a `stage` run, those of the command line and those that --from lists:
 *
 *     # a comment; an empty line is one too
 *     docker-archive:app.tar -t team/app:1 --platform linux/amd64
 *     'a name with blanks.tar'
 *
 * One source a line, in words as a shell has them (cli/shell_words.h), with options of its own
 * among them: --name --image --platform --strip-host --sparse --format --compress. What a line says
 * counts for its source instead of what the command line says. Relative paths begin in the working
 * directory, like those of the command line.
 */
#ifndef DRYDOCK_CLI_SOURCE_LIST_H
#define DRYDOCK_CLI_SOURCE_LIST_H

#include "cli/option.h"
#include "stage/image/options.h"

enum {
	SOURCE_LIST_MAX_BYTES = 16 << 20, /* of a file */
	SOURCE_LIST_LINE_MAX = 16 << 10,  /* bytes of a line */
	SOURCE_LIST_WORDS_MAX = 256,      /* of a line */
	SOURCE_LIST_MAX = 100000,         /* sources in all */
};

struct source_list {
	struct stage_source *sources; /* owned */
	size_t count, cap;
	void **owned; /* owned, each owned: what the sources point to */
	size_t owned_count, owned_cap;
};

#define SOURCE_LIST_INIT                                                                           \
	{                                                                                          \
		NULL, 0, 0, NULL, 0, 0                                                             \
	}

/* Release the list also after an error. */
int source_list_add(struct source_list *list, const char *text, struct err *err) MUST_CHECK;

/*
 * Adds what the file lists; "-" is standard input. `of_run` is what the options of the run say, for
 * whatever a line does not. Errors name FILE:LINE. ERR_USAGE for a line that cannot be understood,
 * ERR_REFUSED for what is beyond a limit.
 */
int source_list_read(struct source_list *list, const char *file, const struct stage_options *of_run,
                     struct err *err) MUST_CHECK;
void source_list_release(struct source_list *list);

/*
 * Of an option that one source can have: what `o` says of it into *s, where it is given; all else
 * of *s stays.
 */
int source_options_read(const struct options *o, struct stage_options *s,
                        struct err *err) MUST_CHECK;

#endif
