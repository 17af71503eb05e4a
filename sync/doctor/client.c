#include "sync/doctor/client.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/json.h"
#include "sync/doctor/manifest_look.h"
#include "sync/doctor/visit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MISSING_PATH "v2/drydock-doctor/manifests/no-such-tag"

enum { TRIED_BY_HEAD = 2 };

struct client {
	struct visitor visitor;
	struct findings *findings;
	const struct sync_options *options;
	struct client_result *result;
	bool refused; /* v2/ is 401 or 403 */
};

static void broken(struct client *c, unsigned clients)
{
	c->result->broken |= clients;
}

/* ---- v2/, and what is not there */

/* 1 there is an answer, 0 not, -1. */
static int check_reach(struct client *c, const struct visit *v)
{
	const char *base = str_text(&c->visitor.base);
	char why[VISIT_MESSAGE_MAX];

	if (v->failure == HTTP_OK) {
		findings_add(c->findings, CHECK_REACH, DOCTOR_PASS, REMEDY_NONE, "%s",
		             strncmp(base, "https", 5) == 0
		                     ? "it answers, under a certificate that holds"
		                     : "it answers");
		return 1;
	}
	broken(c, CLIENTS_ALL);
	if (v->failure == HTTP_FAILED_TLS)
		findings_fail(c->findings, CHECK_REACH, ERR_CONFIG, REMEDY_PULL_TLS, "%s: %s", base,
		              visit_why(v, why));
	else
		findings_fail(c->findings, CHECK_REACH, ERR_TEMPORARY, REMEDY_PULL_HOST, "%s: %s",
		              base, visit_why(v, why));
	return 0;
}

static void check_ping(struct client *c, const struct visit *v)
{
	char why[VISIT_MESSAGE_MAX];

	c->refused = v->status == 401 || v->status == 403;
	if (v->status == 200) {
		findings_add(c->findings, CHECK_PING, DOCTOR_PASS, REMEDY_NONE, "200");
		return;
	}
	broken(c, CLIENT_PODMAN);
	if (c->refused)
		findings_fail(c->findings, CHECK_PING, ERR_AUTH, REMEDY_PUBLIC_READ,
		              "%d: nobody may read it without a key", v->status);
	else if (v->status == 404)
		findings_fail(c->findings, CHECK_PING, ERR_NOT_FOUND, REMEDY_PUBLISH,
		              "404: there is no object v2/");
	else
		findings_fail(c->findings, CHECK_PING, ERR_OTHER, REMEDY_NONE, "%s",
		              visit_why(v, why));
}

static int check_missing(struct client *c, struct err *err)
{
	struct visit v;
	char why[VISIT_MESSAGE_MAX];
	int result = visit(&c->visitor, HTTP_GET, MISSING_PATH, NULL, &v, err);

	if (result < 0)
		;
	else if (v.status == 404)
		findings_add(c->findings, CHECK_MISSING, DOCTOR_PASS, REMEDY_NONE, "404");
	else if (v.status == 403)
		findings_add(c->findings, CHECK_MISSING, DOCTOR_WARN, REMEDY_PUBLIC_LIST,
		             "403 instead of 404: cosign and others take it for a refusal");
	else if (v.status >= 200 && v.status < 300)
		findings_fail(c->findings, CHECK_MISSING, ERR_OTHER, REMEDY_REAL_404,
		              "%d, with %zu bytes of '%.60s', for a key that is not there",
		              v.status, v.body.len, visit_header(&v, "content-type"));
	else
		findings_fail(c->findings, CHECK_MISSING, ERR_OTHER, REMEDY_NONE,
		              "%s instead of 404", visit_why(&v, why));
	visit_release(&v);
	return result;
}

/* ---- manifests */

/* Something that is wrong with some of the manifests. */
struct trouble {
	unsigned count;
	int status;
	char first[KEY_MAX + 2 * MEDIA_TYPE_MAX];
};

