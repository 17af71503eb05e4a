/*
 * from_process: the profile's credential_process: a program of the user's own that prints
 * credentials as JSON ("Sourcing credentials with an external process", AWS SDKs and Tools
 * Reference Guide).
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_FROM_PROCESS_H
#define DRYDOCK_SYNC_CREDENTIALS_FROM_PROCESS_H

#include "sync/credentials/source.h"

credential_source_fn credential_from_process;

#endif
