#include "sync/doctor/probe.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/units.h"
#include "sync/dispatch/retry.h"
#include "sync/s3/error.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	BODY_MAX = 64 << 10,
	TRIES = 3,             /* of what is asked again because the server is busy */
	DELAY_MAX_MS = 2000,   /* between two of them */
	END_MS = 5000,         /* what is under way at a signal has so long to end */
	ANSWER_MAX_MS = 60000, /* no request of the doctor's takes so long */
};

/* A probe under way. */
struct asking {
	struct session *session;
	struct probe *probe;
	struct s3_call *call; /* NULL: it is over */
	struct retry_decision decision;
	unsigned tries, generation;
	bool signed_again, refreshed;
};

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

static void read_result(struct probe *p, struct s3_result *result)
{
	p->ok = result->ok;
	p->failure = result->failure;
	p->status = result->status;
	p->size_bytes = result->head.size_bytes;
	copy(p->code, sizeof(p->code), result->fault.code);
	copy(p->etag, sizeof(p->etag), result->head.etag);
	copy(p->content_type, sizeof(p->content_type), result->head.content_type);
	copy(p->upload_id, sizeof(p->upload_id), result->receipt.upload_id);
	p->page = STEAL(result->page);
	p->uploads = STEAL(result->uploads);
	if (result->ok && result->op == S3_GET && result->body)
		(void)str_add(&p->body, str_text(result->body), result->body->len);
}

static void on_done(void *context, struct s3_result *result)
{
	struct asking *a = context;
	struct retry_facts facts = retry_facts_of(result);

	a->call = NULL;
	facts.attempts = facts.answered = ++a->tries;
	facts.redirected = a->probe->followed_region;
	facts.signed_again = a->signed_again;
	facts.refreshed = a->refreshed;
	facts.delay_max_ms = DELAY_MAX_MS;
	facts.random = UINT64_MAX / 2;
	a->decision = retry_decide(&facts);
	/* Where the answer names none there is no guessing. */
	if (a->decision.action == RETRY_REGION && !s3_follow_region(a->session->s3, result->region))
		a->decision = (struct retry_decision){.action = RETRY_FAIL_RUN, .code = ERR_CONFIG};
	a->generation = result->credential_generation;
	read_result(a->probe, result);
	if (!result->ok)
		(void)s3_error(result, s3_endpoint(a->session->s3), a->decision.code,
		               &a->probe->err);
}

/* Whether it is to be asked again. */
static bool again(struct asking *a)
{
	struct err ignored = ERR_INIT;

	switch (a->decision.action) {
	case RETRY_SIGN:
		a->signed_again = true;
		return true;
	case RETRY_REGION:
		a->probe->followed_region = true;
		return true;
	case RETRY_REFRESH:
		a->refreshed = true;
		return s3_refresh_credentials(a->session->s3, a->generation, &ignored) == 0;
	case RETRY_SEND:
		/* A host that cannot be reached at all is told at once. */
		if (a->tries >= TRIES || (a->decision.link_down && a->probe->status == 0 &&
		                          a->probe->failure == HTTP_FAILED_STALL))
			return false;
		return true;
	default:
		return false;
	}
}

static int wait_over(struct asking *a, enum probe_when when, struct err *err)
{
	int64_t until = monotonic_ms() + ANSWER_MAX_MS;
	bool stopped = false;

	while (a->call) {
		if (when == PROBE_ORDERLY && !stopped && stop_requested()) {
			stopped = true;
			until = monotonic_ms() + END_MS;
		}
		if (monotonic_ms() > until) {
			s3_cancel(a->session->s3, STEAL(a->call));
			(void)err_set(&a->probe->err, ERR_TEMPORARY, "no answer within %d seconds",
			              ANSWER_MAX_MS / 1000);
			a->probe->failure = HTTP_FAILED_STALL;
			a->decision = (struct retry_decision){.action = RETRY_FAIL_OBJECT};
			break;
		}
		if (s3_poll(a->session->s3, 200, err) < 0) {
			if (a->call)
				s3_cancel(a->session->s3, STEAL(a->call));
			return -1;
		}
	}
	return when == PROBE_ORDERLY ? stop_check(err) : 0;
}

static void probe_clear(struct probe *p)
{
	bool followed = p->followed_region;

	probe_release(p);
	memset(p, 0, sizeof(*p));
	str_init(&p->body, BODY_MAX);
	p->followed_region = followed;
}

static int pause_for(int64_t ms, enum probe_when when, struct err *err)
{
	struct timespec step = {.tv_nsec = 20 * 1000 * 1000};

	for (int64_t until = monotonic_ms() + ms; monotonic_ms() < until;) {
		if (when == PROBE_ORDERLY && stop_check(err) < 0)
			return -1;
		(void)nanosleep(&step, NULL);
	}
	return 0;
}

int probe_send(struct session *session, const struct s3_request *request, enum probe_when when,
               struct probe *probe, struct err *err)
{
	struct asking a = {.session = session, .probe = probe};
	struct s3_request r = *request;

	memset(probe, 0, sizeof(*probe));
	do {
		if (pause_for(a.decision.delay_ms, when, err) < 0)
			return -1;
		probe_clear(probe);
		r.fresh_connection = a.tries > 0;
		if (s3_send(session->s3, &r, on_done, &a, &a.call, err) < 0 ||
		    wait_over(&a, when, err) < 0)
			return -1;
	} while (!probe->ok && again(&a));
	return 0;
}

void probe_release(struct probe *probe)
{
	str_release(&probe->body);
	s3_page_free(probe->page);
	s3_uploads_free(probe->uploads);
	probe->page = NULL;
	probe->uploads = NULL;
}