struct manifests {
	struct client *client;
	unsigned read;
	struct trouble unreadable, type, charset, bytes, encoded, cache;
	char repo[REPO_MAX + 1]; /* of the first one that could be read; "" */
	char blob_key[KEY_MAX];  /* a blob that one of them names; "" */
	uint64_t blob_bytes;
};

static void note(struct trouble *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct trouble *t, const char *fmt, ...)
{
	va_list args;

	if (t->count++ > 0)
		return;
	va_start(args, fmt);
	(void)vsnprintf(t->first, sizeof(t->first), fmt, args);
	va_end(args);
}

static void look_at_type(struct manifests *m, const char *key, const char *type, const char *want)
{
	size_t len = strlen(want);

	if (strcmp(type, want) == 0)
		return;
	if (strncmp(type, want, len) == 0 && (type[len] == ';' || type[len] == ' '))
		note(&m->charset, "%s has Content-Type '%.128s', expected '%s'", key, type, want);
	else
		note(&m->type, "%s has Content-Type '%.128s', expected '%s'", key, type, want);
}

static int look_at_head(struct manifests *m, const char *key, const struct visit *got,
                        struct err *err)
{
	const char *type = visit_header(got, "content-type");
	struct visit v;
	char length[24], why[VISIT_MESSAGE_MAX];
	int result = visit(&m->client->visitor, HTTP_HEAD, key, NULL, &v, err);

	(void)snprintf(length, sizeof(length), "%zu", got->body.len);
	if (result < 0)
		;
	else if (v.failure != HTTP_OK || v.status != 200)
		note(&m->type, "HEAD %s: %s, and GET is 200", key, visit_why(&v, why));
	else if (strcmp(visit_header(&v, "content-type"), type) != 0)
		note(&m->type, "HEAD %s has Content-Type '%.128s', and GET '%.128s'", key,
		     visit_header(&v, "content-type"), type);
	else if (strcmp(visit_header(&v, "content-length"), length) != 0)
		note(&m->bytes, "HEAD %s has Content-Length '%.20s', and GET brings %s bytes", key,
		     visit_header(&v, "content-length"), length);
	visit_release(&v);
	return result;
}

static void look_at_cache(struct manifests *m, const char *key, const struct key_parts *parts,
                          const struct visit *v)
{
	const struct sync_options *o = m->client->options;
	const char *want =
		parts->object_class == CLASS_TAG
			? (o->cache_control_tag ? o->cache_control_tag : CACHE_CONTROL_TAG)
			: (o->cache_control_digest ? o->cache_control_digest
	                                           : CACHE_CONTROL_DIGEST);
	const char *got = visit_header(v, "cache-control");

	if (strcmp(got, want) != 0)
		note(&m->cache, "%s has Cache-Control '%.100s', and '%.100s' was sent", key, got,
		     want);
}

static int look_at_body(struct manifests *m, const char *key, const struct key_parts *parts,
                        const struct visit *v, struct err *err)
{
	struct manifest_look look;
	struct digest d;

	if (digest_of_bytes(&d,
	                    parts->digest.alg == DIGEST_NONE ? DIGEST_SHA256 : parts->digest.alg,
	                    str_text(&v->body), v->body.len, err) < 0)
		return -1;
	if (parts->digest.alg != DIGEST_NONE && !digest_equal(&d, &parts->digest)) {
		note(&m->bytes, "%s: its bytes do not match its digest", key);
		return 0;
	}
	if (!manifest_look(&look, str_text(&v->body), v->body.len)) {
		note(&m->bytes, "%s is no manifest", key);
		return 0;
	}
	look_at_type(m, key, visit_header(v, "content-type"), look.media_type);
	look_at_cache(m, key, parts, v);
	if (!m->blob_key[0] && look.blob.alg != DIGEST_NONE) {
		(void)layout_blob(m->blob_key, parts->repo, &look.blob);
		m->blob_bytes = look.blob_bytes;
	}
	return m->read <= TRIED_BY_HEAD ? look_at_head(m, key, v, err) : 0;
}

