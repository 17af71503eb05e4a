#include "sync/s3/error.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { ORIGIN_MAX = 100 }; /* bytes of it are shown */

static const struct {
	const char *code;
	const char *hint;
} hints[] = {
	{"InvalidAccessKeyId", "the access key id is not known there; check the credentials"},
	{"SignatureDoesNotMatch", "the secret access key is wrong, or a proxy changed the request"},
	{"InvalidToken", "the session token is not valid; get new credentials"},
	{"ExpiredToken", "the credentials have expired; get new ones"},
	{"NoSuchBucket", "create the bucket, or check its name and the endpoint"},
	{"InvalidBucketName", "check the bucket's name"},
	{"SecondLevelDomainForbidden", "give --addressing-style virtual"},
	{"ProxyAuthenticationRequired",
         "the proxy wants a user and a password: give them in its URL"},
	{"AuthorizationHeaderMalformed", "the region is wrong: set --region"},
	{"IllegalLocationConstraintException", "the region is wrong: set --region"},
	{"RequestTimeTooSkewed", "this machine's clock is wrong; set it"},
	{"AccessControlListNotSupported", "the bucket does not take ACLs; leave --acl out and "
                                          "allow public reads by a bucket policy"},
	{"EntityTooLarge", "the service does not take objects or parts of this size"},
	{"QuotaExceeded", "the bucket or the account is full"},
	{"BadDigest", "the bytes changed on the way, or on disk: run drydock verify"},
	{"XAmzContentSHA256Mismatch",
         "the bytes changed on the way, or on disk: run drydock verify"},
	{"SlowDown", "the service is busy; run again to resume"},
	{"InvalidStorageClass", "the service does not know this --storage-class"},
	{"NotImplemented", "the service does not have this operation"},
};

/* "https://host:port" of where a redirect points to: that, and no more, is an endpoint. */
static void add_origin(struct str *s, const char *location)
{
	const char *host = strstr(location, "://");
	size_t len =
		host ? (size_t)(host + 3 - location) + strcspn(host + 3, "/?#") : strlen(location);

	(void)str_add_printable(s, location, len < ORIGIN_MAX ? len : ORIGIN_MAX);
}

static const char *hint_of_redirect(const struct s3_result *result, char text[S3_WHY_MAX])
{
	AUTO_STR struct str s = STR_INIT(4 * S3_WHY_MAX);

	if (result->wants_https) {
		(void)str_adds(&s, "the endpoint speaks https: give it as --endpoint-url ");
		add_origin(&s, result->location);
	} else if (result->region[0]) {
		(void)str_adds(&s, "the bucket is in another region: set --region or "
		                   "--endpoint-url");
	} else if (result->location[0]) {
		(void)str_adds(&s, "the server sends its clients to ");
		add_origin(&s, result->location);
		(void)str_adds(&s, ": check --endpoint-url");
	} else {
		(void)str_adds(&s, "the server sends its clients elsewhere: check --endpoint-url "
		                   "and --region");
	}
	(void)snprintf(text, S3_WHY_MAX, "%s", str_text(&s));
	return text;
}

static const char *hint_of(const struct s3_result *result, char text[S3_WHY_MAX])
{
	if (result->status >= 300 && result->status <= 399)
		return hint_of_redirect(result, text);
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strcmp(hints[i].code, result->fault.code) == 0)
			return hints[i].hint;
	/* There are many reasons for a 403: this is one only where the server, or HEAD's mute
	 * answer, says no more. */
	if (strcmp(result->fault.code, "AccessDenied") == 0 && !*result->message) {
		(void)snprintf(text, S3_WHY_MAX, "the key may lack %s",
		               s3_op_permission(result->op));
		return text;
	}
	return NULL;
}

/* The answer has no <Error>, but another body: the code is made from the status. */
static bool is_mute(const struct s3_result *result)
{
	return *result->message && strcmp(result->fault.code, S3_CODE_MALFORMED) != 0;
}

const char *s3_why(const struct s3_result *result, char text[S3_WHY_MAX])
{
	AUTO_STR struct str clean = STR_INIT(4 * S3_WHY_MAX);

	if (result->failure != HTTP_OK) {
		const char *message = *result->message ? result->message : "no answer";

		(void)str_add_printable(&clean, message, strnlen(message, S3_WHY_MAX));
		(void)snprintf(text, S3_WHY_MAX, "%s", str_text(&clean));
	} else if (result->status > 0 && is_mute(result)) {
		(void)snprintf(text, S3_WHY_MAX, "%d, and no answer of S3's but %s", result->status,
		               result->message);
	} else if (result->status > 0) {
		(void)snprintf(text, S3_WHY_MAX, "%d %s", result->status, result->fault.code);
	} else {
		(void)snprintf(text, S3_WHY_MAX, "%s", result->fault.code);
	}
	return text;
}

static void add_server_words(struct str *s, const struct s3_result *result)
{
	/* Ours say what was wrong with the answer. */
	if (strcmp(result->fault.code, S3_CODE_MALFORMED) == 0)
		(void)str_addf(s, ": %s", result->message);
	else if (result->fault.message[0])
		(void)str_addf(s, ": \"%s\"", result->fault.message);
}

static void add_answer(struct str *s, const struct s3_result *result,
                       const struct endpoint *endpoint)
{
	char hint_text[S3_WHY_MAX], why[S3_WHY_MAX];
	const char *hint = hint_of(result, hint_text);

	(void)str_addf(s, ": %s (bucket %s)", s3_why(result, why), endpoint->bucket);
	add_server_words(s, result);
	if (hint)
		(void)str_addf(s, ": %s", hint);
}

static void add_failure(struct str *s, const struct s3_result *result,
                        const struct endpoint *endpoint)
{
	char why[S3_WHY_MAX];

	(void)str_adds(s, " to ");
	(void)endpoint_origin(endpoint, s);
	(void)str_addf(s, ": %s", s3_why(result, why));
	if (result->failure == HTTP_FAILED_TLS)
		(void)str_adds(s, ": if the server's certificate is your own, name its authority "
		                  "with --ca-bundle");
	else if (result->failure == HTTP_FAILED_LINK && !result->connected)
		(void)str_adds(s, ": check the network and the endpoint");
}

int s3_error(const struct s3_result *result, const struct endpoint *endpoint, enum err_code code,
             struct err *err)
{
	AUTO_STR struct str s = STR_INIT(ERR_MESSAGE_MAX);
	bool of_bucket = result->op == S3_LIST || result->op == S3_LIST_UPLOADS;

	(void)str_addf(&s, "%s %s", of_bucket ? "LIST" : http_method_name(s3_op_method(result->op)),
	               *result->key ? result->key : endpoint->bucket);
	if (result->failure == HTTP_OK)
		add_answer(&s, result, endpoint);
	else
		add_failure(&s, result, endpoint);
	return err_set(err, code, "%s", str_text(&s));
}
