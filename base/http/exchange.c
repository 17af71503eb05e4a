#include "base/http/exchange.h"

#include "base/file.h"
#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Up to here libcurl's own 64 KiB are enough; a part's body goes out in larger steps. */
	SMALL_BODY_BYTES = 1 << 20,
	UPLOAD_BUFFER_BYTES = 128 * 1024,
	SMALL_BUFFER_BYTES = 64 * 1024,
	RECEIVE_BUFFER_BYTES = 128 * 1024, /* for a sink */
	DNS_CACHE_S = 60,
	/* More was handed over: the connection was alive, and its loss is the caller's business. */
	SILENT_REPEAT_BYTES = 512 * 1024,
};

void http_exchange_fail(struct http_exchange *x, enum http_failure failure, const char *fmt, ...)
{
	va_list args;

	if (x->failure != HTTP_OK)
		return;
	x->failure = failure;
	va_start(args, fmt);
	(void)vsnprintf(x->reason, sizeof(x->reason), fmt, args);
	va_end(args);
}

/*
 * What the peer has of the body. All that was handed to libcurl but one buffer is written to the
 * socket; of that the system tells what is not acknowledged, so the rest has arrived. And when that
 * number falls, at least the difference has arrived since the last look.
 */
static void note_taken(struct http_exchange *x)
{
	bool small = x->request.body.length_bytes <= SMALL_BODY_BYTES;
	uint64_t buffer = small ? SMALL_BUFFER_BYTES : UPLOAD_BUFFER_BYTES;
	uint64_t written = x->body_at_bytes > buffer ? x->body_at_bytes - buffer : 0;
	int queued = http_socket_unacknowledged(x->fd);

	if (queued < 0)
		queued = 0; /* the system does not tell: what is written is as good as there */
	if (x->queued_bytes > queued)
		x->taken_bytes += (uint64_t)(x->queued_bytes - queued);
	if (written > (uint64_t)queued && written - (uint64_t)queued > x->taken_bytes)
		x->taken_bytes = written - (uint64_t)queued;
	if (x->taken_bytes > x->body_at_bytes)
		x->taken_bytes = x->body_at_bytes; /* headers are counted in the queue too */
	x->queued_bytes = queued;
}

static size_t on_read_body(char *to, size_t size, size_t count, void *context)
{
	struct http_exchange *x = context;
	const struct http_body *body = &x->request.body;
	uint64_t left = body->length_bytes - x->body_at_bytes;
	size_t want = size * count < left ? size * count : (size_t)left;
	struct err err = ERR_INIT;
	ssize_t got;

	if (want == 0)
		return 0;
	if (x->body_at_bytes > 0)
		note_taken(x);
	want = rate_limit_take(&x->gate->rate, want, monotonic_ms());
	if (want == 0) {
		x->turn = ++x->gate->last_turn;
		return CURL_READFUNC_PAUSE;
	}
	if (body->data) {
		memcpy(to, (const char *)body->data + x->body_at_bytes, want);
		got = (ssize_t)want;
	} else {
		got = file_read_at(body->fd, to, want, body->offset_bytes + x->body_at_bytes,
		                   "the file to send", &err);
		if (got == 0)
			(void)err_set(&err, ERR_STORAGE,
			              "the file became shorter while it was sent");
	}
	if (got <= 0) {
		http_exchange_fail(x, HTTP_FAILED_LOCAL, "%.200s", err.message);
		return CURL_READFUNC_ABORT;
	}
	x->body_at_bytes += (uint64_t)got;
	return (size_t)got;
}