static int look_at(struct manifests *m, const char *key, struct err *err)
{
	struct visit v;
	struct key_parts parts;
	char why[VISIT_MESSAGE_MAX];
	int result = visit(&m->client->visitor, HTTP_GET, key, NULL, &v, err);

	(void)layout_parse(&parts, key);
	if (result < 0)
		;
	else if (v.failure != HTTP_OK || v.status != 200) {
		if (m->unreadable.count == 0)
			m->unreadable.status = v.status;
		note(&m->unreadable, "%s: %s", key, visit_why(&v, why));
	} else if (*visit_header(&v, "content-encoding")) {
		m->read++;
		note(&m->encoded, "%s comes with Content-Encoding '%.40s'", key,
		     visit_header(&v, "content-encoding"));
	} else {
		if (m->read++ == 0)
			(void)snprintf(m->repo, sizeof(m->repo), "%s", parts.repo);
		result = look_at_body(m, key, &parts, &v, err);
	}
	visit_release(&v);
	return result;
}

/* ", and 3 more", or nothing. */
static const char *others(const struct trouble *t, char text[40])
{
	text[0] = '\0';
	if (t->count > 1)
		(void)snprintf(text, 40, ", and %u more", t->count - 1);
	return text;
}

static void tell_unreadable(struct client *c, const struct trouble *t)
{
	char more[40];
	bool refused = t->status == 401 || t->status == 403;

	broken(c, CLIENTS_ALL);
	findings_fail(c->findings, CHECK_MANIFESTS,
	              refused            ? ERR_AUTH
	              : t->status == 404 ? ERR_NOT_FOUND
	                                 : ERR_OTHER,
	              refused            ? REMEDY_PUBLIC_READ
	              : t->status == 404 ? REMEDY_PUBLISH
	                                 : REMEDY_NONE,
	              "%s%s", t->first, others(t, more));
}

static void tell_types(struct client *c, const struct manifests *m)
{
	char more[40];

	if (m->type.count > 0) {
		broken(c, CLIENTS_ALL);
		findings_fail(c->findings, CHECK_TYPES, ERR_INTEGRITY, REMEDY_TYPE, "%s%s",
		              m->type.first, others(&m->type, more));
	}
	if (m->charset.count > 0)
		findings_add(c->findings, CHECK_TYPES, DOCTOR_WARN, REMEDY_CHARSET,
		             "%s%s: crane and others want it to the letter", m->charset.first,
		             others(&m->charset, more));
	if (m->type.count + m->charset.count == 0)
		findings_add(c->findings, CHECK_TYPES, DOCTOR_PASS, REMEDY_NONE,
		             "each manifest has its exact type, by GET and HEAD");
}

static void tell_bytes(struct client *c, const struct manifests *m)
{
	char more[40];

	if (m->bytes.count > 0) {
		broken(c, CLIENTS_ALL);
		findings_fail(c->findings, CHECK_BYTES, ERR_INTEGRITY, REMEDY_BYTES, "%s%s",
		              m->bytes.first, others(&m->bytes, more));
	} else {
		findings_add(c->findings, CHECK_BYTES, DOCTOR_PASS, REMEDY_NONE,
		             "digests and lengths fit");
	}
	if (m->encoded.count > 0)
		findings_fail(c->findings, CHECK_GZIP, ERR_OTHER, REMEDY_ENCODING, "%s%s",
		              m->encoded.first, others(&m->encoded, more));
	else
		findings_add(c->findings, CHECK_GZIP, DOCTOR_PASS, REMEDY_NONE,
		             "nothing is compressed on the way");
}

/* ---- what hangs on a manifest */

