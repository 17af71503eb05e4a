/*
 * socket: the sockets that libcurl opens for us: how they are set up, which of them an exchange
 * uses, and how much of what was written to them the peer has not acknowledged.
 */
#ifndef DRYDOCK_BASE_HTTP_SOCKET_H
#define DRYDOCK_BASE_HTTP_SOCKET_H

#include <stddef.h>
#include <sys/socket.h>

enum { HTTP_SOCKETS_MAX = 256 };

struct http_sockets {
	struct http_socket {
		int fd;
		int local_port; /* 0: not known yet */
	} list[HTTP_SOCKETS_MAX];
	size_t count;
};

/* A socket that keeps little in the kernel and notices a dead peer; -1 as socket(2). */
int http_socket_open(struct http_sockets *sockets, int family, int type, int protocol,
                     int send_buffer_bytes);
void http_socket_close(struct http_sockets *sockets, int fd);
/* The open one with this local port, or -1. */
int http_socket_find(struct http_sockets *sockets, int local_port);
/* Bytes written but not acknowledged; -1 where the system does not tell. */
int http_socket_unacknowledged(int fd);

#endif
