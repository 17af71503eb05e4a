#include "stage/registry/redirect.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static void cleanup_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void cleanup_text(char **text)
{
	curl_free(*text);
}

#define AUTO_URL  __attribute__((cleanup(cleanup_url)))
#define AUTO_TEXT __attribute__((cleanup(cleanup_text)))

bool registry_is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static int check_target(CURLU *url, const char *from, struct err *err)
{
	AUTO_TEXT char *scheme = NULL;
	AUTO_TEXT char *user = NULL;

	if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return err_set(err, ERR_MALFORMED, "the redirect names no scheme");
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		return err_set(err, ERR_REFUSED, "the redirect leads to %.20s:", scheme);
	if (strcmp(scheme, "http") == 0 && strncasecmp(from, "https:", 6) == 0)
		return err_set(err, ERR_REFUSED, "the redirect leads from https to http");
	if (curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK)
		return err_set(err, ERR_REFUSED, "the redirect names a user");
	return 0;
}

int registry_redirect(const char *url, const char *location, struct str *next, struct err *err)
{
	AUTO_URL CURLU *target = curl_url();
	AUTO_TEXT char *text = NULL;

	if (!target)
		return err_memory(err);
	if (strlen(location) > REDIRECT_URL_MAX)
		return err_set(err, ERR_REFUSED, "the redirect is longer than %d bytes",
		               REDIRECT_URL_MAX);
	if (curl_url_set(target, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_set(target, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		return err_set(err, ERR_MALFORMED, "the redirect leads to no URL");
	if (check_target(target, url, err) < 0)
		return -1;
	(void)curl_url_set(target, CURLUPART_FRAGMENT, NULL, 0);
	if (curl_url_get(target, CURLUPART_URL, &text, 0) != CURLUE_OK)
		return err_set(err, ERR_MALFORMED, "the redirect leads to no URL");
	str_clear(next);
	(void)str_adds(next, text);
	return str_check(next, "the redirect", err);
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	AUTO_TEXT char *x = NULL;
	AUTO_TEXT char *y = NULL;

	return curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(x, y) == 0;
}

bool registry_same_origin(const char *a, const char *b)
{
	AUTO_URL CURLU *x = curl_url();
	AUTO_URL CURLU *y = curl_url();

	return x && y && curl_url_set(x, CURLUPART_URL, a, 0) == CURLUE_OK &&
	       curl_url_set(y, CURLUPART_URL, b, 0) == CURLUE_OK &&
	       same_part(x, y, CURLUPART_SCHEME) && same_part(x, y, CURLUPART_HOST) &&
	       same_part(x, y, CURLUPART_PORT);
}
