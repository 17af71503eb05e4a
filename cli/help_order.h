/*
 * help_order: in which order help and the manual tell of a command's options: first the few that
 * matter most, then the others in groups; and an example for each command.
 *
 *     enum option_id order[OPTION_COUNT];
 *     size_t n = help_order(command, HELP_FIRST, order);      those that matter most
 *     for (group = HELP_WHERE; group < HELP_GROUPS; group++)
 *         n = help_order(command, group, order);              the others
 *
 * An option that no table here names is one of HELP_WHAT, and a command that none names has its own
 * options first, as far as there are five.
 */
#ifndef DRYDOCK_CLI_HELP_ORDER_H
#define DRYDOCK_CLI_HELP_ORDER_H

#include "cli/command.h"

enum help_group {
	HELP_FIRST,
	HELP_WHERE,
	HELP_HOW,
	HELP_WHAT,
	HELP_SAFETY,
	HELP_OUTPUT,
	HELP_GROUPS
};

enum { HELP_FIRST_MAX = 5 };

/* The heading of a group. */
const char *help_group_title(enum help_group group);

/* Fills `order` with the command's options of one group; each is in one group alone. */
size_t help_order(const struct command *command, enum help_group group,
                  enum option_id order[OPTION_COUNT]);

/* A command line, or several with '\n' between them; NULL: there is none. */
const char *help_example(const struct command *command);

#endif
