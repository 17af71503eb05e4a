/*
 * suggest_tag: which tag or repository of a root was probably meant by one that is not there.
 */
#ifndef DRYDOCK_CLI_SUGGEST_TAG_H
#define DRYDOCK_CLI_SUGGEST_TAG_H

#include "db/root/root.h"

/* Appends "; did you mean NAME:TAG?" to the message when there is one near to `text`, or nothing.
 */
void suggest_tag(const struct root *root, const char *text, struct err *err);

#endif
