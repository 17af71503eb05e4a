#include "sync/credentials/service_url.h"

#include "base/http/uri.h"

#include <stdio.h>
#include <string.h>

const char *aws_region_suffix(const char *region, bool dual_stack)
{
	/* Partitions, by what their regions begin with. */
	static const struct {
		const char *prefix, *suffix, *dual_stack;
	} partitions[] = {
		{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
		{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
		{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
		{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
		{"", "amazonaws.com", "api.aws"},
	};
	size_t i = 0;

	while (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) != 0)
		i++;
	return dual_stack ? partitions[i].dual_stack : partitions[i].suffix;
}

/* The host must not be led elsewhere by what a variable holds. */
static int check_region(const char *region, struct err *err)
{
	size_t len = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len > 0 && len < 64 && region[len] == '\0')
		return 0;
	return err_set(err, ERR_CONFIG, "\"%.70s\" is no region name", region);
}

static void add_aws_host(struct str *url, const struct aws_config *config, const char *label,
                         const char *region)
{
	bool dual_stack =
		aws_config_flag(config, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
	/* The government's own hosts are all of that kind. */
	bool fips = aws_config_flag(config, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") &&
	            strncmp(region, "us-gov-", 7) != 0;

	(void)str_addf(url, "https://%s%s.%s.%s", label, fips ? "-fips" : "", region,
	               aws_region_suffix(region, dual_stack));
}

int service_url_make(struct service_url *at, const struct aws_config *config, const char *service,
                     const char *host_label, const char *region, struct err *err)
{
	const char *configured = aws_config_endpoint_url(config, service);
	struct uri_endpoint uri;

	str_init(&at->url, 1024);
	str_init(&at->host, 512);
	str_init(&at->path, 1024);
	if (!region)
		region = aws_config_region(config);
	if (region && check_region(region, err) < 0)
		return -1;
	(void)snprintf(at->region, sizeof(at->region), "%s", region ? region : "us-east-1");
	if (configured)
		(void)str_adds(&at->url, configured);
	else if (region)
		add_aws_host(&at->url, config, host_label, region);
	else
		(void)str_addf(&at->url, "https://%s.amazonaws.com", host_label);
	if (str_check(&at->url, service, err) < 0 ||
	    uri_parse_endpoint(&uri, str_text(&at->url), err) < 0)
		return -1;
	(void)str_adds(&at->host, uri.host);
	if (uri.port != 0 && uri.port != (uri.https ? 443u : 80u))
		(void)str_addf(&at->host, ":%u", uri.port);
	(void)str_addf(&at->path, "%s/", uri.path);
	str_clear(&at->url);
	(void)str_addf(&at->url, "%s://%s%s", uri.https ? "https" : "http", str_text(&at->host),
	               str_text(&at->path));
	return str_check(&at->url, service, err);
}

void service_url_release(struct service_url *at)
{
	str_release(&at->url);
	str_release(&at->host);
	str_release(&at->path);
}
