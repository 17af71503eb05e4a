/*
 * tag_suggest: which tag or repository of a root was probably meant by one that is not there.
 */
#ifndef DRYDOCK_DB_STATE_TAG_SUGGEST_H
#define DRYDOCK_DB_STATE_TAG_SUGGEST_H

#include "db/state/db.h"

/* Appends "; did you mean NAME:TAG?" to the message when there is one near to `text`, or nothing.
 */
void tag_suggest(struct db *db, const char *text, struct err *err);

#endif
