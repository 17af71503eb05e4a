#include "sync/s3/error.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

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
	{"PermanentRedirect", "the bucket is in another region: set --region or --endpoint-url"},
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

static const char *hint_of(const struct s3_result *result, char text[S3_WHY_MAX])
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strcmp(hints[i].code, result->fault.code) == 0)
			return hints[i].hint;
	if (result->status == 403 || result->status == 401) {
		(void)snprintf(text, S3_WHY_MAX, "the key may lack %s",
		               s3_op_permission(result->op));
		return text;
	}
	return NULL;
}

const char *s3_why(const struct s3_result *result, char text[S3_WHY_MAX])
{
	AUTO_STR struct str clean = STR_INIT(4 * S3_WHY_MAX);

	if (result->failure != HTTP_OK) {
		const char *message = *result->message ? result->message : "no answer";

		(void)str_add_printable(&clean, message, strnlen(message, S3_WHY_MAX));
		(void)snprintf(text, S3_WHY_MAX, "%s", str_text(&clean));
	} else {
		(void)snprintf(text, S3_WHY_MAX, "%d %s", result->status, result->fault.code);
	}
	return text;
}

static void add_server_words(struct str *s, const struct s3_result *result)
{
	/* Ours say what was wrong with the answer; the server's often only repeat the code. */
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
	if (hint)
		(void)str_addf(s, ": %s", hint);
	else
		add_server_words(s, result);
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
