/* import_daemon: what an engine saves, as it streams it. */
#ifndef DRYDOCK_STAGE_IMAGE_IMPORT_DAEMON_H
#define DRYDOCK_STAGE_IMAGE_IMPORT_DAEMON_H

#include "stage/image/import.h"

/* Reads the whole stream into the import's store; the source's path is the image's name. */
int import_open_daemon(struct import *import, struct err *err) MUST_CHECK;

#endif
