#include "stage/archive/docker_daemon.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { ANSWER_MAX = 1000, URL_MAX = 2048 };

struct docker_daemon {
	CURL *curl;              /* owned */
	int read_end, write_end; /* of the pipe; the thread closes the write end */
	pthread_t thread;
	const char *socket; /* borrowed from the environment, or a constant */
	struct str answer;  /* the body of an answer that is not 200 */
	bool reader_gone;
	atomic_bool closing; /* set by the reader's thread, which wants no more of the answer */
	CURLcode result;
	char why[CURL_ERROR_SIZE];
};

static size_t on_data(char *data, size_t one, size_t len, void *context)
{
	struct docker_daemon *d = context;
	struct err err = ERR_INIT;
	long status = 0;

	(void)one;
	(void)curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		size_t room = d->answer.max - d->answer.len;

		(void)str_add(&d->answer, data, len < room ? len : room);
		return len;
	}
	if (file_write(d->write_end, data, len, "pipe", &err) == 0)
		return len;
	d->reader_gone = true;
	return 0;
}

/* Called about once a second, also while the engine says nothing. */
static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t e)
{
	struct docker_daemon *d = context;

	(void)a;
	(void)b;
	(void)c;
	(void)e;
	if (!atomic_load(&d->closing))
		return 0;
	d->reader_gone = true;
	return 1;
}

static void *transfer(void *context)
{
	struct docker_daemon *d = context;
	sigset_t pipe_only;

	/* A reader that stops early must end this thread's write, not the process. */
	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
	d->result = curl_easy_perform(d->curl);
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

static int set_up(struct docker_daemon *d, const char *name, struct err *err)
{
	char *escaped;
	char url[URL_MAX];

	d->curl = curl_easy_init();
	escaped = d->curl ? curl_easy_escape(d->curl, name, 0) : NULL;
	if (!escaped)
		return err_memory(err);
	(void)snprintf(url, sizeof(url), "http://localhost/images/get?names=%.1900s", escaped);
	curl_free(escaped);
	if (curl_easy_setopt(d->curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_UNIX_SOCKET_PATH, d->socket) != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_PROXY, "") != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_ERRORBUFFER, d->why) != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_WRITEFUNCTION, on_data) != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_WRITEDATA, d) != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_XFERINFOFUNCTION, on_progress) != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_XFERINFODATA, d) != CURLE_OK ||
	    curl_easy_setopt(d->curl, CURLOPT_NOPROGRESS, 0L) != CURLE_OK)
		return err_memory(err);
	return 0;
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
	curl_easy_cleanup(d->curl);
	str_release(&d->answer);
	free(d);
}

struct docker_daemon *docker_daemon_open(const char *name, struct err *err)
{
	struct docker_daemon *d = calloc(1, sizeof(*d));

	if (!d) {
		(void)err_memory(err);
		return NULL;
	}
	d->read_end = d->write_end = -1;
	str_init(&d->answer, ANSWER_MAX);
	if (find_socket(d, err) == 0 && set_up(d, name, err) == 0 && start(d, err) == 0)
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
	AUTO_STR struct str answer = STR_INIT((size_t)4 * ANSWER_MAX);
	long status = 0;
	int result = 0;

	cleanup_close(&d->read_end);
	d->read_end = -1;
	atomic_store(&d->closing, true);
	(void)pthread_join(d->thread, NULL);
	(void)curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)str_add_printable(&answer, str_text(&d->answer),
	                        strcspn(str_text(&d->answer), "\r\n"));
	if (d->result != CURLE_OK && !d->reader_gone)
		result = err_set(err, ERR_TEMPORARY, "Docker engine at %s: %s", d->socket,
		                 d->why[0] ? d->why : curl_easy_strerror(d->result));
	else if (status != 200 && !d->reader_gone)
		result = err_set(err, status == 404 ? ERR_NOT_FOUND : ERR_OTHER,
		                 "Docker engine at %s: %ld: %s", d->socket, status,
		                 str_text(&answer));
	release(d);
	return result;
}
