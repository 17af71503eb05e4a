#include "sync/run/session.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/tls_pair.h"
#include "base/units.h"
#include "base/user_file.h"
#include "sync/credentials/from_sso.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *environment(const char *name)
{
	return getenv(name);
}

/* s3://BUCKET[/PREFIX] -> two strings in one allocation; *prefix points into it. */
static char *split_url(const char *url, const char **prefix, struct err *err)
{
	char *bucket, *slash;

	if (!url || strncmp(url, "s3://", 5) != 0 || url[5] == '\0' || url[5] == '/') {
		(void)err_set(err, ERR_USAGE,
		              "'%.200s' is not a bucket; write it as s3://BUCKET[/PREFIX]",
		              url ? url : "");
		return NULL;
	}
	bucket = strdup(url + 5);
	if (!bucket) {
		(void)err_memory(err);
		return NULL;
	}
	slash = strchr(bucket, '/');
	*prefix = "";
	if (slash) {
		*slash = '\0';
		*prefix = slash + 1;
	}
	return bucket;
}

/*
 * Nearly all servers know conditional writes by now, and all that were tried read an unquoted ETag;
 * those that ignore the headers lose nothing by them.
 */
static void learn_conditions(struct session *session)
{
	const struct provider *row = session->endpoint.provider;

	session->provider = *row;
	session->endpoint.provider = &session->provider;
	session->conditions_certain = provider_has(row, PROVIDER_IF_MATCH);
	if (provider_has(row, PROVIDER_CONDITIONS_TRIED))
		session->provider.traits |=
			PROVIDER_IF_MATCH | PROVIDER_IF_MATCH_UNQUOTED | PROVIDER_IF_NONE_MATCH;
}

void session_leave_conditions(struct session *session)
{
	session->provider.traits &= ~(unsigned)(PROVIDER_IF_MATCH | PROVIDER_IF_MATCH_UNQUOTED |
	                                        PROVIDER_IF_NONE_MATCH);
	session->conditions_certain = false;
}

void session_doubt_conditions(struct session *session)
{
	unsigned *traits = &session->provider.traits;

	session->conditions_certain = false;
	session->quotes_tried = (*traits & PROVIDER_IF_MATCH_UNQUOTED) != 0;
	if (session->quotes_tried)
		session_quote_conditions(session);
	else
		session_leave_conditions(session);
}

void session_quote_conditions(struct session *session)
{
	session->provider.traits &= ~(unsigned)PROVIDER_IF_MATCH_UNQUOTED;
}

void session_condition_held(struct session *session)
{
	session->if_match_quoted |= session->quotes_tried;
}

/* `addressing_style` below `s3` of the profile. */
static int read_addressing(const struct aws_config *config, enum addressing *addressing,
                           struct err *err)
{
	static const char *const styles[] = {"auto", "path", "virtual"};
	const char *style = aws_config_value(config, "s3.addressing_style");

	for (size_t i = 0; style && i < sizeof(styles) / sizeof(styles[0]); i++) {
		if (strcmp(style, styles[i]) == 0) {
			*addressing = (enum addressing)(ADDRESSING_AUTO + i);
			return 0;
		}
	}
	if (!style)
		return 0;
	return err_set(err, ERR_CONFIG,
	               "s3 addressing_style \"%.40s\" of profile \"%.100s\" is not auto, path or "
	               "virtual",
	               style, aws_config_profile(config));
}