/* libcurl begins the body again when a reused connection turns out to be dead. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
	struct http_exchange *x = context;

	if (x->body_at_bytes > SILENT_REPEAT_BYTES) {
		http_exchange_fail(x, HTTP_FAILED_LINK, "the connection was lost");
		return CURL_SEEKFUNC_FAIL;
	}
	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > x->request.body.length_bytes)
		return CURL_SEEKFUNC_FAIL;
	x->earlier_bytes +=
		x->body_at_bytes -
		((uint64_t)offset < x->body_at_bytes ? (uint64_t)offset : x->body_at_bytes);
	x->body_at_bytes = (uint64_t)offset;
	x->taken_earlier_bytes += x->taken_bytes;
	x->taken_bytes = 0;
	return CURL_SEEKFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	struct http_exchange *x = context;
	size_t len = size * count;

	if (x->answered_at_ms == 0)
		x->answered_at_ms = now_ms();
	if (http_received_header(&x->received, line, len) == HTTP_TAKEN)
		return len;
	http_exchange_fail(x, x->received.failure, "%s", x->received.reason);
	return 0;
}

static size_t on_write(char *data, size_t size, size_t count, void *context)
{
	struct http_exchange *x = context;
	size_t len = size * count;
	long status = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	switch (http_received_body(&x->received, x->gate, (int)status, data, len, monotonic_ms())) {
	case HTTP_TAKEN:
		return len;
	case HTTP_TAKE_LATER:
		x->turn = ++x->gate->last_turn;
		return CURL_WRITEFUNC_PAUSE;
	case HTTP_TAKE_REFUSED:
		break;
	}
	http_exchange_fail(x, x->received.failure, "%s", x->received.reason);
	return 0;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_exchange *x = context;

	(void)purpose;
	return http_socket_open(x->sockets, address->family, address->socktype, address->protocol,
	                        x->send_buffer_bytes);
}

/* The context is the table, not the exchange: connections outlive exchanges. */
static int on_close(void *context, curl_socket_t fd)
{
	http_socket_close(context, fd);
	return 0;
}

/* Called when a connection, new or reused, is there and the request is about to go out. */
static int on_ready(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
	struct http_exchange *x = context;

	(void)remote_ip;
	(void)local_ip;
	(void)remote_port;
	if (x->request.once && x->sent_at_ms != 0) {
		http_exchange_fail(x, HTTP_FAILED_LINK, "the connection was lost");
		return CURL_PREREQFUNC_ABORT;
	}
	x->connected = true;
	x->sent_at_ms = now_ms();
	x->answered_at_ms = 0;
	x->fd = http_socket_find(x->sockets, local_port);
	x->queued_bytes = 0;
	return CURL_PREREQFUNC_OK;
}

/* The first failure stays, so that a row of options needs one check. */
struct setter {
	CURL *easy;
	CURLcode code;
};

#define SET(s, option, value)                                                                      \
	do {                                                                                       \
		if ((s)->code == CURLE_OK)                                                         \
			(s)->code = curl_easy_setopt((s)->easy, option, value);                    \
	} while (0)