static int check_range(struct manifests *m, struct err *err)
{
	struct findings *f = m->client->findings;
	char want[64], why[VISIT_MESSAGE_MAX];
	struct visit v;
	int result;

	if (!m->blob_key[0] || m->blob_bytes < 2) {
		findings_skip(f, CHECK_RANGE, CHECK_RANGES, "no blob was found to ask for");
		return 0;
	}
	(void)snprintf(want, sizeof(want), "bytes 1-1/%" PRIu64, m->blob_bytes);
	result = visit(&m->client->visitor, HTTP_GET, m->blob_key, "bytes=1-1", &v, err);
	if (result < 0)
		;
	else if (v.status == 206 && v.body.len == 1 &&
	         strcmp(visit_header(&v, "content-range"), want) == 0)
		findings_add(f, CHECK_RANGE, DOCTOR_PASS, REMEDY_NONE, "206");
	else if (v.status == 206)
		findings_fail(f, CHECK_RANGE, ERR_INTEGRITY, REMEDY_RANGE,
		              "%s: 206 with Content-Range '%.64s', expected '%s'", m->blob_key,
		              visit_header(&v, "content-range"), want);
	else if (v.status == 200 || v.failure == HTTP_FAILED_LARGE)
		findings_add(f, CHECK_RANGE, DOCTOR_WARN, REMEDY_RANGE,
		             "%s: the whole blob comes instead of the range", m->blob_key);
	else {
		bool refused = v.status == 401 || v.status == 403;

		broken(m->client, CLIENTS_ALL);
		findings_fail(f, CHECK_RANGE, refused ? ERR_AUTH : ERR_OTHER,
		              refused           ? REMEDY_PUBLIC_READ
		              : v.status == 404 ? REMEDY_PUBLISH
		                                : REMEDY_NONE,
		              "%s: %s", m->blob_key, visit_why(&v, why));
	}
	visit_release(&v);
	return result;
}

static int check_ranges(struct manifests *m, struct err *err)
{
	struct findings *f = m->client->findings;
	struct visit v;
	char why[VISIT_MESSAGE_MAX];
	int result;

	if (!m->blob_key[0] || m->blob_bytes < 4)
		return 0;
	result = visit(&m->client->visitor, HTTP_GET, m->blob_key, "bytes=0-0,3-3", &v, err);
	if (result < 0)
		;
	else if (v.status == 206 &&
	         strncmp(visit_header(&v, "content-type"), "multipart/byteranges", 20) == 0)
		findings_add(f, CHECK_RANGES, DOCTOR_PASS, REMEDY_NONE,
		             "206, multipart/byteranges");
	else if (v.status == 206)
		findings_add(f, CHECK_RANGES, DOCTOR_WARN, REMEDY_ONE_RANGE,
		             "of two ranges the first one comes, as if it were all");
	else if (v.status == 200 || v.status == 416 || v.failure == HTTP_FAILED_LARGE)
		findings_add(f, CHECK_RANGES, DOCTOR_PASS, REMEDY_NONE,
		             "two are not honoured, and clients can tell that");
	else
		findings_add(f, CHECK_RANGES, DOCTOR_WARN, REMEDY_NONE, "%s", visit_why(&v, why));
	visit_release(&v);
	return result;
}

static int check_tags(struct manifests *m, struct err *err)
{
	struct findings *f = m->client->findings;
	struct visit v;
	char key[KEY_MAX], why[VISIT_MESSAGE_MAX];
	int result =
		visit(&m->client->visitor, HTTP_GET, layout_tags_list(key, m->repo), NULL, &v, err);

	if (result < 0)
		;
	else if (v.status != 200)
		findings_add(f, CHECK_TAGS, DOCTOR_WARN,
		             v.status == 404 ? REMEDY_PUBLISH : REMEDY_NONE, "%s: %s", key,
		             visit_why(&v, why));
	else if (strncmp(visit_header(&v, "content-type"), "application/json", 16) != 0)
		findings_add(f, CHECK_TAGS, DOCTOR_WARN, REMEDY_TYPE,
		             "%s has Content-Type '%.100s', expected 'application/json'", key,
		             visit_header(&v, "content-type"));
	else
		findings_add(f, CHECK_TAGS, DOCTOR_PASS, REMEDY_NONE, "200, of %.100s", m->repo);
	visit_release(&v);
	return result;
}

