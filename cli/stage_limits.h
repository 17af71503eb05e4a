/* stage_limits: what the command line, environment and files say about stage/archive/limits.h. */
#ifndef DRYDOCK_CLI_STAGE_LIMITS_H
#define DRYDOCK_CLI_STAGE_LIMITS_H

#include "cli/option.h"
#include "stage/archive/limits.h"

/* What is not said stays 0: the default. */
int stage_limits_read(const struct options *o, struct stage_limits *limits,
                      struct err *err) MUST_CHECK;

#endif
