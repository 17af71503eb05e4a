#include "stage/registry/resolve.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/media_type.h"
#include "stage/registry/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_BYTES = 1024, WHAT_MAX = 700 };

struct resolving {
	struct registry_session *session;
	const char *repo;
	size_t manifest_max_bytes;
	size_t under_way;
	struct err first; /* that an answer brought */
};

struct head {
	struct registry_task task;
	struct resolving *resolving;
	struct registry_tag *tag;
	char path[PATH_MAX_BYTES];
	char what[WHAT_MAX];
};

static bool read_type(struct registry_tag *tag, const struct http_answer *answer)
{
	const char *type = http_answer_header(answer, "content-type");

	if (!type)
		return false;
	(void)snprintf(tag->media_type, sizeof(tag->media_type), "%.*s", (int)strcspn(type, "; "),
	               type);
	return media_type_manifest(tag->media_type) != MANIFEST_NONE;
}

/* Whether the HEAD said all that is wanted. */
static bool read_head(struct registry_tag *tag, const struct http_answer *answer)
{
	const char *digest = http_answer_header(answer, "docker-content-digest");
	const char *size = http_answer_header(answer, "content-length");

	if (!digest || !size || !digest_parse_quiet(&tag->digest, digest, strlen(digest)) ||
	    !read_type(tag, answer))
		return false;
	tag->size_bytes = strtoull(size, NULL, 10);
	return tag->size_bytes > 0;
}

/* The manifest itself; a type that says nothing is found out by what it holds. */
static int read_manifest(struct head *head, const struct http_answer *answer, struct err *err)
{
	struct registry_tag *tag = head->tag;

	if (!read_type(tag, answer))
		tag->media_type[0] = '\0';
	if (str_add(&tag->text, answer->body->data, answer->body->len) < 0)
		return err_memory(err);
	tag->size_bytes = tag->text.len;
	return digest_of_bytes(&tag->digest, DIGEST_SHA256, tag->text.data, tag->text.len, err);
}

static void on_head(struct registry_task *task, const struct http_answer *answer,
                    const struct err *err);

/* 405 and answers without a digest: static servers do not know what a manifest's is. */
static void ask(struct head *head, enum http_method method)
{
	struct resolving *r = head->resolving;

	head->task = (struct registry_task){.method = method,
	                                    .url = head->path,
	                                    .repo = r->repo,
	                                    .accept = REGISTRY_MANIFEST_TYPES,
	                                    .what = head->what,
	                                    .answer_max_bytes = r->manifest_max_bytes,
	                                    .done = on_head,
	                                    .owner = head};
	registry_submit(r->session, &head->task);
}

static void on_head(struct registry_task *task, const struct http_answer *answer,
                    const struct err *err)
{
	struct head *head = task->owner;
	struct resolving *r = head->resolving;
	struct err *first = &r->first;
	struct err other = ERR_INIT;
	int result = 0;

	if (answer && task->method == HTTP_HEAD &&
	    (answer->status == 405 || (answer->status == 200 && !read_head(head->tag, answer)))) {
		ask(head, HTTP_GET);
		return;
	}
	r->under_way--;
	if (!answer)
		other = *err;
	else if (answer->status == 200 && task->method == HTTP_GET)
		result = read_manifest(head, answer, &other);
	else if (answer->status != 200 && answer->status != 404)
		result = registry_task_refused(task, answer, &other);
	head->tag->found = answer && answer->status == 200 && result == 0;
	if (other.code != ERR_NONE && first->code == ERR_NONE)
		*first = other;
}

/* What is asked is asked by `heads[0..count]`, so many at a time as there is room for. */
struct round {
	struct resolving *resolving;
	struct head *heads;
	struct registry_tag *tags;
	size_t count, begun;
};

static int ask_more(void *context, struct err *err)
{
	struct round *round = context;
	struct resolving *r = round->resolving;

	if (r->first.code != ERR_NONE) {
		*err = r->first;
		return -1;
	}
	while (round->begun < round->count && registry_room(r->session) > 0) {
		struct head *head = &round->heads[round->begun];

		head->tag = &round->tags[round->begun++];
		head->resolving = r;
		(void)snprintf(head->path, sizeof(head->path), "/v2/%s/manifests/%s", r->repo,
		               head->tag->tag);
		(void)snprintf(head->what, sizeof(head->what), "%s:%s", r->repo, head->tag->tag);
		r->under_way++;
		ask(head, HTTP_HEAD);
	}
	return r->under_way == 0 && round->begun == round->count;
}

int registry_resolve(struct registry_session *s, const char *repo, struct registry_tag *tags,
                     size_t count, size_t manifest_max_bytes, struct err *err)
{
	struct resolving r = {.session = s,
	                      .repo = repo,
	                      .manifest_max_bytes = manifest_max_bytes,
	                      .first = ERR_INIT};
	AUTO_FREE struct head *heads = calloc(count ? count : 1, sizeof(*heads));
	struct round round = {.resolving = &r, .heads = heads, .tags = tags, .count = count};

	if (!heads)
		return err_memory(err);
	for (size_t i = 0; i < count; i++)
		str_init(&tags[i].text, manifest_max_bytes);
	return registry_wait(s, ask_more, &round, err);
}
