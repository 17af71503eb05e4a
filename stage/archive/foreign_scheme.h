/*
 * foreign_scheme: sources that other tools would know by what stands before their first colon, such
 * as skopeo's containers-storage:NAME, and what to do instead. Pure.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_FOREIGN_SCHEME_H
#define DRYDOCK_STAGE_ARCHIVE_FOREIGN_SCHEME_H

#include "base/err.h"

/* ERR_USAGE with the command to use instead, for a text that is such a source; else 0. */
int foreign_scheme_check(const char *text, struct err *err) MUST_CHECK;

#endif
