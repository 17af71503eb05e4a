/*
 * The transport against peers that misbehave on the level of TCP: each is a child process that
 * accepts one connection after the other and treats it as its function says.
 */
#include "base/http/curl.h"
#include "base/http/socket.h"

#include "base/cleanup.h"
#include "base/part_size.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

typedef void peer_fn(int fd);

struct peer {
	pid_t pid;
	unsigned port;
};

static void pause_ms(long ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

static struct peer peer_start(peer_fn *serve)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), small = 64 * 1024;
	struct peer peer;

	(void)setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	peer.port = ntohs(address.sin_port);
	peer.pid = fork();
	if (peer.pid == 0) {
		for (;;) {
			int fd = accept(listener, NULL, NULL);

			if (fd < 0)
				_exit(0);
			serve(fd);
			(void)close(fd);
		}
	}
	(void)close(listener);
	return peer;
}

static void peer_stop(struct peer peer)
{
	(void)kill(peer.pid, SIGKILL);
	(void)waitpid(peer.pid, NULL, 0);
}

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
}

/* Reads up to and including the empty line after the headers. */
static void read_head(int fd)
{
	char c;
	int run = 0;

	while (run < 2 && read(fd, &c, 1) == 1) {
		if (c == '\n')
			run++;
		else if (c != '\r')
			run = 0;
	}
}

static void never_read(int fd)
{
	(void)fd;
	pause_ms(60000);
}

/* About 1 MiB in 3 s: slow, but moving. */
static void read_slowly(int fd)
{
	static char buffer[64 * 1024];
	size_t total = 0;

	read_head(fd);
	while (total < MIB) {
		ssize_t got = read(fd, buffer, sizeof(buffer));

		if (got <= 0)
			return;
		total += (size_t)got;
		pause_ms(150);
	}
	say(fd, "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 0\r\n\r\n");
	pause_ms(200);
}

/* Takes more than our own buffers hold, then the connection is lost. */
static void read_and_leave(int fd)
{
	static char buffer[64 * 1024];
	size_t total = 0;
	ssize_t got = 1;

	read_head(fd);
	while (total < 3 * MIB && got > 0) {
		got = read(fd, buffer, sizeof(buffer));
		total += got > 0 ? (size_t)got : 0;
	}
}

