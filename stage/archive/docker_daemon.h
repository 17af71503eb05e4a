/*
 * docker_daemon: an image out of a running Docker engine, as the tar that `docker save` writes:
 * GET /images/get?names=NAME over the engine's Unix socket (Docker Engine API, "ImageGetAll"). A
 * thread of its own moves the bytes from the socket to a pipe.
 *
 *     struct daemon_stream *d = daemon_stream_open("app:1", err);
 *     … read daemon_stream_fd(d) to its end …
 *     if (daemon_stream_close(d, err) < 0) …        the engine's own error goes before any other
 *
 * The socket is DOCKER_HOST's (unix:// only), else /var/run/docker.sock.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_DOCKER_DAEMON_H
#define DRYDOCK_STAGE_ARCHIVE_DOCKER_DAEMON_H

#include "base/err.h"

struct daemon_stream;

struct daemon_stream *daemon_stream_open(const char *name, struct err *err) MUST_CHECK;
int daemon_stream_fd(const struct daemon_stream *d);
/* Ends the transfer, whether or not all was read, and frees. ERR_NOT_FOUND: no such image. */
int daemon_stream_close(struct daemon_stream *d, struct err *err) MUST_CHECK;

#endif
