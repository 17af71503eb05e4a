#include "base/http/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/sockios.h>
#endif

/* A connection on which nothing moves is probed, and given up after 15 + 3 x 10 seconds. */
enum { PROBE_AFTER_S = 15, PROBE_EVERY_S = 10, PROBES = 3 };

static void set_option(int fd, int level, int name, int value)
{
	/* Each is a refinement: without it the transfer still works. */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

int http_socket_open(struct http_sockets *sockets, int family, int type, int protocol,
                     int send_buffer_bytes)
{
	int fd = socket(family, type, protocol);

	if (fd < 0)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (send_buffer_bytes > 0)
		set_option(fd, SOL_SOCKET, SO_SNDBUF, send_buffer_bytes);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#if defined(TCP_KEEPIDLE) && defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, PROBE_AFTER_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_EVERY_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, PROBES);
#endif
	if (sockets->count < HTTP_SOCKETS_MAX)
		sockets->list[sockets->count++] = (struct http_socket){.fd = fd};
	return fd;
}

void http_socket_close(struct http_sockets *sockets, int fd)
{
	for (size_t i = 0; i < sockets->count; i++) {
		if (sockets->list[i].fd == fd) {
			sockets->list[i] = sockets->list[--sockets->count];
			break;
		}
	}
	(void)close(fd);
}

static int local_port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage storage;
	} address = {.storage = {0}};
	socklen_t len = sizeof(address);

	if (getsockname(fd, &address.any, &len) < 0)
		return -1;
	if (address.any.sa_family == AF_INET)
		return ntohs(address.v4.sin_port);
	return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : -1;
}

int http_socket_find(struct http_sockets *sockets, int local_port)
{
	if (local_port <= 0)
		return -1;
	for (size_t i = 0; i < sockets->count; i++) {
		struct http_socket *s = &sockets->list[i];

		/* It has a port once it is connected, and keeps it. */
		if (s->local_port <= 0)
			s->local_port = local_port_of(s->fd);
		if (s->local_port == local_port)
			return s->fd;
	}
	return -1;
}

int http_socket_unacknowledged(int fd)
{
#ifdef SIOCOUTQ
	int bytes;

	if (fd >= 0 && ioctl(fd, SIOCOUTQ, &bytes) == 0)
		return bytes;
#else
	(void)fd;
#endif
	return -1;
}
