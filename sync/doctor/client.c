#include "sync/doctor/client.h"

#include "base/layout.h"
#include "sync/doctor/client_internal.h"
#include "sync/doctor/front.h"
#include "sync/doctor/lists.h"
#include "sync/doctor/manifests.h"
#include "sync/doctor/pull.h"
#include "sync/doctor/ranges.h"

#include <stdio.h>
#include <string.h>

#define MISSING_PATH  "v2/drydock-doctor/manifests/no-such-tag"
#define OTHER_ORIGIN  "https://page.example.org"
#define ORIGIN_HEADER "Origin: " OTHER_ORIGIN

/* 1 there is an answer, 0 not, -1. */
static int check_reach(struct client *c, const struct visit *v)
{
	const char *base = str_text(&c->visitor.base);
	const struct front *front = front_of(&v->headers);
	char why[VISIT_MESSAGE_MAX];

	if (v->failure == HTTP_OK) {
		findings_front(c->findings, front ? front->name : "");
		findings_add(c->findings, CHECK_REACH, DOCTOR_PASS, REMEDY_NONE, "%s%s%s",
		             front ? front->title : "it", " answers",
		             strncmp(base, "https", 5) == 0 ? ", under a certificate that holds"
		                                            : "");
		return 1;
	}
	client_breaks(c, CLIENTS_ALL);
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
	client_breaks(c, CLIENT_PODMAN);
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

static void check_redirect(struct client *c)
{
	if (c->visitor.downgraded) {
		client_breaks(c, CLIENTS_ALL);
		findings_fail(c->findings, CHECK_REDIRECT, ERR_CONFIG, REMEDY_DOWNGRADE,
		              "https redirects to http");
	} else if (c->visitor.redirects > 0) {
		findings_add(c->findings, CHECK_REDIRECT, DOCTOR_PASS, REMEDY_NONE,
		             "%u were followed, and what they lead to was looked at",
		             c->visitor.redirects);
	}
}

/* Only pages of another host need it: nothing is wrong without. */
static int check_cors(struct client *c, const char *key, struct err *err)
{
	struct visit v;
	int result = visit(&c->visitor, HTTP_GET, key, ORIGIN_HEADER, &v, err);
	const char *allowed = visit_header(&v, "access-control-allow-origin");

	if (result < 0)
		;
	else if (strcmp(allowed, "*") == 0 || strcmp(allowed, OTHER_ORIGIN) == 0)
		findings_add(c->findings, CHECK_CORS, DOCTOR_PASS, REMEDY_NONE,
		             "pages of any host may read it");
	else
		findings_add(c->findings, CHECK_CORS, DOCTOR_PASS, REMEDY_CORS,
		             "pages of other hosts may not read it; container clients do not mind");
	visit_release(&v);
	return result;
}

static int check_manifests(struct client *c, const struct sample *sample, struct err *err)
{
	struct manifests m = {.client = c};

	if (sample->count == 0) {
		findings_skip(c->findings, CHECK_MANIFESTS, CHECK_PULL,
		              "no image is known to be there: drydock sync publishes them");
		return 0;
	}
	if (manifests_fetch(&m, sample, err) < 0)
		return -1;
	c->result->pulled = m.read > 0;
	if (!manifests_tell(&m, sample->more)) {
		findings_skip(c->findings, CHECK_TYPES, CHECK_PULL, "no manifest can be read");
		return 0;
	}
	if (ranges_check(&m, err) < 0 || lists_check_tags(&m, err) < 0 ||
	    lists_check_referrers(c, sample, err) < 0)
		return -1;
	manifests_tell_cache(&m);
	if (check_cors(c, m.key, err) < 0)
		return -1;
	return pull_check(c, &m, err);
}

static int check_all(struct client *c, const struct sample *sample, struct err *err)
{
	struct visit v;
	int result = visit(&c->visitor, HTTP_GET, LAYOUT_PREFIX, NULL, &v, err);

	if (result == 0)
		result = check_reach(c, &v);
	if (result == 0)
		findings_skip(c->findings, CHECK_PING, CHECK_PULL, "there is no answer");
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

int client_check(const struct client_settings *settings, const struct sample *sample,
                 struct findings *findings, struct client_result *result, struct err *err)
{
	const struct visitor_settings visitor = {.base = settings->address->base,
	                                         .ca_bundle = settings->options->ca_bundle,
	                                         .timeout_ms = settings->options->timeout_ms};
	struct client c = {.findings = findings, .settings = settings, .result = result};
	int done = visitor_open(&c.visitor, &visitor, err);

	if (done == 0)
		done = check_all(&c, sample, err);
	visitor_close(&c.visitor);
	return done;
}
