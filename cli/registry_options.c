#include "cli/registry_options.h"

#include "base/tls_pair.h"
#include "base/units.h"
#include "stage/registry/reference.h"

#include <stdlib.h>
#include <string.h>

static const char *environment(const char *name)
{
	return getenv(name);
}

int registry_options_read(const struct options *o, struct registry_options *r, struct err *err)
{
	uint64_t transfers = REGISTRY_TRANSFERS;
	int64_t max_duration_ms = 0;
	struct registry_mirror mirror;

	memset(r, 0, sizeof(*r));
	r->env = environment;
	r->authfile = option_text(o, OPT_AUTHFILE);
	r->client_cert = option_text(o, OPT_CLIENT_CERT);
	r->client_key = option_text(o, OPT_CLIENT_KEY);
	r->no_verify_tls = option_choice(o, OPT_SRC_TLS_VERIFY, 0) == 1;
	r->foreign_layers = option_flag(o, OPT_FOREIGN_LAYERS);
	r->mirrors = o->values[OPT_REGISTRY_MIRROR].values;
	r->mirror_count = o->values[OPT_REGISTRY_MIRROR].count;
	for (size_t i = 0; i < r->mirror_count; i++)
		if (registry_mirror_parse(&mirror, r->mirrors[i], err) < 0)
			return err_context(err, "%s", o->values[OPT_REGISTRY_MIRROR].origin);
	r->referrers = option_flag(o, OPT_REFERRERS);
	if (tls_pair_check(r->client_cert, r->client_key, err) < 0)
		return -1;
	if (option_number(o, OPT_TRANSFERS, &transfers, err) < 0 ||
	    option_number(o, OPT_TAGS_LIMIT, &r->tags_limit, err) < 0 ||
	    option_size(o, OPT_BWLIMIT, &r->bwlimit_bytes_per_s, err) < 0 ||
	    option_duration(o, OPT_MAX_DURATION, &max_duration_ms, err) < 0 ||
	    option_duration(o, OPT_GIVE_UP_AFTER, &r->give_up_after_ms, err) < 0 ||
	    option_duration(o, OPT_CONNECT_WAIT, &r->connect_wait_ms, err) < 0 ||
	    option_duration(o, OPT_RETRY_MAX_DELAY, &r->retry_max_delay_ms, err) < 0 ||
	    option_duration(o, OPT_TIMEOUT, &r->stall_ms, err) < 0)
		return -1;
	if (transfers > REGISTRY_TRANSFERS_MAX)
		return err_set(err, ERR_USAGE, "--transfers: 1 to %d for stage",
		               REGISTRY_TRANSFERS_MAX);
	r->transfers = (unsigned)transfers;
	if (max_duration_ms > 0)
		r->deadline_ms = monotonic_ms() + max_duration_ms;
	return 0;
}
