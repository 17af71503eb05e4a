/*
 * registry_options: what the command line, environment and files say of docker:// sources.
 */
#ifndef DRYDOCK_CLI_REGISTRY_OPTIONS_H
#define DRYDOCK_CLI_REGISTRY_OPTIONS_H

#include "cli/option.h"
#include "stage/registry/options.h"

/* Pointers are borrowed from the options. The duration of the run counts from now. */
int registry_options_read(const struct options *o, struct registry_options *r,
                          struct err *err) MUST_CHECK;

#endif
