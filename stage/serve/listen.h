/* listen: where the server waits for clients: HOST:PORT, as people write it. */
#ifndef DRYDOCK_STAGE_SERVE_LISTEN_H
#define DRYDOCK_STAGE_SERVE_LISTEN_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/socket.h>

#define LISTEN_DEFAULT "127.0.0.1:5000"

enum { LISTEN_HOST_MAX = 254, LISTEN_TEXT_MAX = 300 };

struct listen_address {
	char host[LISTEN_HOST_MAX]; /* without brackets; "": every address of this machine */
	char port[8];               /* "0": any that is free */
};

/* HOST:PORT, [IPV6]:PORT or :PORT. ERR_USAGE. Pure. */
int listen_parse(struct listen_address *address, const char *text, struct err *err) MUST_CHECK;

/* A socket that listens there, non-blocking. Returns the descriptor. */
int listen_open(const struct listen_address *address, struct err *err) MUST_CHECK;

/* "127.0.0.1:5000" of the address that the socket has got. Returns `text`. */
const char *listen_text(int fd, char text[LISTEN_TEXT_MAX]);

/* Whether none but this machine's programs can reach it. */
bool listen_is_local(int fd);

/* "127.0.0.1" of an address of either kind; "-" of others. Returns `text`. */
const char *listen_host_text(const struct sockaddr *address, char text[LISTEN_HOST_MAX]);

#endif
