#include "stage/headers/headers.h"

#include "stage/headers/apache.h"
#include "stage/headers/caddy.h"
#include "stage/headers/cloudflare_pages.h"
#include "stage/headers/cloudfront.h"
#include "stage/headers/lighttpd.h"
#include "stage/headers/netlify.h"
#include "stage/headers/nginx.h"
#include "stage/headers/s3_website.h"
#include "stage/headers/site.h"

#include <string.h>

static const char *const NAMES[HEADERS_SERVERS] = {
	[HEADERS_NGINX] = "nginx",           [HEADERS_APACHE] = "apache",
	[HEADERS_CADDY] = "caddy",           [HEADERS_LIGHTTPD] = "lighttpd",
	[HEADERS_NETLIFY] = "netlify",       [HEADERS_CLOUDFLARE_PAGES] = "cloudflare-pages",
	[HEADERS_S3_WEBSITE] = "s3-website", [HEADERS_CLOUDFRONT] = "cloudfront",
};

enum headers_server headers_server_named(const char *name)
{
	for (int i = 0; i < HEADERS_SERVERS; i++)
		if (strcmp(NAMES[i], name) == 0)
			return (enum headers_server)i;
	return HEADERS_UNKNOWN;
}

const char *headers_server_name(enum headers_server server)
{
	return NAMES[server];
}

bool headers_server_listens(enum headers_server server)
{
	return server < HEADERS_NETLIFY;
}

void headers_first_line(enum headers_server server, const char *listen, struct str *out)
{
	(void)str_addf(out, "# drydock headers %s --listen %s\n", NAMES[server], listen);
}

/* Of those whose configuration reads a file beside it. */
static int write_two(const struct site *site, const struct headers_wish *wish,
                     struct headers_text *text, struct err *err)
{
	if (!wish->map_path)
		return err_set(err, ERR_USAGE,
		               "that server reads the tags from a file beside its configuration: "
		               "give --output");
	if (!site_path_is_plain(wish->map_path, err))
		return -1;
	if (wish->server == HEADERS_APACHE)
		return apache_write(site, wish->map_path, &text->config, &text->map, err);
	return lighttpd_write(site, wish->map_path, &text->config, &text->map, err);
}

static int write_text(const struct site *site, const struct headers_wish *wish,
                      struct headers_text *text, struct err *err)
{
	int result = -1;

	if (headers_server_listens(wish->server))
		headers_first_line(wish->server, wish->listen, &text->config);
	switch (wish->server) {
	case HEADERS_NGINX:
		result = nginx_write(site, &text->config, err);
		break;
	case HEADERS_APACHE:
	case HEADERS_LIGHTTPD:
		result = write_two(site, wish, text, err);
		break;
	case HEADERS_CADDY:
		result = caddy_write(site, &text->config, err);
		break;
	case HEADERS_NETLIFY:
		result = netlify_write(site, &text->config, err);
		break;
	case HEADERS_CLOUDFLARE_PAGES:
		result = cloudflare_pages_write(site, &text->config, err);
		break;
	case HEADERS_S3_WEBSITE:
		s3_website_write(&text->config);
		result = 0;
		break;
	case HEADERS_CLOUDFRONT:
		cloudfront_write(&text->config);
		result = 0;
		break;
	case HEADERS_SERVERS:
		break;
	}
	if (result < 0 || str_check(&text->config, "configuration", err) < 0)
		return -1;
	return str_check(&text->map, "map", err);
}

int headers_write(const struct root *root, const struct headers_wish *wish,
                  struct headers_text *text, struct err *err)
{
	struct site site;
	int result;

	if (site_open(&site, root, headers_server_listens(wish->server) ? wish->listen : NULL,
	              err) < 0)
		return -1;
	result = write_text(&site, wish, text, err);
	site_close(&site);
	return result;
}

void headers_text_release(struct headers_text *text)
{
	str_release(&text->config);
	str_release(&text->map);
}