/* What the AWS environment and files say where the caller said nothing. */
static int add_configured(const struct aws_config *config, struct endpoint_settings *settings,
                          struct err *err)
{
	if (!settings->url)
		settings->url = aws_config_endpoint_url(config, "s3");
	if (!settings->region)
		settings->region = aws_config_region(config);
	settings->dual_stack =
		aws_config_flag(config, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint") ||
		aws_config_flag(config, "AWS_USE_DUALSTACK_ENDPOINT", "s3.use_dualstack_endpoint");
	settings->fips = aws_config_flag(config, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
	if (settings->addressing == ADDRESSING_UNSAID)
		return read_addressing(config, &settings->addressing, err);
	return 0;
}

static int make_endpoint(struct session *session, const struct sync_options *options,
                         struct err *err)
{
	const char *prefix;
	AUTO_FREE char *bucket = split_url(options->url, &prefix, err);
	struct endpoint_settings settings = {.bucket = bucket,
	                                     .prefix = prefix,
	                                     .url = options->endpoint_url,
	                                     .region = options->region,
	                                     .provider = options->provider,
	                                     .addressing = options->addressing,
	                                     .requester_pays = options->requester_pays};

	if (!bucket)
		return -1;
	if (add_configured(session->config, &settings, err) < 0 ||
	    endpoint_make(&session->endpoint, &settings, err) < 0)
		return -1;
	learn_conditions(session);
	if (endpoint_identity(&session->endpoint, &session->identity) < 0)
		return err_memory(err);
	return 0;
}

/* BUCKET-<16 hex of the whole identity>, with only characters that every file system takes. */
static int make_lock_name(struct session *session, struct err *err)
{
	AUTO_STR struct str identity = STR_INIT(4096);
	uint8_t hash[SHA256_BYTES];
	char hex[2 * 8 + 1], *p;

	(void)str_addf(&identity, "%s|%s|%s", str_text(&session->identity),
	               session->endpoint.bucket, session->endpoint.prefix);
	if (str_check(&identity, "the remote's name", err) < 0 ||
	    hash_once(HASH_SHA256, identity.data, identity.len, hash, err) < 0)
		return -1;
	(void)snprintf(session->lock_name, sizeof(session->lock_name), "%.64s-%s",
	               session->endpoint.bucket, hex_text(hash, 8, hex));
	for (p = session->lock_name; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *p))
			*p = '_';
	return 0;
}

/* Before the first request, and by whom it was named; libcurl opens it by its name, each time. */
static int check_ca_bundle(const struct sync_options *options, const struct aws_config *config,
                           struct err *err)
{
	const char *path = options->ca_bundle ? options->ca_bundle : aws_config_ca_bundle(config);

	if (!path || user_file_check(path, err) == 0)
		return 0;
	err->code = ERR_CONFIG;
	return err_context(err, "%s", options->ca_bundle ? "--ca-bundle" : "ca_bundle (AWS)");
}

static struct transport *make_transport(const struct session *session,
                                        const struct sync_options *options, struct err *err)
{
	struct http_curl_options http = HTTP_CURL_OPTIONS_DEFAULT;

	http.ca_bundle =
		options->ca_bundle ? options->ca_bundle : aws_config_ca_bundle(session->config);
	http.client_cert = options->client_cert;
	http.client_key = options->client_key;
	http.bwlimit_bytes_per_s = options->bwlimit_bytes_per_s;
	http.no_verify_tls = options->tls == TLS_NO_VERIFY;
	if (options->transfers > http.connections)
		http.connections = options->transfers;
	if (options->timeout_ms > 0) {
		http.connect_ms = options->timeout_ms;
		http.stall_ms = options->timeout_ms;
	}
	return http_curl_new(&http, err);
}

int session_open(struct session *session, const struct sync_options *options, struct err *err)
{
	struct credentials_settings identity = {0};
	struct s3_settings settings = {0};

	if (tls_pair_check(options->client_cert, options->client_key, err) < 0)
		return -1;
	session->config = aws_config_load(options->profile, environment, err);
	if (!session->config || check_ca_bundle(options, session->config, err) < 0 ||
	    make_endpoint(session, options, err) < 0 || make_lock_name(session, err) < 0)
		return -1;
	identity.config = session->config;
	identity.ca_bundle = options->ca_bundle;
	identity.deadline_ms =
		options->max_duration_ms > 0 ? monotonic_ms() + options->max_duration_ms : 0;
	session->credentials = credentials_new(&identity, err);
	if (!session->credentials)
		return -1;
	session->transport = make_transport(session, options, err);
	if (!session->transport)
		return -1;
	settings.endpoint = session->endpoint;
	settings.credentials = session->credentials;
	session->s3 = s3_new(&settings, session->transport, err);
	return session->s3 ? 0 : -1;
}

void session_close(struct session *session)
{
	s3_free(session->s3);
	http_curl_free(session->transport);
	credentials_free(session->credentials);
	aws_config_free(session->config);
	str_release(&session->identity);
	memset(session, 0, sizeof(*session));
}

void session_warn_exposed(const struct session *session, const struct sync_options *options,
                          const struct event_sink *sink)
{
	AUTO_STR struct str cache = STR_INIT(4096);

	user_file_warn_exposed(aws_config_exposed(session->config), "a secret key", sink);
	user_file_warn_exposed(options->client_key ? options->client_key : options->client_cert,
	                       "a private key", sink);
	if (credential_sso_cache(session->config, &cache))
		user_file_warn_exposed(str_text(&cache), "a token", sink);
}
