#include "sync/doctor/front.h"

#include "base/http/transport.h"

#include <string.h>
#include <strings.h>

/*
 * CDNs come first: what a web server behind them says may come through. Sources: the headers that
 * each documents for its answers; nginx, Apache, Caddy and lighttpd by trial.
 */
static const struct row {
	struct front front;
	const char *header, *begins; /* in lower case; some value of the header begins so */
} rows[] = {
	{{"cloudfront", "CloudFront"}, "x-amz-cf-id", ""},
	{{"cloudflare", "Cloudflare"}, "cf-ray", ""},
	{{"fastly", "Fastly"}, "x-served-by", "cache-"},
	{{"bunny", "bunny.net"}, "server", "bunnycdn"},
	{{"netlify", "Netlify"}, "server", "netlify"},
	{{"nginx", "nginx"}, "server", "nginx"},
	{{"nginx", "nginx"}, "server", "openresty"},
	{{"apache", "Apache"}, "server", "apache"},
	{{"caddy", "Caddy"}, "server", "caddy"},
	{{"lighttpd", "lighttpd"}, "server", "lighttpd"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct front *front_at(unsigned index)
{
	return index < ROWS ? &rows[index].front : NULL;
}

const struct front *front_of(const struct str *headers)
{
	for (size_t i = 0; i < ROWS; i++) {
		const char *value = NULL;

		while ((value = http_headers_next(headers, rows[i].header, value)))
			if (strncasecmp(value, rows[i].begins, strlen(rows[i].begins)) == 0)
				return &rows[i].front;
	}
	return NULL;
}
