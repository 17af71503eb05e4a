#include "stage/serve/answer.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "base/media_type.h"

static const struct {
	unsigned status;
	const char *code, *message;
} ERRORS[] = {
	[ANSWER_BAD_DIGEST] = {400, "DIGEST_INVALID", "this is no digest"},
	[ANSWER_BAD_NAME] = {404, "NAME_INVALID", "no repository can have this name"},
	[ANSWER_BAD_QUERY] = {400, "PAGINATION_NUMBER_INVALID", "the query cannot be read"},
	[ANSWER_NO_BLOB] = {404, "BLOB_UNKNOWN", "the repository has no such blob"},
	[ANSWER_NO_MANIFEST] = {404, "MANIFEST_UNKNOWN",
                                "the repository has no such tag or manifest"},
	[ANSWER_NO_NAME] = {404, "NAME_UNKNOWN", "there is no such repository"},
	[ANSWER_NO_UPLOAD] = {404, "BLOB_UPLOAD_UNKNOWN", "this registry is read-only"},
	[ANSWER_NO_ENDPOINT] = {404, "UNSUPPORTED", "the registry has no such endpoint"},
	[ANSWER_READ_ONLY] = {405, "UNSUPPORTED", "this registry is read-only"},
	[ANSWER_BAD_RANGE] = {416, "RANGE_INVALID", "the blob has no such ranges"},
	[ANSWER_UNAUTHORIZED] = {401, "UNAUTHORIZED", "a name and password are needed"},
	[ANSWER_BUSY] = {503, "TOOMANYREQUESTS", "too much is going on: try again"},
	[ANSWER_FAILED] = {500, "UNKNOWN", "the registry cannot read what was asked for"},
};

int answer_add_header(struct MHD_Response *response, const char *name, const char *value,
                      struct err *err)
{
	if (MHD_add_response_header(response, name, value) == MHD_YES)
		return 0;
	return err_memory(err);
}

int answer_begin(struct MHD_Response *response, const char *content_type, const char *cache_control,
                 struct err *err)
{
	if (!response)
		return err_memory(err);
	if ((content_type && answer_add_header(response, "Content-Type", content_type, err) < 0) ||
	    (cache_control &&
	     answer_add_header(response, "Cache-Control", cache_control, err) < 0) ||
	    answer_add_header(response, "Docker-Distribution-API-Version", "registry/2.0", err) < 0)
		return -1;
	/* A browser must not run what an image's author wrote. */
	return answer_add_header(response, "X-Content-Type-Options", "nosniff", err);
}

int answer_from_text(struct answer *a, unsigned status, const char *content_type, struct str *body,
                     struct err *err)
{
	char *text;

	a->status = status;
	a->bytes = body->len;
	if (str_check(body, "answer", err) < 0)
		return -1;
	text = str_steal(body);
	if (!text)
		return err_memory(err);
	a->response =
		MHD_create_response_from_buffer((size_t)a->bytes, text, MHD_RESPMEM_MUST_FREE);
	if (!a->response)
		free(text);
	return answer_begin(a->response, content_type, NULL, err);
}

int answer_error(struct answer *a, enum answer_error error, struct err *err)
{
	AUTO_STR struct str body = STR_INIT(1024);

	(void)str_addf(&body, "{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}\n",
	               ERRORS[error].code, ERRORS[error].message);
	if (answer_from_text(a, ERRORS[error].status, MT_JSON, &body, err) < 0)
		return -1;
	switch (error) {
	case ANSWER_READ_ONLY:
		return answer_add_header(a->response, "Allow", "GET, HEAD", err);
	case ANSWER_UNAUTHORIZED:
		return answer_add_header(a->response, "WWW-Authenticate",
		                         "Basic realm=\"drydock\", charset=\"UTF-8\"", err);
	case ANSWER_BUSY:
		return answer_add_header(a->response, "Retry-After", "1", err);
	default:
		return 0;
	}
}

void answer_release(struct answer *a)
{
	if (a->owner)
		a->drop(a->owner);
	else if (a->response)
		MHD_destroy_response(a->response);
	*a = (struct answer)ANSWER_INIT;
}
