#include "stage/image/import_daemon.h"

#include "stage/archive/docker_daemon.h"

/* An engine that has no such image, or stops in the middle, says more than the tar it cut. */
int import_open_daemon(struct import *import, struct err *err)
{
	struct docker_daemon *stream = docker_daemon_open(import->source.path, err);
	struct err why = ERR_INIT;
	int result;

	if (!stream)
		return -1;
	result = source_open_stream(&import->source, docker_daemon_fd(stream), &import->spool, err);
	if (docker_daemon_close(stream, &why) == 0)
		return result;
	*err = why;
	return -1;
}
