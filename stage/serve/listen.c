#include "stage/serve/listen.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { BACKLOG = 1024, PORT_MAX = 65535 };

int listen_parse(struct listen_address *address, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':'), *host = text;
	size_t len = colon ? (size_t)(colon - text) : 0;
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(host, ':', len)) {
		digits = 0;
	}
	if (digits == 0 || digits > 5 || colon[1 + digits] ||
	    strtoul(colon + 1, NULL, 10) > PORT_MAX || len >= sizeof(address->host))
		return err_set(err, ERR_USAGE,
		               "'%.80s' is no HOST:PORT, such as 127.0.0.1:5000 or [::1]:5000",
		               text);
	(void)snprintf(address->host, sizeof(address->host), "%.*s", (int)len, host);
	(void)snprintf(address->port, sizeof(address->port), "%s", colon + 1);
	return 0;
}

static int try_address(const struct addrinfo *info)
{
	AUTO_CLOSE int fd = socket(info->ai_family, info->ai_socktype, 0);
	int on = 1;

	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return steal_fd(&fd);
}

int listen_open(const struct listen_address *address, struct err *err)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *found = NULL;
	int failed, fd = -1;

	failed =
		getaddrinfo(address->host[0] ? address->host : NULL, address->port, &hints, &found);
	if (failed)
		return err_set(err, ERR_CONFIG, "listen on %s: %s", address->host,
		               gai_strerror(failed));
	for (const struct addrinfo *info = found; info && fd < 0; info = info->ai_next)
		fd = try_address(info);
	if (fd < 0)
		(void)err_sys(err, "listen on %s:%s%s", address->host, address->port,
		              errno == EADDRINUSE ? " (port 0 takes a free one)" : "");
	freeaddrinfo(found);
	return fd;
}

const char *listen_host_text(const struct sockaddr *address, char text[LISTEN_HOST_MAX])
{
	const void *ip = NULL;

	if (address && address->sa_family == AF_INET)
		ip = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	else if (address && address->sa_family == AF_INET6)
		ip = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (!ip || !inet_ntop(address->sa_family, ip, text, LISTEN_HOST_MAX))
		(void)snprintf(text, LISTEN_HOST_MAX, "-");
	return text;
}

/* Where a socket is bound. */
union bound {
	struct sockaddr any;
	struct sockaddr_in v4; /* the port stands at the same place in both kinds */
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

static union bound bound_address(int fd)
{
	union bound address = {.storage = {0}};
	socklen_t len = sizeof(address);

	(void)getsockname(fd, &address.any, &len);
	return address;
}

const char *listen_text(int fd, char text[LISTEN_TEXT_MAX])
{
	union bound address = bound_address(fd);
	char host[LISTEN_HOST_MAX];

	(void)listen_host_text(&address.any, host);
	(void)snprintf(text, LISTEN_TEXT_MAX,
	               address.any.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
	               (unsigned)ntohs(address.v4.sin_port));
	return text;
}

bool listen_is_local(int fd)
{
	union bound address = bound_address(fd);

	if (address.any.sa_family == AF_INET)
		return ntohl(address.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address.any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
}
