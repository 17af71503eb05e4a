/*
 * headers_files: --headers SERVER:FILE: the configurations of web servers that a command which
 * changes tags makes again when it has done so.
 *
 *     headers_files_refresh(cli, &root);             while the root is still locked
 */
#ifndef DRYDOCK_CLI_HEADERS_FILES_H
#define DRYDOCK_CLI_HEADERS_FILES_H

#include "cli/cli.h"

/* The values are those that option_check has passed. A file that cannot be made again is a warning:
 * what the command did is done. */
void headers_files_refresh(const struct cli *cli, const struct root *root);

#endif
