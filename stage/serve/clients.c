#include "stage/serve/clients.h"

#include "base/units.h"

#include <stdlib.h>
#include <sys/socket.h>

int clients_init(struct clients *clients, struct err *err)
{
	clients->first = NULL;
	clients->count = 0;
	return pthread_mutex_init(&clients->lock, NULL) == 0 ? 0 : err_memory(err);
}

void clients_release(struct clients *clients)
{
	while (clients->first)
		clients_remove(clients, clients->first);
	(void)pthread_mutex_destroy(&clients->lock);
}

struct client *clients_add(struct clients *clients, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->fd = fd;
	client->deadline_ms = monotonic_ms() + CLIENT_REQUEST_MS;
	(void)pthread_mutex_lock(&clients->lock);
	client->next = clients->first;
	if (clients->first)
		clients->first->previous = client;
	clients->first = client;
	clients->count++;
	(void)pthread_mutex_unlock(&clients->lock);
	return client;
}

void clients_remove(struct clients *clients, struct client *client)
{
	(void)pthread_mutex_lock(&clients->lock);
	if (client->previous)
		client->previous->next = client->next;
	else
		clients->first = client->next;
	if (client->next)
		client->next->previous = client->previous;
	clients->count--;
	(void)pthread_mutex_unlock(&clients->lock);
	free(client);
}

static void set_deadline(struct clients *clients, struct client *client, int64_t in_ms)
{
	(void)pthread_mutex_lock(&clients->lock);
	client->deadline_ms = monotonic_ms() + in_ms;
	(void)pthread_mutex_unlock(&clients->lock);
}

void clients_answer(struct clients *clients, struct client *client, uint64_t bytes)
{
	uint64_t seconds = bytes / CLIENT_BYTES_PER_SECOND;

	set_deadline(clients, client, CLIENT_ANSWER_MS + (int64_t)seconds * 1000);
}

void clients_wait(struct clients *clients, struct client *client)
{
	set_deadline(clients, client, CLIENT_REQUEST_MS);
}

void clients_expire(struct clients *clients)
{
	int64_t now = monotonic_ms();

	(void)pthread_mutex_lock(&clients->lock);
	for (struct client *client = clients->first; client; client = client->next)
		if (client->deadline_ms < now)
			(void)shutdown(client->fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&clients->lock);
}

size_t clients_count(struct clients *clients)
{
	size_t count;

	(void)pthread_mutex_lock(&clients->lock);
	count = clients->count;
	(void)pthread_mutex_unlock(&clients->lock);
	return count;
}