static void refuse_at_once(int fd)
{
	read_head(fd);
	say(fd, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
	pause_ms(300);
}

static void continue_then_answer(int fd)
{
	read_head(fd);
	say(fd, "HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-B:  2 \r\nx-b: 3\r\n"
	        "Content-Length: 0\r\n\r\n");
	pause_ms(100);
}

static void redirect(int fd)
{
	read_head(fd);
	say(fd, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
	pause_ms(100);
}

static void talk_nonsense(int fd)
{
	read_head(fd);
	say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
}

static void send_too_much(int fd)
{
	static char block[4096];

	read_head(fd);
	memset(block, 'x', sizeof(block));
	say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	for (int i = 0; i < 10000; i++)
		if (write(fd, block, sizeof(block)) < 0)
			return;
}

static void endless_headers(int fd)
{
	read_head(fd);
	say(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 100000; i++)
		if (write(fd, "x-many: 0123456789012345678901234567890123456789\r\n", 50) < 0)
			return;
}

static void endless_header(int fd)
{
	read_head(fd);
	say(fd, "HTTP/1.1 200 OK\r\nx-long: ");
	for (int i = 0; i < 100000; i++)
		if (write(fd, "01234567890123456789012345678901234567890123456789", 50) < 0)
			return;
}

/* A chunk at a time. */
static void send_mebibyte(int fd)
{
	static char bytes[256 * 1024];

	memset(bytes, 'b', sizeof(bytes));
	for (int i = 0; i < 4; i++)
		if (write(fd, bytes, sizeof(bytes)) < 0)
			return;
}

/* 1 MiB of more, of which the rest never comes. */
static void send_and_cut(int fd)
{
	read_head(fd);
	say(fd, "HTTP/1.1 206 Partial Content\r\nContent-Length: 2000000\r\nX-A: 7\r\n\r\n");
	send_mebibyte(fd);
}

static void send_whole(int fd)
{
	read_head(fd);
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n");
	send_mebibyte(fd);
}

static struct {
	bool done;
	enum http_failure failure;
	int status;
	char message[300], body[100], x_a[10], x_b[10];
	uint64_t sent_bytes, acknowledged_bytes;
	int64_t duration_ms;
} seen;

static void keep(void *context, const struct http_answer *answer)
{
	const char *a = http_answer_header(answer, "x-a"), *b = http_answer_header(answer, "x-b");

	(void)context;
	memset(&seen, 0, sizeof(seen));
	seen.done = true;
	seen.failure = answer->failure;
	seen.status = answer->status;
	seen.sent_bytes = answer->sent_bytes;
	seen.acknowledged_bytes = answer->acknowledged_bytes;
	seen.duration_ms = answer->duration_ms;
	(void)snprintf(seen.message, sizeof(seen.message), "%s", answer->message);
	(void)snprintf(seen.body, sizeof(seen.body), "%s", str_text(answer->body));
	(void)snprintf(seen.x_a, sizeof(seen.x_a), "%s", a ? a : "none");
	(void)snprintf(seen.x_b, sizeof(seen.x_b), "%s", b ? b : "none");
}

static struct {
	struct http_sink sink; /* that `exchange` uses; take is NULL: none */
	uint64_t bwlimit_bytes_per_s, bytes, refuse_after_bytes;
	int status, begun;
	char x_a[10];
} taker;

static int begin_taking(void *context, int status, const struct str *headers)
{
	(void)context;
	taker.begun++;
	taker.status = status;
	(void)snprintf(taker.x_a, sizeof(taker.x_a), "%s", http_headers_get(headers, "x-a"));
	return 0;
}

static int take(void *context, const void *data, size_t len)
{
	(void)context;
	assert_int_equal(((const char *)data)[0], 'b');
	taker.bytes += len;
	return taker.refuse_after_bytes && taker.bytes > taker.refuse_after_bytes ? -1 : 0;
}

static char body[4 * MIB];

/* One request to a peer of that kind; returns when it has ended. */
static void exchange(peer_fn *serve, enum http_method method, size_t body_bytes)
{
	struct http_curl_options options = HTTP_CURL_OPTIONS_DEFAULT;
	struct peer peer = peer_start(serve);
	struct err err = ERR_INIT;
	struct transport *t;
	char url[64];
	struct http_request request = {.method = method,
	                               .url = url,
	                               .body = {.data = body, .length_bytes = body_bytes},
	                               .sink = taker.sink,
	                               .answer_max_bytes = 100000,
	                               .done = keep};

	options.stall_ms = 700;
	options.answer_ms = 5000;
	options.bwlimit_bytes_per_s = taker.bwlimit_bytes_per_s;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/x", peer.port);
	t = http_curl_new(&options, &err);
	assert_non_null(t);
	seen.done = false;
	assert_int_equal(t->ops->submit(t, &request, NULL, &err), 0);
	while (!seen.done)
		assert_true(t->ops->poll(t, 1000, &err) >= 0);
	http_curl_free(t);
	peer_stop(peer);
}

static void test_stall(void **state)
{
	(void)state;
	exchange(never_read, HTTP_PUT, sizeof(body));
	assert_int_equal(seen.failure, HTTP_FAILED_STALL);
	/* The limit for sending, not the longer one for answers. */
	assert_in_range(seen.duration_ms, 700, 3000);
	assert_memory_equal(seen.message, "nothing moved for ", 18);
	/* Our buffers took more than half a MiB, the peer's receive buffer a little. */
	assert_true(seen.sent_bytes > 384 * 1024);
	assert_in_range(seen.acknowledged_bytes, 0, 200 * 1024);
}

static void test_slow_is_no_stall(void **state)
{
	(void)state;
	exchange(read_slowly, HTTP_PUT, MIB);
	assert_int_equal(seen.failure, HTTP_OK);
	assert_int_equal(seen.status, 200);
	assert_int_equal(seen.sent_bytes, MIB);
	assert_int_equal(seen.acknowledged_bytes, MIB);
	assert_true(seen.duration_ms > 1400);
}

static void test_lost_has_arrived(void **state)
{
	(void)state;
	exchange(read_and_leave, HTTP_PUT, sizeof(body));
	assert_int_equal(seen.failure, HTTP_FAILED_LINK);
	/* Never more than the peer took, buffers of its own included, and not much less. */
	assert_in_range(seen.acknowledged_bytes, 2 * MIB, 3 * MIB + 256 * 1024);
	assert_true(seen.acknowledged_bytes <= seen.sent_bytes);
}

static void test_early_refusal(void **state)
{
	(void)state;
	exchange(refuse_at_once, HTTP_PUT, 1000);
	assert_int_equal(seen.failure, HTTP_OK);
	assert_int_equal(seen.status, 403);
	assert_string_equal(seen.body, "no");
}

static void test_headers(void **state)
{
	(void)state;
	exchange(continue_then_answer, HTTP_GET, 0);
	assert_int_equal(seen.status, 200);
	assert_string_equal(seen.x_a, "none");
	assert_string_equal(seen.x_b, "3");
	exchange(endless_headers, HTTP_GET, 0);
	assert_true(seen.failure == HTTP_FAILED_HEADERS || seen.failure == HTTP_FAILED_LINK);
	exchange(endless_header, HTTP_GET, 0); /* FY6 */
	assert_int_equal(seen.failure, HTTP_FAILED_HEADERS);
	assert_string_equal(seen.message, "a line of the answer's headers is too long");
}

static void test_hostile_answers(void **state)
{
	(void)state;
	exchange(redirect, HTTP_GET, 0);
	assert_int_equal(seen.failure, HTTP_OK);
	assert_int_equal(seen.status, 302);
	exchange(talk_nonsense, HTTP_GET, 0);
	assert_int_equal(seen.failure, HTTP_FAILED_LINK);
	exchange(send_too_much, HTTP_GET, 0);
	assert_int_equal(seen.failure, HTTP_FAILED_LARGE);
	assert_string_equal(seen.message, "the answer exceeds 100000 bytes");
}

static void test_sink(void **state)
{
	(void)state;
	memset(&taker, 0, sizeof(taker));
	taker.sink = (struct http_sink){begin_taking, take, NULL};
	exchange(send_and_cut, HTTP_GET, 0);
	assert_int_equal(seen.failure, HTTP_FAILED_LINK);
	assert_int_equal(taker.begun, 1);
	assert_int_equal(taker.status, 206);
	assert_string_equal(taker.x_a, "7");
	assert_int_equal(taker.bytes, MIB);
	assert_string_equal(seen.body, "");

	/* Not the body of an error. */
	exchange(refuse_at_once, HTTP_GET, 0);
	assert_int_equal(taker.begun, 1);
	assert_string_equal(seen.body, "no");

	taker.bytes = 0;
	taker.refuse_after_bytes = 1;
	exchange(send_and_cut, HTTP_GET, 0);
	assert_int_equal(seen.failure, HTTP_FAILED_SINK);
	assert_in_range(taker.bytes, 1, 300000);

	/* 1 MiB at 1 MiB/s: no byte is lost or doubled by the pauses. */
	taker.bytes = taker.refuse_after_bytes = 0;
	taker.bwlimit_bytes_per_s = MIB;
	exchange(send_whole, HTTP_GET, 0);
	assert_int_equal(seen.failure, HTTP_OK);
	assert_int_equal(taker.bytes, MIB);
	assert_true(seen.duration_ms >= 600);
	memset(&taker, 0, sizeof(taker));
}

static void test_header_store(void **state)
{
	AUTO_STR struct str headers = STR_INIT(100);

	(void)state;
	assert_int_equal(http_headers_add(&headers, "HTTP/1.1 200 OK\r\n", 17), 0);
	assert_int_equal(http_headers_add(&headers, "ETag:\t\"x\" \r\n", 12), 0);
	assert_int_equal(http_headers_add(&headers, "Empty:\r\n", 8), 0);
	assert_int_equal(http_headers_add(&headers, "\r\n", 2), 0);
	assert_int_equal(http_headers_add(&headers, ":x", 2), 0);
	assert_string_equal(http_headers_get(&headers, "etag"), "\"x\"");
	assert_string_equal(http_headers_get(&headers, "empty"), "");
	assert_null(http_headers_get(&headers, "eta"));
	assert_null(http_headers_get(&headers, "tag"));
	assert_int_equal(http_headers_add(&headers, "etag: y", 7), 0);
	assert_string_equal(http_headers_get(&headers, "etag"), "y");
	assert_string_equal(http_headers_next(&headers, "etag", NULL), "\"x\"");
	assert_string_equal(
		http_headers_next(&headers, "etag", http_headers_next(&headers, "etag", NULL)),
		"y");
	assert_null(http_headers_next(&headers, "etag", http_headers_get(&headers, "etag")));
	assert_int_equal(http_headers_add(&headers, body, sizeof(body)), 0); /* no colon */
	for (int i = 0; i < 9; i++)
		(void)http_headers_add(&headers, "x-long: 0123456789", 18);
	assert_true(headers.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_slow_is_no_stall),
		cmocka_unit_test(test_lost_has_arrived),
		cmocka_unit_test(test_early_refusal),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_hostile_answers),
		cmocka_unit_test(test_sink),
		cmocka_unit_test(test_header_store),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
