/*
 * options: how the transport over libcurl goes about its exchanges.
 */
#ifndef DRYDOCK_BASE_HTTP_OPTIONS_H
#define DRYDOCK_BASE_HTTP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* The defaults are those of HTTP_CURL_OPTIONS_DEFAULT. */
struct http_curl_options {
	const char *ca_bundle; /* file of PEM certificates, borrowed; NULL: the system's */
	const char *ca_pem;    /* certificates to trust besides those, PEM, borrowed; NULL: none */
	const char *client_cert; /* file in PEM that is shown to the server, borrowed; NULL: none */
	const char *client_key;  /* its private key, borrowed; NULL: in client_cert */
	const char *unix_socket; /* every host is behind this socket, borrowed; NULL: none is */
	bool no_verify_tls;      /* --no-verify-ssl; false */
	bool no_proxy;           /* ignore HTTP_PROXY and its like: link-local services; false */
	unsigned connections;    /* kept open: as many as requests may be in flight; 16 */
	int send_buffer_bytes;   /* SO_SNDBUF; 256 KiB; 0: the kernel's choice */
	int64_t connect_ms;      /* resolve, connect and TLS together; HTTP_CONNECT_MS */
	int64_t stall_ms;        /* no byte acknowledged while a body goes out; HTTP_STALL_MS */
	int64_t answer_ms;       /* silence after the body, of requests that say 0; 300 s */
	/* Of all bodies that are sent or taken by a sink, together; 0: no limit. */
	uint64_t bwlimit_bytes_per_s;
};

enum { HTTP_CONNECT_MS = 10000, HTTP_STALL_MS = 30000 };

#define HTTP_CURL_OPTIONS_DEFAULT                                                                  \
	{                                                                                          \
		.connections = 16, .send_buffer_bytes = 256 * 1024, .connect_ms = HTTP_CONNECT_MS, \
		.stall_ms = HTTP_STALL_MS, .answer_ms = 300000                                     \
	}

#endif
