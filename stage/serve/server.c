#include "stage/serve/server.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/tls_pair.h"
#include "base/units.h"
#include "base/user_file.h"
#include "stage/serve/clients.h"
#include "stage/serve/htpasswd.h"
#include "stage/serve/registry.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* What libmicrohttpd may speak, as GnuTLS writes it. */
#define TLS_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

enum {
	TICK_MS = 1000,
	IDLE_SECONDS = 60,            /* without any byte a connection is closed */
	GRACE_MS = 5000,              /* at the end, for what is being sent */
	HEADER_POOL_BYTES = 16 << 10, /* of a connection: longer headers are refused (431) */
	THREADS_MIN = 2,
	THREADS_MAX = 16,
	SPARE_DESCRIPTORS = 256, /* beside the connections: the state, kept documents */
};

struct server {
	const struct serve_options *options;
	struct registry registry;
	struct clients clients;
	struct htpasswd htpasswd;    /* when options->htpasswd is not NULL */
	struct tls_pair tls;         /* libmicrohttpd borrows its text */
	pthread_mutex_t access_lock; /* of what options->access and tick write */
	atomic_uint under_way;       /* requests whose answer is not sent yet */
};

/* One request, from its first line to its end. */
struct request {
	char *target; /* owned */
	char method[24], version[12];
	char user[HTPASSWD_USER_MAX]; /* "": none */
	bool seen;                    /* its headers */
	unsigned status;
	uint64_t bytes;
	int64_t at, began_ms; /* seconds since 1970; monotonic */
};

static struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
	struct server *server = context;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info)
			*socket_context = clients_add(&server->clients, info->connect_fd);
	} else if (*socket_context) {
		clients_remove(&server->clients, *socket_context);
		*socket_context = NULL;
	}
}

/* The request line is there: libmicrohttpd would cut the target up and decode it. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
	struct server *server = context;
	struct request *request = calloc(1, sizeof(*request));

	(void)connection;
	(void)atomic_fetch_add(&server->under_way, 1);
	if (!request)
		return NULL;
	request->target = strdup(target);
	request->at = now_ms() / 1000;
	request->began_ms = monotonic_ms();
	return request;
}

static bool is_read(const struct request *request)
{
	return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* Left as it is: route decodes. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

/*
 * An answer that is given before the body was looked at ends the connection, so that no body is
 * read; where there is none the connection can be used again.
 */
static bool may_have_body(struct MHD_Connection *connection, const struct request *request)
{
	return !is_read(request) ||
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length") ||
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding");
}

static bool is_allowed(struct server *server, struct MHD_Connection *connection,
                       struct request *request)
{
	return !server->options->htpasswd ||
	       htpasswd_allows(
		       &server->htpasswd,
		       MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization"),
		       request->user);
}

static int make_answer(struct server *server, struct MHD_Connection *connection,
                       struct request *request, struct answer *answer, struct err *err)
{
	struct request_headers headers = {
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range"),
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-Range"),
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match"),
	};
	struct route route;

	if (!is_allowed(server, connection, request))
		return answer_error(answer, ANSWER_UNAUTHORIZED, err);
	if (!is_read(request))
		return answer_error(answer, ANSWER_READ_ONLY, err);
	route_parse(&route, request->target);
	return registry_answer(&server->registry, &route, &headers, answer, err);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **request_context)
{
	struct server *server = context;
	struct request *request = *request_context;
	struct client *client = client_of(connection);
	struct answer answer = ANSWER_INIT;
	struct err err = ERR_INIT;
	enum MHD_Result result = MHD_NO;

	(void)url;
	(void)upload;
	(void)upload_len;
	if (!request || !request->target)
		return MHD_NO;
	(void)snprintf(request->method, sizeof(request->method), "%s", method);
	(void)snprintf(request->version, sizeof(request->version), "%s", version);
	if (!request->seen && !may_have_body(connection, request)) {
		request->seen = true;
		return MHD_YES;
	}
	if (make_answer(server, connection, request, &answer, &err) == 0) {
		request->status = answer.status;
		request->bytes = strcmp(method, "HEAD") == 0 ? 0 : answer.bytes;
		if (client)
			clients_answer(&server->clients, client, request->bytes);
		result = MHD_queue_response(connection, answer.status, answer.response);
	}
	answer_release(&answer);
	return result;
}

