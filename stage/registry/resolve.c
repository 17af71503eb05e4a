#include "stage/registry/resolve.h"

#include "base/hash.h"
#include "stage/registry/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_MAX = 256 };

struct resolving {
	const char *repo;
	struct registry_tag *tags;
	size_t count, begun;
	size_t manifest_max_bytes;
};

static const char *type_of(const struct http_answer *answer)
{
	const char *type = http_answer_header(answer, "content-type");
	char text[TYPE_MAX];

	if (!type)
		return NULL;
	(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(type, "; "), type);
	return media_type_constant(text);
}

/* Whether the HEAD said all that is wanted. */
static bool read_head(struct registry_tag *tag, const struct http_answer *answer)
{
	const char *digest = http_answer_header(answer, "docker-content-digest");
	const char *size = http_answer_header(answer, "content-length");

	tag->media_type = type_of(answer);
	if (!digest || !size || !digest_parse_quiet(&tag->digest, digest, strlen(digest)) ||
	    !tag->media_type)
		return false;
	tag->size_bytes = strtoull(size, NULL, 10);
	return tag->size_bytes > 0;
}

/* The manifest itself; a type that says nothing is found out by what it holds. */
static int read_manifest(struct registry_tag *tag, const struct http_answer *answer,
                         struct err *err)
{
	tag->media_type = type_of(answer);
	if (str_add(&tag->text, answer->body->data, answer->body->len) < 0)
		return err_memory(err);
	tag->size_bytes = tag->text.len;
	return digest_of_bytes(&tag->digest, DIGEST_SHA256, tag->text.data, tag->text.len, err);
}

static int ask_next(void *context, struct registry_request *request, struct err *err)
{
	struct resolving *r = context;

	(void)err;
	if (r->begun == r->count)
		return 0;
	request->item = r->begun++;
	registry_ask_tag(request, HTTP_HEAD, r->repo, r->tags[request->item].tag,
	                 r->manifest_max_bytes);
	return 1;
}

/*
 * 405 and 501 refuse the method and not the manifest (RFC 9110, 15.5.6 and 15.6.2). So may 400,
 * from what stands before a registry: its answer to a HEAD has no body that would say, and a GET's
 * has.
 */
static bool is_about_method(int status)
{
	return status == 405 || status == 501 || status == 400;
}

static enum registry_taken take_answer(void *context, struct registry_request *request,
                                       const struct http_answer *answer, struct err *err)
{
	struct resolving *r = context;
	struct registry_tag *tag = &r->tags[request->item];

	if (!answer)
		return REGISTRY_FAILED;
	if (answer->status == 404)
		return REGISTRY_TAKEN;
	/* Static servers do not know what a manifest's digest is. */
	if (request->method == HTTP_HEAD && (is_about_method(answer->status) ||
	                                     (answer->status == 200 && !read_head(tag, answer)))) {
		request->method = HTTP_GET;
		return REGISTRY_ASK_AGAIN;
	}
	if (answer->status != 200)
		return registry_request_refused(request, answer, err);
	if (request->method == HTTP_GET && read_manifest(tag, answer, err) < 0)
		return REGISTRY_FAILED;
	tag->found = true;
	return REGISTRY_TAKEN;
}

int registry_resolve(struct registry_session *s, const char *repo, struct registry_tag *tags,
                     size_t count, size_t manifest_max_bytes, struct err *err)
{
	struct resolving r = {.repo = repo,
	                      .tags = tags,
	                      .count = count,
	                      .manifest_max_bytes = manifest_max_bytes};
	const struct registry_requests requests = {s, repo, ask_next, take_answer, &r};

	for (size_t i = 0; i < count; i++)
		str_init(&tags[i].text, manifest_max_bytes);
	return registry_requests_run(&requests, err);
}