static void check_cache(struct manifests *m)
{
	struct findings *f = m->client->findings;
	char more[40];

	if (m->cache.count > 0)
		findings_add(f, CHECK_CACHE, DOCTOR_WARN, REMEDY_CACHE, "%s%s", m->cache.first,
		             others(&m->cache, more));
	else
		findings_add(f, CHECK_CACHE, DOCTOR_PASS, REMEDY_NONE,
		             "Cache-Control is what was sent");
}

static void check_redirect(struct client *c)
{
	if (c->visitor.downgraded) {
		broken(c, CLIENTS_ALL);
		findings_fail(c->findings, CHECK_REDIRECT, ERR_CONFIG, REMEDY_DOWNGRADE,
		              "https redirects to http");
	} else if (c->visitor.redirects > 0) {
		findings_add(c->findings, CHECK_REDIRECT, DOCTOR_PASS, REMEDY_NONE,
		             "%u were followed, and what they lead to was looked at",
		             c->visitor.redirects);
	}
}

static int check_manifests(struct client *c, const struct sample *sample, struct err *err)
{
	struct manifests m = {.client = c};

	if (sample->count == 0) {
		findings_skip(c->findings, CHECK_MANIFESTS, CHECK_CACHE,
		              "no image is known to be there: drydock sync publishes them");
		return 0;
	}
	for (size_t i = 0; i < sample->count; i++)
		if (look_at(&m, sample->keys[i], err) < 0)
			return -1;
	c->result->pulled = m.read > 0;
	if (m.unreadable.count > 0)
		tell_unreadable(c, &m.unreadable);
	else
		findings_add(c->findings, CHECK_MANIFESTS, DOCTOR_PASS, REMEDY_NONE,
		             sample->more ? "the first %u can be read; there are more"
		                          : "all %u can be read",
		             m.read);
	if (m.read == 0) {
		findings_skip(c->findings, CHECK_TYPES, CHECK_CACHE, "no manifest can be read");
		return 0;
	}
	tell_types(c, &m);
	tell_bytes(c, &m);
	if (check_range(&m, err) < 0 || check_ranges(&m, err) < 0)
		return -1;
	if (m.repo[0] && check_tags(&m, err) < 0)
		return -1;
	check_cache(&m);
	return 0;
}

static int check_all(struct client *c, const struct sample *sample, struct err *err)
{
	struct visit v;
	int result = visit(&c->visitor, HTTP_GET, LAYOUT_PREFIX, NULL, &v, err);

	if (result == 0)
		result = check_reach(c, &v);
	if (result == 0)
		findings_skip(c->findings, CHECK_PING, CHECK_CACHE, "there is no answer");
	if (result > 0)
		check_ping(c, &v);
	visit_release(&v);
	if (result <= 0)
		return result;
	if (c->refused)
		findings_skip(c->findings, CHECK_MISSING, CHECK_MISSING, "v2/ is refused already");
	else if (check_missing(c, err) < 0)
		return -1;
	if (check_manifests(c, sample, err) < 0)
		return -1;
	check_redirect(c);
	return 0;
}

int client_check(const char *base, const struct sample *sample, const struct sync_options *options,
                 struct findings *findings, struct client_result *result, struct err *err)
{
	const struct visitor_settings settings = {
		.base = base, .ca_bundle = options->ca_bundle, .timeout_ms = options->timeout_ms};
	struct client c = {.findings = findings, .options = options, .result = result};
	int done = visitor_open(&c.visitor, &settings, err);

	if (done == 0)
		done = check_all(&c, sample, err);
	visitor_close(&c.visitor);
	return done;
}
