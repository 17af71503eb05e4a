#include "sync/doctor/doctor.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "sync/doctor/remedy_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct doctor {
	const struct doctor_settings *settings;
	struct doctor_result *result;
	struct session session;
	struct findings findings;
	struct remedy_place place;
	struct pull_address address;
	struct remedy_words words;
};

/* The texts of remedies, as they are known before the first request. */
static int make_place(struct doctor *d, struct err *err)
{
	if (remedy_words_make(&d->words, &d->place, &d->session, d->settings->options,
	                      d->settings->remote, err) < 0)
		return -1;
	d->place.pull_host = d->address.host;
	d->place.pull_connect = d->address.connect;
	d->place.pull_url = d->address.base;
	return 0;
}

static int take_sample(struct doctor *d, struct sample *sample, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (d->findings.worst == ERR_NONE || d->findings.worst == ERR_AUTH) {
		if (credentials_current(d->session.credentials, now_ms(), &ignored) &&
		    sample_of_bucket(sample, &d->session, err) < 0)
			return -1;
	}
	if (sample->count == 0 && d->settings->root)
		return sample_of_root(sample, d->settings->root->db, err);
	return 0;
}

static void check_address(struct doctor *d, struct client_result *client)
{
	const struct pull_address *a = &d->address;

	switch (a->kind) {
	case PULL_HTTPS:
	case PULL_LOCAL:
		findings_add(&d->findings, CHECK_ADDRESS, DOCTOR_PASS, REMEDY_NONE, "%s", a->host);
		return;
	case PULL_HTTP:
		findings_add(&d->findings, CHECK_ADDRESS, DOCTOR_WARN, REMEDY_PLAIN_HTTP,
		             "%s speaks http, and clients refuse that unless they are told",
		             a->host);
		return;
	case PULL_DOTTED:
		findings_fail(&d->findings, CHECK_ADDRESS, ERR_CONFIG, REMEDY_ADDRESS,
		              "no certificate covers %s.…: the bucket's name has a dot",
		              d->place.bucket);
		break;
	case PULL_BELOW_PATH:
		findings_fail(&d->findings, CHECK_ADDRESS, ERR_CONFIG, REMEDY_ADDRESS,
		              "%sv2/ is below a path; if a web server shows it elsewhere: "
		              "--pull-host HOST",
		              d->place.object_url);
		break;
	}
	client->broken = CLIENTS_ALL;
}

static const struct {
	enum client_bit bit;
	const char *name;
} clients[] = {
	{CLIENT_DOCKER, "docker"}, {CLIENT_PODMAN, "podman"}, {CLIENT_CONTAINERD, "containerd"}};

/* "docker, podman and containerd" */
static void add_clients(struct str *out, unsigned bits)
{
	unsigned left = 0;

	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		left += (bits & clients[i].bit) != 0;
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		if (!(bits & clients[i].bit))
			continue;
		left--;
		(void)str_addf(out, "%s%s", clients[i].name,
		               left > 1    ? ", "
		               : left == 1 ? " and "
		                           : "");
	}
}

static void make_sentence(struct doctor *d, const struct client_result *client)
{
	struct doctor_result *r = d->result;
	AUTO_STR struct str s = STR_INIT(DOCTOR_SENTENCE_MAX - 1);

	r->can_pull = CLIENTS_ALL & ~client->broken;
	r->pulled = client->pulled;
	add_clients(&s, r->can_pull ? r->can_pull : (unsigned)CLIENTS_ALL);
	(void)str_addf(&s, " %s pull from %s",
	               !r->can_pull ? "cannot"
	               : r->pulled  ? "can"
	                            : "could",
	               d->address.host);
	if (r->can_pull && client->broken) {
		(void)str_adds(&s, "; ");
		add_clients(&s, client->broken);
		(void)str_adds(&s, " cannot");
	}
	if (r->can_pull && !r->pulled)
		(void)str_adds(&s, ", once something is published");
	(void)snprintf(r->sentence, sizeof(r->sentence), "%s", str_text(&s));
}

static int check_all(struct doctor *d, struct err *err)
{
	const struct doctor_settings *s = d->settings;
	const struct client_settings settings = {
		.options = s->options, .address = &d->address, .pull = s->pull};
	struct client_result client = {0};
	AUTO_FREE struct sample *sample = calloc(1, sizeof(*sample));

	if (!sample)
		return err_memory(err);
	if (writer_check(&d->session, s->options, s->reach, &d->findings, err) < 0 ||
	    take_sample(d, sample, err) < 0)
		return -1;
	/* The server may have named another region, and by that another host. */
	if (pull_address_make(&d->address, s->pull_host, s3_endpoint(d->session.s3), err) < 0)
		return -1;
	check_address(d, &client);
	if (client_check(&settings, sample, &d->findings, &client, err) < 0)
		return -1;
	make_sentence(d, &client);
	return 0;
}

static int judge(const struct doctor *d, struct err *err)
{
	const unsigned *counts = d->findings.counts;

	if (counts[DOCTOR_FAIL] == 0)
		return 0;
	return err_set(err, d->findings.worst, "%u of %u checks failed", counts[DOCTOR_FAIL],
	               counts[DOCTOR_PASS] + counts[DOCTOR_WARN] + counts[DOCTOR_FAIL]);
}

int doctor_run(const struct doctor_settings *settings, struct doctor_result *result,
               struct err *err)
{
	struct doctor d = {.settings = settings,
	                   .result = result,
	                   .session = SESSION_INIT,
	                   .words = REMEDY_WORDS_INIT};
	int done = session_open(&d.session, settings->options, err);

	memset(result, 0, sizeof(*result));
	d.findings = (struct findings){.tell = settings->tell,
	                               .context = settings->context,
	                               .place = &d.place,
	                               .worst = ERR_NONE};
	if (done == 0)
		done = pull_address_make(&d.address, settings->pull_host, &d.session.endpoint, err);
	if (done == 0)
		session_warn_exposed(&d.session, settings->options, settings->sink);
	if (done == 0 && make_place(&d, err) == 0)
		done = check_all(&d, err);
	else
		done = -1;
	memcpy(result->counts, d.findings.counts, sizeof(result->counts));
	memcpy(result->pull_host, d.address.host, sizeof(result->pull_host));
	session_close(&d.session);
	remedy_words_release(&d.words);
	return done < 0 ? -1 : judge(&d, err);
}
