#include "cli/sync_options.h"

#include <string.h>

static int read_numbers(const struct options *o, struct sync_options *s, struct err *err)
{
	uint64_t transfers = 0;

	if (option_number(o, OPT_TRANSFERS, &transfers, err) < 0 ||
	    option_size(o, OPT_PART_SIZE, &s->part_size_bytes, err) < 0 ||
	    option_size(o, OPT_MULTIPART_THRESHOLD, &s->multipart_threshold_bytes, err) < 0 ||
	    option_size(o, OPT_BWLIMIT, &s->bwlimit_bytes_per_s, err) < 0 ||
	    option_size(o, OPT_MAX_TRANSFER, &s->max_transfer_bytes, err) < 0 ||
	    option_number(o, OPT_MAX_DELETE, &s->max_delete, err) < 0 ||
	    option_duration(o, OPT_MAX_DURATION, &s->max_duration_ms, err) < 0 ||
	    option_duration(o, OPT_GIVE_UP_AFTER, &s->give_up_after_ms, err) < 0 ||
	    option_duration(o, OPT_CONNECT_WAIT, &s->connect_wait_ms, err) < 0 ||
	    option_duration(o, OPT_RETRY_MAX_DELAY, &s->retry_max_delay_ms, err) < 0 ||
	    option_duration(o, OPT_TIMEOUT, &s->timeout_ms, err) < 0 ||
	    option_duration(o, OPT_LOCK_WAIT, &s->lock_wait_ms, err) < 0 ||
	    option_duration(o, OPT_GRACE, &s->grace_ms, err) < 0)
		return -1;
	if (option_flag(o, OPT_PAGE) && o->values[OPT_INCLUDE].count + o->values[OPT_EXCLUDE].count)
		return err_set(err, ERR_USAGE,
		               "--page: pages are of the whole root, not of what --include and "
		               "--exclude leave");
	s->transfers = (unsigned)transfers;
	return 0;
}

int sync_options_read(const struct cli *cli, const char *command, enum sync_mode mode,
                      struct sync_options *s, struct err *err)
{
	const struct options *o = &cli->options;

	if (!cli->remote.url)
		return err_set(
			err, ERR_USAGE,
			"which bucket? drydock %s s3://BUCKET[/PREFIX], or once drydock remote "
			"add default s3://BUCKET[/PREFIX] …",
			command);
	memset(s, 0, sizeof(*s));
	s->mode = mode;
	s->max_delete = SYNC_MAX_DELETE;
	s->grace_ms = SYNC_GRACE_MS;
	s->url = cli->remote.url;
	s->endpoint_url = option_text(o, OPT_ENDPOINT_URL);
	if (s->endpoint_url && *s->endpoint_url &&
	    s->endpoint_url[strlen(s->endpoint_url) - 1] == '/')
		event_note(&cli->sink, "the slash at the end of %s means nothing: leave it out",
		           s->endpoint_url);
	s->region = option_text(o, OPT_REGION);
	s->profile = option_text(o, OPT_PROFILE);
	s->provider = option_text(o, OPT_PROVIDER);
	s->ca_bundle = option_text(o, OPT_CA_BUNDLE);
	s->client_cert = option_text(o, OPT_CLIENT_CERT);
	s->client_key = option_text(o, OPT_CLIENT_KEY);
	s->addressing = (enum addressing)(option_choice(o, OPT_ADDRESSING_STYLE, -1) + 1);
	s->requester_pays = option_given(o, OPT_REQUEST_PAYER);
	s->tls = option_flag(o, OPT_NO_VERIFY_SSL) ? TLS_NO_VERIFY : TLS_VERIFY;
	s->acl = option_text(o, OPT_ACL);
	s->sse = option_text(o, OPT_SSE);
	s->sse_kms_key_id = option_text(o, OPT_SSE_KMS_KEY_ID);
	s->storage_class = option_text(o, OPT_STORAGE_CLASS);
	s->cache_control_digest = option_text(o, OPT_CACHE_CONTROL_DIGEST);
	s->cache_control_tag = option_text(o, OPT_CACHE_CONTROL_TAG);
	if (option_given(o, OPT_DELETE))
		s->delete_mode = option_choice(o, OPT_DELETE, 0) ? DELETE_FOREIGN : DELETE_OWN;
	s->includes = o->values[OPT_INCLUDE].values;
	s->include_count = o->values[OPT_INCLUDE].count;
	s->excludes = o->values[OPT_EXCLUDE].values;
	s->exclude_count = o->values[OPT_EXCLUDE].count;
	s->force_tags = o->values[OPT_FORCE_TAG].values;
	s->force_tag_count = o->values[OPT_FORCE_TAG].count;
	s->check_metadata = option_flag(o, OPT_CHECK_METADATA);
	s->paranoid = option_flag(o, OPT_PARANOID);
	s->pages = option_flag(o, OPT_PAGE);
	return read_numbers(o, s, err);
}
