/*
 * curl: the transport over libcurl's multi interface. One thread, one connection pool.
 *
 *     struct http_curl_options options = HTTP_CURL_OPTIONS_DEFAULT;
 *     struct transport *t = http_curl_new(&options, err);
 *     …t->ops->submit / poll / cancel…
 *     http_curl_free(t);                   cancels what is under way
 *
 * What it sees to, because libcurl 7.88 by itself does not:
 *  - HTTP/1.1 only, no Expect: 100-continue (some providers never answer it), no redirects, no
 *    netrc, no cookies, only http and https, TLS 1.2 at least, whatever the system allows.
 *  - Bodies are read with pread through a small buffer: memory never holds a part. A dead reused
 *    connection is retried by libcurl itself; the body is then read again from its start.
 *  - No limit on the whole duration of a request, since that would punish slow links. An exchange
 *    ends as HTTP_FAILED_STALL when, while its body goes out, nothing changes for stall_ms: neither
 *    what was handed to the kernel nor what the peer has not acknowledged (SIOCOUTQ on Linux).
 *    Without SIOCOUTQ, and once the body is out, the limit is answer_ms of silence.
 *  - The kernel's send buffer is small (send_buffer_bytes), so that little is lost with a
 *    connection, and what is reported as sent is nearly what the peer has.
 */
#ifndef DRYDOCK_BASE_HTTP_CURL_H
#define DRYDOCK_BASE_HTTP_CURL_H

#include "base/http/options.h"
#include "base/http/transport.h"

struct transport *http_curl_new(const struct http_curl_options *options,
                                struct err *err) MUST_CHECK;
void http_curl_free(struct transport *t); /* NULL is fine */

#endif
