/*
 * help_providers: what is known of the services that speak S3 (sync/s3/provider.h), as
 * `drydock help providers` prints it.
 */
#ifndef DRYDOCK_CLI_HELP_PROVIDERS_H
#define DRYDOCK_CLI_HELP_PROVIDERS_H

#include <stdbool.h>

/* On standard output: for people, or as JSON Lines. */
void help_providers_print(bool json);

#endif
