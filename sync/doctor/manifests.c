#include "sync/doctor/manifests.h"

#include "sync/doctor/client_internal.h"
#include "sync/doctor/manifest_look.h"
#include "sync/run/object_headers.h"

#include <stdio.h>
#include <string.h>

enum { TRIED_BY_HEAD = 2 };

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
	const char *want =
		object_headers_cache_control(m->client->settings->options, parts->object_class);
	const char *got = visit_header(v, "cache-control");

	if (strcmp(got, want) != 0)
		note(&m->cache, "%s has Cache-Control '%.100s', and '%.100s' was sent", key, got,
		     want);
}

/* skopeo and podman of old know sha256 alone. */
static void take_image(struct manifests *m, const char *key, const struct key_parts *parts,
                       const struct manifest_look *look)
{
	if (!look->is_image || look->blob.alg != DIGEST_SHA256 ||
	    (parts->digest.alg != DIGEST_NONE && parts->digest.alg != DIGEST_SHA256) ||
	    (m->image_key[0] && look->image_bytes >= m->image_bytes))
		return;
	(void)snprintf(m->image_key, sizeof(m->image_key), "%s", key);
	m->image_bytes = look->image_bytes;
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
	take_image(m, key, parts, &look);
	if (!m->blob_key[0] && look.blob.alg != DIGEST_NONE) {
		(void)layout_blob(m->blob_key, parts->repo, &look.blob);
		m->blob_bytes = look.blob_bytes;
	}
	return m->read <= TRIED_BY_HEAD ? look_at_head(m, key, v, err) : 0;
}

static int look_at(void *context, const char *key, const struct visit *v, struct err *err)
{
	struct manifests *m = context;
	struct key_parts parts;
	char why[VISIT_MESSAGE_MAX];

	(void)layout_parse(&parts, key);
	if (v->failure != HTTP_OK || v->status != 200) {
		if (m->unreadable.count == 0)
			m->unreadable.status = v->status;
		note(&m->unreadable, "%s: %s", key, visit_why(v, why));
		return 0;
	}
	m->read++;
	if (!m->key[0])
		(void)snprintf(m->key, sizeof(m->key), "%s", key);
	if (*visit_header(v, "content-encoding")) {
		note(&m->encoded, "%s comes with Content-Encoding '%.40s'", key,
		     visit_header(v, "content-encoding"));
		return 0;
	}
	return look_at_body(m, key, &parts, v, err);
}

int manifests_fetch(struct manifests *m, const struct sample *sample, struct err *err)
{
	const char *keys[SAMPLE_MAX];

	for (size_t i = 0; i < sample->count; i++)
		keys[i] = sample->keys[i];
	return visit_many(&m->client->visitor, keys, sample->count, look_at, m, err);
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

	client_breaks(c, CLIENTS_ALL);
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
		client_breaks(c, CLIENTS_ALL);
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
		client_breaks(c, CLIENTS_ALL);
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

bool manifests_tell(const struct manifests *m, bool more)
{
	struct findings *f = m->client->findings;

	if (m->unreadable.count > 0)
		tell_unreadable(m->client, &m->unreadable);
	else
		findings_add(f, CHECK_MANIFESTS, DOCTOR_PASS, REMEDY_NONE,
		             more ? "the first %u can be read; there are more"
		                  : "all %u can be read",
		             m->read);
	if (m->read == 0)
		return false;
	tell_types(m->client, m);
	tell_bytes(m->client, m);
	return true;
}

void manifests_tell_cache(const struct manifests *m)
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
