#include "sync/doctor/writer.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "base/units.h"
#include "sync/doctor/probe.h"
#include "sync/doctor/trial.h"

#include <string.h>

enum { CLOCK_NEAR_MS = 60 * 1000 };

struct writer {
	struct session *session;
	struct findings *findings;
};

/* 1 there are some, 0 not, or the server would get a signature that means nothing. */
static int check_credentials(struct writer *w)
{
	struct err why = ERR_INIT;
	const struct credential *c = credentials_current(w->session->credentials, now_ms(), &why);
	size_t len = c ? strlen(c->access_key) : 0;

	if (!c) {
		findings_fail(w->findings, CHECK_CREDENTIALS, why.code, REMEDY_CREDENTIALS, "%s",
		              why.message);
		return 0;
	}
	/* Enough of it to know it again. */
	findings_add(w->findings, CHECK_CREDENTIALS, DOCTOR_PASS, REMEDY_NONE,
	             "from the %s, access key %.4s…%s", c->source, c->access_key,
	             len > 12 ? c->access_key + len - 4 : "");
	return 1;
}

static void check_clock(struct writer *w)
{
	int64_t offset_ms = s3_clock_offset_ms(w->session->s3);
	char text[UNITS_TEXT_MAX];
	int64_t distance_ms = offset_ms < 0 ? -offset_ms : offset_ms;

	if (distance_ms < CLOCK_NEAR_MS)
		findings_add(w->findings, CHECK_CLOCK, DOCTOR_PASS, REMEDY_NONE,
		             "this machine's is the server's");
	else
		findings_add(w->findings, CHECK_CLOCK, DOCTOR_WARN, REMEDY_CLOCK,
		             "this machine's is %s %s the server's",
		             duration_text(distance_ms / 1000 * 1000, text),
		             offset_ms > 0 ? "behind" : "ahead of");
}

static void check_region(struct writer *w, const struct probe *p)
{
	const char *here = w->session->endpoint.region,
		   *there = s3_endpoint(w->session->s3)->region;

	if (p->followed_region)
		findings_add(w->findings, CHECK_REGION, DOCTOR_WARN, REMEDY_REGION,
		             "the bucket is in %s, and %s was said", there, here);
	else if (!p->ok && p->err.code == ERR_CONFIG && p->failure == HTTP_OK)
		findings_fail(w->findings, CHECK_REGION, ERR_CONFIG, REMEDY_NONE, "%s",
		              p->err.message);
	else
		findings_add(w->findings, CHECK_REGION, DOCTOR_PASS, REMEDY_NONE, "%s", there);
}

/* The server refuses who asks, not what is asked. */
static bool key_is_bad(const struct probe *p)
{
	return p->err.code == ERR_AUTH && strcmp(p->code, "AccessDenied") != 0;
}

/* It answers, and does not send its clients elsewhere (the error tells where to). */
static bool is_endpoint(const struct probe *p)
{
	return p->failure == HTTP_OK && !(p->status >= 300 && p->status <= 399);
}

static void check_endpoint(struct writer *w, const struct probe *p)
{
	const struct endpoint *e = s3_endpoint(w->session->s3);
	AUTO_STR struct str origin = STR_INIT(1024);

	(void)endpoint_origin(e, &origin);
	if (is_endpoint(p))
		findings_add(w->findings, CHECK_ENDPOINT, DOCTOR_PASS, REMEDY_NONE,
		             "%s answers (%s, %s)", str_text(&origin), e->provider->title,
		             e->virtual_host ? "the bucket in the host" : "the bucket in the path");
	else
		findings_fail(w->findings, CHECK_ENDPOINT, p->err.code,
		              p->failure == HTTP_OK           ? REMEDY_NONE
		              : p->failure == HTTP_FAILED_TLS ? REMEDY_TLS
		                                              : REMEDY_ENDPOINT,
		              "%s", p->err.message);
}

static void check_list(struct writer *w, const struct probe *p)
{
	size_t count = p->page ? p->page->count : 0;

	if (p->ok && count == 0)
		findings_add(w->findings, CHECK_LIST, DOCTOR_PASS, REMEDY_NONE,
		             "allowed; nothing is below v2/ yet");
	else if (p->ok)
		findings_add(w->findings, CHECK_LIST, DOCTOR_PASS, REMEDY_NONE,
		             "allowed; %zu%s keys below v2/", count,
		             p->page->truncated ? " and more" : "");
	else if (p->err.code == ERR_NOT_FOUND)
		findings_fail(w->findings, CHECK_LIST, ERR_NOT_FOUND, REMEDY_BUCKET, "%s",
		              p->err.message);
	else
		trial_refused(w->findings, CHECK_LIST, p);
}

/* What the answer to the first request tells. Whether the bucket can be asked further. */
static bool judge_answer(struct writer *w, const struct probe *p)
{
	check_endpoint(w, p);
	if (!is_endpoint(p)) {
		findings_skip(w->findings, CHECK_CLOCK, CHECK_LIST, "the endpoint is no good");
		return false;
	}
	check_clock(w);
	check_region(w, p);
	if (key_is_bad(p)) {
		findings_fail(w->findings, CHECK_KEY, ERR_AUTH, REMEDY_CREDENTIALS, "%s",
		              p->err.message);
		findings_skip(w->findings, CHECK_LIST, CHECK_LIST, "the server refuses the key");
		return false;
	}
	findings_add(w->findings, CHECK_KEY, DOCTOR_PASS, REMEDY_NONE, "the server knows it");
	check_list(w, p);
	return p->err.code != ERR_NOT_FOUND && p->err.code != ERR_CONFIG;
}

/* 1: there is a bucket that can be asked further, 0 not, -1. */
static int check_first_answer(struct writer *w, struct err *err)
{
	const struct s3_request request = {.op = S3_LIST, .prefix = LAYOUT_PREFIX};
	struct probe p;
	int result = probe_send(w->session, &request, PROBE_ORDERLY, &p, err);

	if (result == 0)
		result = judge_answer(w, &p);
	probe_release(&p);
	return result;
}

int writer_check(struct session *session, const struct sync_options *options,
                 enum writer_reach reach, struct findings *findings, struct err *err)
{
	struct writer w = {.session = session, .findings = findings};
	int result;

	if (!check_credentials(&w)) {
		findings_skip(findings, CHECK_ENDPOINT, CHECK_DELETE, "there are no credentials");
		return 0;
	}
	result = check_first_answer(&w, err);
	if (result < 0)
		return -1;
	if (result == 0)
		findings_skip(findings, CHECK_PUT, CHECK_DELETE, "the bucket cannot be asked");
	else if (reach == WRITER_READS)
		findings_skip(findings, CHECK_PUT, CHECK_DELETE, "left out (--read-only)");
	else
		return trial_run(session, options, findings, err);
	return 0;
}
