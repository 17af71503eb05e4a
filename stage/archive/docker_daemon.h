/*
 * docker_daemon: an image out of a running Docker engine, as the tar that `docker save` writes:
 * GET /images/get?names=NAME over the engine's Unix socket (Docker Engine API, "ImageGetAll"). A
 * thread of its own moves the bytes from the socket to a pipe.
 *
 *     struct docker_daemon *d = docker_daemon_open("app:1", err);
 *     … read docker_daemon_fd(d) to its end …
 *     if (docker_daemon_close(d, err) < 0) …        the engine's own error goes before any other
 *
 * The socket is DOCKER_HOST's (unix:// only), else /var/run/docker.sock.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_DOCKER_DAEMON_H
#define DRYDOCK_STAGE_ARCHIVE_DOCKER_DAEMON_H

#include "base/err.h"

struct docker_daemon;

struct docker_daemon *docker_daemon_open(const char *name, struct err *err) MUST_CHECK;
int docker_daemon_fd(const struct docker_daemon *d);
/* Ends the transfer, whether or not all was read, and frees. ERR_NOT_FOUND: no such image. */
int docker_daemon_close(struct docker_daemon *d, struct err *err) MUST_CHECK;

#endif