static void tell_access(struct server *server, struct MHD_Connection *connection,
                        const struct request *request, bool cut)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char host[LISTEN_HOST_MAX];
	const struct serve_access access = {
		.client = listen_host_text(info ? info->client_addr : NULL, host),
		.user = request->user[0] ? request->user : "-",
		.method = request->method,
		.target = request->target,
		.version = request->version,
		.status = request->status,
		.bytes = request->bytes,
		.cut = cut,
		.at = request->at,
		.took_ms = monotonic_ms() - request->began_ms,
	};

	(void)pthread_mutex_lock(&server->access_lock);
	server->options->access(server->options->context, &access);
	(void)pthread_mutex_unlock(&server->access_lock);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode why)
{
	struct server *server = context;
	struct request *request = *request_context;
	struct client *client = client_of(connection);

	(void)atomic_fetch_sub(&server->under_way, 1);
	if (client)
		clients_wait(&server->clients, client);
	if (!request)
		return;
	/* Without a status it was no request that could be answered. */
	if (request->status && server->options->access)
		tell_access(server, connection, request,
		            why != MHD_REQUEST_TERMINATED_COMPLETED_OK);
	free(request->target);
	free(request);
	*request_context = NULL;
}

/*
 * Each connection may need a second descriptor, for the file that it is sent. Returns how many
 * connections there can be.
 */
static unsigned make_room(unsigned connections)
{
	rlim_t wanted = 2 * (rlim_t)connections + SPARE_DESCRIPTORS, least = SPARE_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return connections;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
			return connections;
	}
	if (limit.rlim_cur >= wanted)
		return connections;
	return limit.rlim_cur > least + THREADS_MAX ? (unsigned)((limit.rlim_cur - least) / 2)
	                                            : THREADS_MAX / 2;
}

static unsigned thread_count(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	if (online < THREADS_MIN)
		return THREADS_MIN;
	return online > THREADS_MAX ? THREADS_MAX : (unsigned)online;
}

static struct MHD_Daemon *start(struct server *server, int socket, unsigned connections,
                                struct err *err)
{
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)str_text(&server->tls.cert)},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)str_text(&server->tls.key)},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_VERSIONS},
		{MHD_OPTION_END, 0, NULL},
	};
	bool secure = server->options->tls_cert;
	struct MHD_Daemon *daemon;

	if (secure && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
		(void)err_set(err, ERR_CONFIG, "libmicrohttpd was built without TLS here");
		return NULL;
	}
	daemon = MHD_start_daemon(
		MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC | (secure ? MHD_USE_TLS : 0), 0, NULL,
		NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, socket,
		MHD_OPTION_THREAD_POOL_SIZE, thread_count(), MHD_OPTION_CONNECTION_LIMIT,
		connections, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_POOL_BYTES,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, server, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_ARRAY,
		secure ? tls : &tls[3], MHD_OPTION_END);
	if (!daemon)
		(void)err_sys(err, "start the server");
	return daemon;
}

static void tell_problems(struct server *server, const struct event_sink *sink)
{
	struct err first;
	uint64_t count = registry_problem(&server->registry, &first);

	if (count == 1)
		event_warning(sink, "%s", first.message);
	else if (count > 1)
		event_warning(sink, "%s (and %llu more)", first.message,
		              (unsigned long long)count - 1);
}

static void tick(struct server *server, const struct event_sink *sink)
{
	tell_problems(server, sink);
	if (!server->options->tick)
		return;
	(void)pthread_mutex_lock(&server->access_lock);
	server->options->tick(server->options->context);
	(void)pthread_mutex_unlock(&server->access_lock);
}

