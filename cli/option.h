/*
 * option: what the command line, the environment and the files say about the options of
 * option_table.h.
 *
 *     struct options o;
 *     options_init(&o);
 *     options_parse(&o, command, argc, argv, err);     the command line
 *     options_environment(&o, command, err);           DRYDOCK_*
 *     (cli/config.h adds the files)
 *     option_flag(&o, OPT_DRY_RUN); option_text(&o, OPT_ROOT); …
 *
 * A value keeps its origin, so that a complaint about it, and `config list --show-origin`, can say
 * where it came from. The first source that gives an option a value wins: add the strongest first.
 */
#ifndef DRYDOCK_CLI_OPTION_H
#define DRYDOCK_CLI_OPTION_H

#include "base/err.h"
#include "cli/option_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTION_LIST_MAX = 256, ORIGIN_MAX = 320 };

struct option_value {
	const char *values[OPTION_LIST_MAX]; /* borrowed from argv, or owned by `arena` */
	size_t count;                        /* of values; 0: not given; flags: 1 */
	char origin[ORIGIN_MAX]; /* "--part-size", "DRYDOCK_PART_SIZE", "config:12 …" */
};

struct options {
	struct option_value values[OPTION_COUNT];
	const char **operands; /* owned array of borrowed text */
	size_t operand_count;
	char **arena; /* owned copies of what the environment and the files say */
	size_t arena_count, arena_cap;
};

void options_init(struct options *o);
void options_release(struct options *o);

/* Options stand before, between or after the operands; "--" ends them. `argv` is without the
 * command's name. ERR_USAGE for what cannot be understood or does not belong to the command. */
int options_parse(struct options *o, unsigned command, int argc, char **argv,
                  struct err *err) MUST_CHECK;
/* Also: ERR_CONFIG for a variable DRYDOCK_… of which there is no option. */
int options_environment(struct options *o, unsigned command, struct err *err) MUST_CHECK;

/* For config files: adds a value from `origin`, copied, unless a stronger source gave one. */
int options_add(struct options *o, enum option_id id, const char *value, const char *origin,
                struct err *err) MUST_CHECK;

bool option_given(const struct options *o, enum option_id id);
bool option_flag(const struct options *o, enum option_id id);
unsigned option_count(const struct options *o, enum option_id id);   /* OPTION_COUNT_UP */
const char *option_text(const struct options *o, enum option_id id); /* NULL when not given */
/* These leave *value alone when the option was not given. */
int option_size(const struct options *o, enum option_id id, uint64_t *bytes,
                struct err *err) MUST_CHECK;
int option_duration(const struct options *o, enum option_id id, int64_t *ms,
                    struct err *err) MUST_CHECK;
int option_number(const struct options *o, enum option_id id, uint64_t *number,
                  struct err *err) MUST_CHECK;
/* Position in `choices`, or `otherwise` when not given. Choices are checked when they are added. */
int option_choice(const struct options *o, enum option_id id, int otherwise);

#endif
