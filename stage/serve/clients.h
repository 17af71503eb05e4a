/*
 * clients: the connections that are open, and how long each may take. A client that sends its
 * request byte by byte, or takes its answer so, is no idle one to libmicrohttpd; here each has a
 * deadline, and its connection is shut down when that has passed (H5).
 */
#ifndef DRYDOCK_STAGE_SERVE_CLIENTS_H
#define DRYDOCK_STAGE_SERVE_CLIENTS_H

#include "base/err.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CLIENT_REQUEST_MS = 60 * 1000,     /* from connecting, or the last answer, to a request */
	CLIENT_ANSWER_MS = 60 * 1000,      /* for any answer, and beside it … */
	CLIENT_BYTES_PER_SECOND = 4 << 10, /* … the time that this rate takes */
};

struct client {
	struct client *next, *previous;
	int fd;              /* borrowed from libmicrohttpd */
	int64_t deadline_ms; /* monotonic */
};

struct clients {
	pthread_mutex_t lock;
	struct client *first;
	size_t count;
};

int clients_init(struct clients *clients, struct err *err) MUST_CHECK;
void clients_release(struct clients *clients);

/* A new connection, to be removed before its descriptor is closed. NULL: no memory. */
struct client *clients_add(struct clients *clients, int fd);
void clients_remove(struct clients *clients, struct client *client);

/* An answer of so many bytes begins; or (clients_wait) the next request may come. */
void clients_answer(struct clients *clients, struct client *client, uint64_t bytes);
void clients_wait(struct clients *clients, struct client *client);

/* Shuts down every connection whose time is over. */
void clients_expire(struct clients *clients);
size_t clients_count(struct clients *clients);

#endif