static void wait_for_stop(struct server *server, const struct event_sink *sink)
{
	struct pollfd wait = {.fd = stop_fd(), .events = POLLIN};

	while (!stop_requested()) {
		(void)poll(&wait, 1, TICK_MS);
		clients_expire(&server->clients);
		tick(server, sink);
	}
}

/* No new clients; what is being sent may still be finished. */
static void end(struct server *server, struct MHD_Daemon *daemon)
{
	enum { STEP_MS = 20 };
	int socket = MHD_quiesce_daemon(daemon);

	for (int waited = 0; waited < GRACE_MS && atomic_load(&server->under_way);
	     waited += STEP_MS)
		(void)poll(NULL, 0, STEP_MS);
	MHD_stop_daemon(daemon);
	if (socket >= 0)
		(void)close(socket);
}

static int run(struct server *server, const struct event_sink *sink, struct err *err)
{
	unsigned wanted = server->options->max_connections, connections = make_room(wanted);
	char address[LISTEN_TEXT_MAX], url[LISTEN_TEXT_MAX + 9];
	struct listen_address where;
	struct MHD_Daemon *daemon;
	int socket;

	if (listen_parse(&where, server->options->listen, err) < 0)
		return -1;
	socket = listen_open(&where, err);
	if (socket < 0)
		return -1;
	daemon = start(server, socket, connections, err);
	if (!daemon) {
		(void)close(socket);
		return -1;
	}
	if (connections < wanted)
		event_warning(sink,
		              "only %u connections at once: more need more open files (ulimit -n)",
		              connections);
	if (server->options->htpasswd && !server->options->tls_cert && !listen_is_local(socket))
		event_warning(sink, "passwords can be read on their way: there is no TLS");
	(void)snprintf(url, sizeof(url), "http%s://%s", server->options->tls_cert ? "s" : "",
	               listen_text(socket, address));
	server->options->ready(server->options->context, url);
	wait_for_stop(server, sink);
	end(server, daemon);
	tick(server, sink);
	return 0;
}

/* Before the first client comes: what is wrong with them is told at once. */
static int read_secrets(struct server *server, const struct event_sink *sink, struct err *err)
{
	const struct serve_options *o = server->options;

	user_file_warn_exposed(o->tls_key ? o->tls_key : o->tls_cert, "a private key", sink);
	user_file_warn_exposed(o->htpasswd, "hashes of passwords", sink);
	if (o->tls_cert && tls_pair_read(&server->tls, o->tls_cert, o->tls_key, err) < 0)
		return -1;
	return o->htpasswd ? htpasswd_read(&server->htpasswd, o->htpasswd, err) : 0;
}

static int run_with_root(struct server *server, const struct root *root,
                         const struct event_sink *sink, struct err *err)
{
	int result = -1;

	if (pthread_mutex_init(&server->access_lock, NULL) != 0)
		return err_memory(err);
	if (clients_init(&server->clients, err) == 0) {
		if (registry_init(&server->registry, root, err) == 0) {
			result = run(server, sink, err);
			registry_release(&server->registry);
		}
		clients_release(&server->clients);
	}
	(void)pthread_mutex_destroy(&server->access_lock);
	return result;
}

int serve_run(const struct root *root, const struct serve_options *options,
              const struct event_sink *sink, struct err *err)
{
	struct server *server = calloc(1, sizeof(*server));
	int result = -1;

	if (!server)
		return err_memory(err);
	server->options = options;
	server->tls = (struct tls_pair)TLS_PAIR_INIT;
	atomic_init(&server->under_way, 0);
	if (read_secrets(server, sink, err) == 0) {
		result = run_with_root(server, root, sink, err);
		if (options->htpasswd)
			htpasswd_release(&server->htpasswd);
	}
	tls_pair_release(&server->tls);
	free(server);
	return result;
}
