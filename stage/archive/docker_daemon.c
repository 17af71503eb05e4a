#include "stage/archive/docker_daemon.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/http/curl.h"
#include "base/http/uri.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SAID_MAX = 1000, URL_MAX = 4096, LOOK_MS = 250 };

struct docker_daemon {
	struct transport *transport; /* owned; the thread's, while that runs */
	int read_end, write_end;     /* of the pipe; the thread closes the write end */
	pthread_t thread;
	const char *socket;  /* borrowed from the environment, or a constant */
	atomic_bool closing; /* set by the reader's thread, which wants no more of the answer */
	bool done, reader_gone;
	struct err why; /* what the engine's answer was instead of an image */
};

static int on_begin(void *context, int status, const struct str *headers)
{
	(void)context;
	(void)status;
	(void)headers;
	return 0;
}

static int on_data(void *context, const void *data, size_t len)
{
	struct docker_daemon *d = context;
	struct err ignored = ERR_INIT;

	return file_write(d->write_end, data, len, "pipe", &ignored);
}

static void on_answer(void *context, const struct http_answer *answer)
{
	struct docker_daemon *d = context;
	AUTO_STR struct str said = STR_INIT((size_t)4 * SAID_MAX);
	const char *body = str_text(answer->body);
	size_t len = strcspn(body, "\r\n");

	d->done = true;
	d->reader_gone = answer->failure == HTTP_FAILED_SINK;
	(void)str_add_printable(&said, body, len < SAID_MAX ? len : SAID_MAX);
	if (answer->failure != HTTP_OK)
		(void)err_set(&d->why, ERR_TEMPORARY, "%s", answer->message);
	else if (answer->status != 200)
		(void)err_set(&d->why, answer->status == 404 ? ERR_NOT_FOUND : ERR_OTHER, "%d: %s",
		              answer->status, str_text(&said));
}

static void *transfer(void *context)
{
	struct docker_daemon *d = context;
	sigset_t pipe_only;

	/* A reader that stops early must end this thread's write, not the process. */
	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
	while (!d->done && !atomic_load(&d->closing))
		if (d->transport->ops->poll(d->transport, LOOK_MS, &d->why) < 0)
			break;
	(void)close(d->write_end);
	d->write_end = -1;
	return NULL;
}

static int find_socket(struct docker_daemon *d, struct err *err)
{
	const char *host = getenv("DOCKER_HOST");

	d->socket = "/var/run/docker.sock";
	if (!host || !*host)
		return 0;
	if (strncmp(host, "unix://", 7) != 0)
		return err_set(err, ERR_CONFIG,
		               "DOCKER_HOST is '%.200s': only unix:// can be read from; pipe "
		               "docker save into drydock stage - instead",
		               host);
	d->socket = host + 7;
	return 0;
}

/* An engine may take any time before it begins, and between what it sends. */
static int ask(struct docker_daemon *d, const char *name, struct err *err)
{
	struct http_curl_options options = HTTP_CURL_OPTIONS_DEFAULT;
	AUTO_STR struct str url = STR_INIT(URL_MAX);
	struct http_request request = {.method = HTTP_GET,
	                               .sink = {on_begin, on_data, d},
	                               .done = on_answer,
	                               .context = d};

	options.unix_socket = d->socket;
	options.no_proxy = true;
	options.answer_ms = INT64_MAX;
	(void)str_adds(&url, "http://localhost/images/get?names=");
	(void)uri_encode(&url, name, strlen(name), URI_ENCODE_SLASH);
	if (url.failed)
		return err_set(err, ERR_USAGE, "the image's name is too long");
	request.url = str_text(&url);
	d->transport = http_curl_new(&options, err);
	return d->transport ? d->transport->ops->submit(d->transport, &request, NULL, err) : -1;
}

static int start(struct docker_daemon *d, struct err *err)
{
	int ends[2];

	if (pipe(ends) < 0)
		return err_sys(err, "make a pipe");
	d->read_end = ends[0];
	d->write_end = ends[1];
	if (fcntl(ends[0], F_SETFD, FD_CLOEXEC) < 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	errno = pthread_create(&d->thread, NULL, transfer, d);
	return errno ? err_sys(err, "start a thread") : 0;
}

static void release(struct docker_daemon *d)
{
	cleanup_close(&d->read_end);
	cleanup_close(&d->write_end);
	http_curl_free(d->transport);
	free(d);
}

struct docker_daemon *docker_daemon_open(const char *name, struct err *err)
{
	static const struct err no_error = ERR_INIT;
	struct docker_daemon *d = calloc(1, sizeof(*d));

	if (!d) {
		(void)err_memory(err);
		return NULL;
	}
	d->read_end = d->write_end = -1;
	d->why = no_error;
	if (find_socket(d, err) == 0 && ask(d, name, err) == 0 && start(d, err) == 0)
		return d;
	release(d);
	return NULL;
}

int docker_daemon_fd(const struct docker_daemon *d)
{
	return d->read_end;
}

int docker_daemon_close(struct docker_daemon *d, struct err *err)
{
	int result = 0;

	cleanup_close(&d->read_end);
	d->read_end = -1;
	atomic_store(&d->closing, true);
	(void)pthread_join(d->thread, NULL);
	if (d->why.code != ERR_NONE && !d->reader_gone) {
		*err = d->why;
		result = err_context(err, "Docker engine at %s", d->socket);
	}
	release(d);
	return result;
}