static void set_tls(struct setter *s, const struct http_curl_options *options)
{
	SET(s, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2); /* or newer */
	/* libcurl keeps what is in CAPATH beside the blob, and that is the system's. */
	if (options->ca_pem)
		SET(s, CURLOPT_CAINFO_BLOB,
		    (&(struct curl_blob){.data = (void *)(uintptr_t)options->ca_pem,
		                         .len = strlen(options->ca_pem),
		                         .flags = CURL_BLOB_COPY}));
	else if (options->ca_bundle)
		SET(s, CURLOPT_CAINFO, options->ca_bundle);
	if (options->client_cert) {
		SET(s, CURLOPT_SSLCERT, options->client_cert);
		SET(s, CURLOPT_SSLKEY,
		    options->client_key ? options->client_key : options->client_cert);
	}
	if (options->no_verify_tls) {
		SET(s, CURLOPT_SSL_VERIFYPEER, 0L);
		SET(s, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void set_connection(struct setter *s, const struct http_exchange *x,
                           const struct http_curl_options *options)
{
	SET(s, CURLOPT_NOSIGNAL, 1L);
	SET(s, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(s, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(s, CURLOPT_FOLLOWLOCATION, 0L);
	SET(s, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(s, CURLOPT_PATH_AS_IS, 1L);
	SET(s, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(s, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_ms);
	SET(s, CURLOPT_USERAGENT, "drydock/" DRYDOCK_VERSION);
	SET(s, CURLOPT_DNS_CACHE_TIMEOUT, x->request.fresh_connection ? 0L : (long)DNS_CACHE_S);
	SET(s, CURLOPT_FRESH_CONNECT, x->request.fresh_connection ? 1L : 0L);
	if (options->unix_socket)
		SET(s, CURLOPT_UNIX_SOCKET_PATH, options->unix_socket);
	if (options->no_proxy)
		SET(s, CURLOPT_NOPROXY, "*");
	set_tls(s, options);
}

static void set_callbacks(struct setter *s, struct http_exchange *x)
{
	SET(s, CURLOPT_PRIVATE, x);
	SET(s, CURLOPT_ERRORBUFFER, x->message);
	SET(s, CURLOPT_HEADERFUNCTION, on_header);
	SET(s, CURLOPT_HEADERDATA, x);
	SET(s, CURLOPT_WRITEFUNCTION, on_write);
	SET(s, CURLOPT_WRITEDATA, x);
	if (x->request.sink.take)
		SET(s, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);
	SET(s, CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(s, CURLOPT_OPENSOCKETDATA, x);
	SET(s, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(s, CURLOPT_CLOSESOCKETDATA, x->sockets);
	SET(s, CURLOPT_PREREQFUNCTION, on_ready);
	SET(s, CURLOPT_PREREQDATA, x);
}

static void set_upload(struct setter *s, struct http_exchange *x)
{
	SET(s, CURLOPT_UPLOAD, 1L);
	SET(s, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->request.body.length_bytes);
	SET(s, CURLOPT_READFUNCTION, on_read_body);
	SET(s, CURLOPT_READDATA, x);
	SET(s, CURLOPT_SEEKFUNCTION, on_seek);
	SET(s, CURLOPT_SEEKDATA, x);
	if (x->request.body.length_bytes > SMALL_BODY_BYTES)
		SET(s, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
}

static void set_method(struct setter *s, struct http_exchange *x)
{
	switch (x->request.method) {
	case HTTP_GET:
		SET(s, CURLOPT_HTTPGET, 1L);
		break;
	case HTTP_HEAD:
		SET(s, CURLOPT_NOBODY, 1L);
		break;
	case HTTP_PUT:
		set_upload(s, x);
		break;
	case HTTP_POST:
		/* An upload by another name: libcurl's own POST would add a Content-Type. */
		set_upload(s, x);
		SET(s, CURLOPT_CUSTOMREQUEST, "POST");
		break;
	case HTTP_DELETE:
		SET(s, CURLOPT_CUSTOMREQUEST, "DELETE");
		break;
	}
}

static int add_header(struct http_exchange *x, const char *line, struct err *err)
{
	struct curl_slist *grown;

	if (strpbrk(line, "\r\n"))
		return err_set(err, ERR_BUG, "a header with a line break was refused");
	grown = curl_slist_append(x->header_list, line);
	if (!grown)
		return err_memory(err);
	x->header_list = grown;
	return 0;
}

static int set_all(struct http_exchange *x, const struct http_curl_options *options,
                   struct err *err)
{
	struct setter s = {x->easy, CURLE_OK};

	for (size_t i = 0; i < x->request.header_count; i++)
		if (add_header(x, x->request.headers[i], err) < 0)
			return -1;
	/* With nothing after the colon libcurl leaves its own header out. */
	if (add_header(x, "Expect:", err) < 0)
		return -1;
	SET(&s, CURLOPT_URL, x->request.url);
	SET(&s, CURLOPT_HTTPHEADER, x->header_list);
	set_connection(&s, x, options);
	set_callbacks(&s, x);
	set_method(&s, x);
	if (s.code != CURLE_OK)
		return err_set(err, s.code == CURLE_OUT_OF_MEMORY ? ERR_MEMORY : ERR_CONFIG,
		               "libcurl: %s", curl_easy_strerror(s.code));
	return 0;
}

struct http_exchange *http_exchange_new(CURL *easy, const struct http_curl_options *options,
                                        struct http_sockets *sockets, struct http_gate *gate,
                                        const struct http_request *request, struct err *err)
{
	struct http_exchange *x = calloc(1, sizeof(*x));

	if (!x) {
		curl_easy_cleanup(easy);
		(void)err_memory(err);
		return NULL;
	}
	x->easy = easy;
	x->sockets = sockets;
	x->gate = gate;
	x->send_buffer_bytes = options->send_buffer_bytes;
	x->request = *request;
	x->stall_ms = options->stall_ms;
	x->request.answer_ms = request->answer_ms ? request->answer_ms : options->answer_ms;
	x->fd = -1;
	x->started_ms = x->mark.since_ms = monotonic_ms();
	http_received_init(&x->received, request);
	if (set_all(x, options, err) < 0) {
		curl_easy_cleanup(http_exchange_free(x));
		return NULL;
	}
	return x;
}

CURL *http_exchange_free(struct http_exchange *x)
{
	CURL *easy = x->easy;

	curl_easy_reset(easy);
	curl_slist_free_all(x->header_list);
	http_received_release(&x->received);
	free(x);
	return easy;
}

void http_exchange_resume(struct http_exchange *x)
{
	x->turn = 0;
	/* What goes wrong here ends the exchange, and is told by its answer. */
	(void)curl_easy_pause(x->easy, CURLPAUSE_CONT);
}

bool http_exchange_stalled(struct http_exchange *x, int64_t now)
{
	struct http_mark seen = {.handed_bytes = x->earlier_bytes + x->body_at_bytes,
	                         .received_bytes =
	                                 x->received.body_bytes + x->received.header_bytes,
	                         .unacknowledged = http_socket_unacknowledged(x->fd),
	                         .since_ms = now};
	bool sending = x->connected && x->answered_at_ms == 0 && seen.unacknowledged >= 0 &&
	               (seen.unacknowledged > 0 || x->body_at_bytes < x->request.body.length_bytes);

	if (x->turn > 0 || seen.handed_bytes != x->mark.handed_bytes ||
	    seen.received_bytes != x->mark.received_bytes ||
	    seen.unacknowledged != x->mark.unacknowledged)
		x->mark = seen;
	return now - x->mark.since_ms >= (sending ? x->stall_ms : x->request.answer_ms);
}

static enum http_failure failure_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return HTTP_OK;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return HTTP_FAILED_TLS;
	case CURLE_URL_MALFORMAT:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_NOT_BUILT_IN:
	case CURLE_BAD_FUNCTION_ARGUMENT:
	case CURLE_UNKNOWN_OPTION:
		return HTTP_FAILED_CONFIG;
	case CURLE_OUT_OF_MEMORY:
		return HTTP_FAILED_MEMORY;
	default:
		/* Among them "unsupported protocol", which libcurl says of an answer without a
		 * status line; the URL's own was checked long before. */
		return HTTP_FAILED_LINK;
	}
}

enum { CODE_TOO_LARGE = 100 }; /* CURLE_TOO_LARGE, where the headers know it */

void http_exchange_answer(struct http_exchange *x, CURLcode code, struct http_answer *answer)
{
	long status = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	/* libcurl takes 100 KB in one line, and says of more that memory is short, or since 8.6
	 * that it is too large. */
	if ((code == CURLE_OUT_OF_MEMORY || (int)code == CODE_TOO_LARGE) && x->connected)
		http_exchange_fail(x, HTTP_FAILED_HEADERS,
		                   "a line of the answer's headers is too long");
	memset(answer, 0, sizeof(*answer));
	answer->failure = x->failure != HTTP_OK ? x->failure : failure_of(code);
	if (x->failure != HTTP_OK)
		answer->message = x->reason;
	else if (answer->failure != HTTP_OK)
		answer->message = x->message[0] ? x->message : curl_easy_strerror(code);
	else
		answer->message = "";
	answer->status = (int)status;
	answer->headers = &x->received.headers;
	answer->body = &x->received.body;
	answer->sent_bytes = x->earlier_bytes + x->body_at_bytes;
	/* A server that has answered has taken the body. */
	answer->acknowledged_bytes = answer->failure == HTTP_OK
	                                     ? answer->sent_bytes
	                                     : x->taken_earlier_bytes + x->taken_bytes;
	answer->received_bytes = x->received.body_bytes;
	answer->sent_at_ms = x->sent_at_ms;
	answer->answered_at_ms = x->answered_at_ms;
	answer->duration_ms = monotonic_ms() - x->started_ms;
	answer->connected = x->connected;
}

void http_exchange_progress(struct http_exchange *x, struct http_progress *progress)
{
	if (x->body_at_bytes > 0)
		note_taken(x);
	progress->sent_bytes = x->earlier_bytes + x->body_at_bytes;
	progress->acknowledged_bytes = x->taken_earlier_bytes + x->taken_bytes;
	progress->received_bytes = x->received.body_bytes;
}
