#include "sync/doctor/remedy_words.h"

#include "base/cleanup.h"
#include "sync/doctor/trial.h"

#include <string.h>

/* " --NAME VALUE" */
static void add_option(struct str *out, const char *name, const char *value)
{
	if (!value)
		return;
	(void)str_addf(out, " --%s ", name);
	(void)str_add_shell_word(out, value);
}

/* As it stands within quotes, and within those of a shell, too. */
static void add_json(struct str *out, const char *text)
{
	AUTO_STR struct str quoted = STR_INIT(8192);
	const char *at;

	if (str_add_json(&quoted, text) < 0) {
		out->failed = true;
		return;
	}
	for (at = str_text(&quoted) + 1; at[0] && at[1]; at++)
		(void)(*at == '\'' ? str_adds(out, "\\u0027") : str_addc(out, *at));
}

static void add_url(struct str *out, const struct endpoint *e, const char *key)
{
	AUTO_STR struct str url = STR_INIT(4096);

	if (str_addf(&url, "s3://%s/%s%s", e->bucket, e->prefix, key) < 0)
		out->failed = true;
	(void)str_add_shell_word(out, str_text(&url));
}

/* What aws-cli does not find out as drydock did: its configuration files are read by both. */
static void add_aws(struct str *out, const struct session *session,
                    const struct sync_options *options)
{
	AUTO_STR struct str url = STR_INIT(4096);
	struct endpoint service = session->endpoint;

	service.virtual_host = false;
	if (!service.documents_host) {
		if (endpoint_origin(&service, &url) < 0 || str_adds(&url, service.base) < 0)
			out->failed = true;
		add_option(out, "endpoint-url", str_text(&url));
	}
	add_option(out, "region", service.region);
	add_option(out, "profile", options->profile);
	add_option(out, "ca-bundle", options->ca_bundle);
	if (options->tls == TLS_NO_VERIFY)
		(void)str_adds(out, " --no-verify-ssl");
}

/* Amazon makes buckets of other regions than its first only where that is said twice. */
static void add_location(struct str *out, const struct endpoint *e)
{
	if (strcmp(e->provider->name, "aws") == 0 && strcmp(e->region, "us-east-1") != 0)
		(void)str_addf(out, " --create-bucket-configuration LocationConstraint=%s",
		               e->region);
}

static bool is_whole(const struct remedy_words *w)
{
	const struct str *const all[] = {&w->object_url, &w->host,  &w->service_host, &w->remote,
	                                 &w->sync,       &w->aws,   &w->location,     &w->prefix,
	                                 &w->doctor_url, &w->v2_url};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->failed)
			return false;
	return true;
}

int remedy_words_make(struct remedy_words *w, struct remedy_place *place,
                      const struct session *session, const struct sync_options *options,
                      const char *remote, struct err *err)
{
	const struct endpoint *e = &session->endpoint;
	struct endpoint service = *e;

	service.virtual_host = false;
	if (endpoint_origin(e, &w->object_url) < 0 || endpoint_path(e, "", &w->object_url) < 0 ||
	    endpoint_host(e, &w->host) < 0 || endpoint_host(&service, &w->service_host) < 0)
		return err_memory(err);
	(void)(remote ? str_adds(&w->remote, remote)
	              : str_add_shell_word(&w->remote, options->url));
	(void)str_adds(&w->sync, str_text(&w->remote));
	add_option(&w->sync, "acl", options->acl);
	add_aws(&w->aws, session, options);
	add_location(&w->location, e);
	add_json(&w->prefix, e->prefix);
	add_url(&w->doctor_url, e, TRIAL_FOLDER);
	add_url(&w->v2_url, e, "v2/");
	*place = (struct remedy_place){.provider = e->provider->name,
	                               .url = options->url,
	                               .remote = str_text(&w->remote),
	                               .sync = str_text(&w->sync),
	                               .aws = str_text(&w->aws),
	                               .location = str_text(&w->location),
	                               .doctor_url = str_text(&w->doctor_url),
	                               .v2_url = str_text(&w->v2_url),
	                               .bucket = e->bucket,
	                               .prefix = str_text(&w->prefix),
	                               .region = s3_endpoint(session->s3)->region,
	                               .service_host = str_text(&w->service_host),
	                               .object_url = str_text(&w->object_url),
	                               .host = str_text(&w->host),
	                               .pull_host = "",
	                               .pull_connect = "",
	                               .pull_url = "",
	                               .front = "",
	                               .image = ""};
	return is_whole(w) ? 0 : err_memory(err);
}

void remedy_words_release(struct remedy_words *w)
{
	str_release(&w->object_url);
	str_release(&w->host);
	str_release(&w->service_host);
	str_release(&w->remote);
	str_release(&w->sync);
	str_release(&w->aws);
	str_release(&w->location);
	str_release(&w->prefix);
	str_release(&w->doctor_url);
	str_release(&w->v2_url);
}
