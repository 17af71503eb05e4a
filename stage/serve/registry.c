#include "stage/serve/registry.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/listing.h"
#include "base/media_type.h"
#include "db/root/page_walk.h"
#include "stage/serve/blob.h"
#include "stage/serve/condition.h"
#include "stage/serve/identity.h"
#include "stage/serve/list_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum {
	READ_MAX = 256 << 20, /* no manifest and no list is longer */
	FILTER_MAX = 1 << 20, /* a longer list of referrers is answered whole */
};

/* One request on its way. */
struct asked {
	struct registry *registry;
	const struct route *route;
	const struct request_headers *headers;
	struct answer *answer;
	enum object_class object_class; /* of the key; CLASS_NONE: a page for people */
	char key[KEY_MAX];
	enum answer_error missing; /* what it is when the file is not there */
};

int registry_init(struct registry *registry, const struct root *root, struct err *err)
{
	registry->root = root;
	registry->state = (struct identity_state){root->db, &registry->lock};
	registry->problem = (struct err)ERR_INIT;
	registry->problems = 0;
	if (document_cache_init(&registry->documents, err) < 0)
		return -1;
	if (pthread_mutex_init(&registry->lock, NULL) == 0)
		return 0;
	document_cache_release(&registry->documents);
	return err_memory(err);
}

void registry_release(struct registry *registry)
{
	document_cache_release(&registry->documents);
	(void)pthread_mutex_destroy(&registry->lock);
}

uint64_t registry_problem(struct registry *registry, struct err *first)
{
	uint64_t problems;

	(void)pthread_mutex_lock(&registry->lock);
	*first = registry->problem;
	problems = registry->problems;
	registry->problem.code = ERR_NONE;
	registry->problems = 0;
	(void)pthread_mutex_unlock(&registry->lock);
	return problems;
}

static void note_problem(struct registry *registry, const struct err *problem)
{
	(void)pthread_mutex_lock(&registry->lock);
	if (registry->problems++ == 0)
		registry->problem = *problem;
	(void)pthread_mutex_unlock(&registry->lock);
}

/* The answer that an error becomes: 404 where nothing is there, else 503 or 500, and it is told. */
static int answer_failure(struct asked *asked, const struct err *problem, struct err *err)
{
	if (problem->sys_errno == ENOENT || problem->sys_errno == ENOTDIR)
		return answer_error(asked->answer, asked->missing, err);
	note_problem(asked->registry, problem);
	if (problem->sys_errno == EMFILE || problem->sys_errno == ENFILE ||
	    problem->code == ERR_MEMORY)
		return answer_error(asked->answer, ANSWER_BUSY, err);
	return answer_error(asked->answer, ANSWER_FAILED, err);
}

/* ---- Files -------------------------------------------------------------------------------- */

static void drop_document(void *owner)
{
	document_drop(owner);
}

static int send_document(struct asked *asked, struct document *document, struct err *err)
{
	struct answer *a = asked->answer;
	bool immutable = object_class_immutable(asked->object_class);

	if (condition_has(asked->headers->if_none_match, document->etag)) {
		a->status = 304;
		a->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
		if (answer_begin(a->response, NULL,
		                 immutable ? CACHE_CONTROL_DIGEST : CACHE_CONTROL_TAG, err) < 0)
			return -1;
		return answer_add_header(a->response, "ETag", document->etag, err);
	}
	a->status = 200;
	a->bytes = document->bytes;
	a->owner = document;
	a->drop = drop_document;
	a->response = document->response;
	(void)atomic_fetch_add(&document->references, 1);
	return 0;
}

/* Reads the file, which is `st`, and says what it is. NULL with `err`. */
static struct document *read_document(struct asked *asked, const struct stat *st, struct err *err)
{
	AUTO_CLOSE int fd = file_open_read(asked->registry->root->dir, asked->key, err);
	AUTO_STR struct str body = STR_INIT(READ_MAX);
	struct document_head head = {.ranges = asked->object_class == CLASS_BLOB};
	char type[MEDIA_TYPE_MAX];
	struct stat opened;
	ssize_t got;
	char *to;

	if (fd < 0)
		return NULL;
	to = st->st_size <= READ_MAX ? str_reserve(&body, (size_t)st->st_size) : NULL;
	if (!to) {
		(void)err_set(err, ERR_REFUSED, "%s is too large", asked->key);
		return NULL;
	}
	got = file_read(fd, to, (size_t)st->st_size, asked->key, err);
	if (got < 0)
		return NULL;
	str_grew(&body, (size_t)got);
	if (identity_digest(&asked->registry->state, asked->object_class, asked->route, &body,
	                    &head.digest, err) < 0)
		return NULL;
	head.content_type = asked->object_class == CLASS_NONE
	                            ? PAGE_TYPE
	                            : object_class_content_type(asked->object_class);
	head.named = object_class_immutable(asked->object_class) || !head.content_type;
	if (!head.content_type) {
		identity_type(&asked->registry->state, &head.digest, &body, type);
		head.content_type = type;
	}
	head.cache_control = object_class_immutable(asked->object_class) ? CACHE_CONTROL_DIGEST
	                                                                 : CACHE_CONTROL_TAG;
	/* What was read may be of a file that came after the look: then it is not `st`. */
	if (fstat(fd, &opened) < 0 || opened.st_ino != st->st_ino || opened.st_size != got) {
		(void)err_set(err, ERR_TEMPORARY, "%s was replaced", asked->key);
		return NULL;
	}
	return document_new(&head, &body, &fd, err);
}

static int serve_document(struct asked *asked, const struct stat *st, struct err *err)
{
	struct document_cache *cache = &asked->registry->documents;
	struct document *document = document_cache_find(cache, asked->key, st);
	struct err problem = ERR_INIT;
	int result;

	if (!document) {
		document = read_document(asked, st, &problem);
		if (!document)
			return problem.code == ERR_TEMPORARY ? 1
			                                     : answer_failure(asked, &problem, err);
		document_cache_keep(cache, document, asked->key, st);
	}
	result = send_document(asked, document, err);
	document_drop(document);
	return result;
}

static int serve_blob(struct asked *asked, const struct stat *st, struct err *err)
{
	const struct request_headers *headers = asked->headers;
	struct document_head head = {
		.content_type = MT_OCTET_STREAM,
		.cache_control = CACHE_CONTROL_DIGEST,
		.digest = asked->route->digest,
		.named = true,
		.ranges = true,
	};
	char etag[ETAG_MAX], digest[DIGEST_TEXT_MAX];
	struct err problem = ERR_INIT;
	AUTO_CLOSE int fd = -1;

	(void)snprintf(etag, sizeof(etag), "\"%s\"", digest_text(&head.digest, digest));
	if (condition_has(headers->if_none_match, etag)) {
		asked->answer->status = 304;
		head.content_type = NULL;
		asked->answer->response =
			MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
		return document_describe(asked->answer->response, &head, etag, err);
	}
	fd = file_open_read(asked->registry->root->dir, asked->key, &problem);
	if (fd < 0)
		return answer_failure(asked, &problem, err);
	return blob_answer(asked->answer, &head, &fd, (uint64_t)st->st_size,
	                   condition_range_counts(headers->if_range, etag) ? headers->range : NULL,
	                   err);
}

/* The file at the key. One that is replaced between two looks at it is looked at again. */
static int serve_file(struct asked *asked, struct err *err)
{
	enum { LOOKS_MAX = 5 };
	struct err problem = ERR_INIT;

	for (int i = 0; i < LOOKS_MAX; i++) {
		struct stat st;
		int result;

		if (fstatat(asked->registry->root->dir, asked->key, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			(void)err_sys(&problem, "look at %s", asked->key);
			return answer_failure(asked, &problem, err);
		}
		if (!S_ISREG(st.st_mode) ||
		    (asked->object_class == CLASS_NONE &&
		     !page_walk_would_find(asked->registry->root, asked->key)))
			return answer_error(asked->answer, asked->missing, err);
		if (asked->object_class == CLASS_BLOB &&
		    (st.st_size > DOCUMENT_MEMORY_BYTES || asked->headers->range))
			return serve_blob(asked, &st, err);
		result = serve_document(asked, &st, err);
		if (result <= 0)
			return result;
	}
	(void)err_set(&problem, ERR_TEMPORARY, "%s does not come to rest", asked->key);
	return answer_failure(asked, &problem, err);
}

/* ---- Lists --------------------------------------------------------------------------------- */

/* The whole file at the key, which may be missing: then the answer is made and 1 returned. */
static int read_list(struct asked *asked, struct str *body, struct err *err)
{
	struct err problem = ERR_INIT;

	if (file_read_all(asked->registry->root->dir, asked->key, body, &problem) == 0)
		return 0;
	return answer_failure(asked, &problem, err) < 0 ? -1 : 1;
}

static int add_link(struct asked *asked, uint64_t n, const char *next, struct err *err)
{
	const struct route *route = asked->route;
	char link[KEY_MAX + REPO_MAX + 64];

	/* What the grammar lets into names and tags needs no encoding. */
	(void)snprintf(link, sizeof(link), "</%s?n=%llu&last=%s>; rel=\"next\"",
	               route->kind == ROUTE_CATALOG ? "v2/_catalog" : asked->key,
	               (unsigned long long)n, next);
	return answer_add_header(asked->answer->response, "Link", link, err);
}

static int serve_page(struct asked *asked, struct err *err)
{
	const struct route *route = asked->route;
	AUTO_STR struct str whole = STR_INIT(READ_MAX), page = STR_INIT(1 << 20);
	struct page_wish wish = {route->limited ? route->n : UINT64_MAX, route->last};
	struct err problem = ERR_INIT;
	char next[REPO_MAX + 1];
	int got = read_list(asked, &whole, err);

	if (got != 0)
		return got < 0 ? -1 : 0;
	if (wish.n > REGISTRY_PAGE_MAX)
		wish.n = REGISTRY_PAGE_MAX;
	if (list_page(&page, str_text(&whole), whole.len, &wish, next, &problem) < 0)
		return answer_failure(asked, &problem, err);
	if (answer_from_text(asked->answer, 200, MT_JSON, &page, err) < 0 ||
	    answer_add_header(asked->answer->response, "Cache-Control", CACHE_CONTROL_TAG, err) < 0)
		return -1;
	return next[0] ? add_link(asked, wish.n, next, err) : 0;
}

static int serve_list(struct asked *asked, struct err *err)
{
	if (asked->route->limited || asked->route->last[0])
		return serve_page(asked, err);
	return serve_file(asked, err);
}

/* A root in which nothing was staged yet has no catalogue, and so it is empty. */
static int serve_catalog(struct asked *asked, struct err *err)
{
	AUTO_STR struct str empty = STR_INIT(1024);

	if (faccessat(asked->registry->root->dir, asked->key, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT)
		return serve_list(asked, err);
	if (listing_catalog(&empty, NULL, 0, err) < 0)
		return -1;
	return answer_from_text(asked->answer, 200, MT_JSON, &empty, err);
}

/* ---- Referrers ------------------------------------------------------------------------------ */

/* An index of those members whose artifactType is the one asked for. False: it is no such list. */
static bool filter_referrers(struct str *out, const struct str *whole, const char *type)
{
	AUTO_JSON json_t *doc = NULL;
	json_t *members, *member;
	struct err ignored = ERR_INIT;
	AUTO_FREE char *text = NULL;
	size_t i;

	doc = json_parse_limited(str_text(whole), whole->len, &JSON_LIMITS_INDEX, &ignored);
	members = json_object_get(doc, "manifests");
	if (!json_is_array(members))
		return false;
	for (i = json_array_size(members); i-- > 0;) {
		const char *its;

		member = json_array_get(members, i);
		its = json_text(member, "artifactType");
		if (!its || strcmp(its, type) != 0)
			(void)json_array_remove(members, i);
	}
	text = json_dumps(doc, JSON_COMPACT | JSON_PRESERVE_ORDER);
	return text && str_adds(out, text) == 0;
}

static int serve_filtered(struct asked *asked, struct err *err)
{
	AUTO_STR struct str whole = STR_INIT(FILTER_MAX), part = STR_INIT(2 * FILTER_MAX);
	struct err ignored = ERR_INIT;

	/* A list that is too long, or no list, is answered as it is: clients filter, too. */
	if (file_read_all(asked->registry->root->dir, asked->key, &whole, &ignored) < 0 ||
	    !filter_referrers(&part, &whole, asked->route->artifact_type))
		return serve_file(asked, err);
	if (answer_from_text(asked->answer, 200, MT_OCI_INDEX, &part, err) < 0 ||
	    answer_add_header(asked->answer->response, "Cache-Control", CACHE_CONTROL_TAG, err) < 0)
		return -1;
	return answer_add_header(asked->answer->response, "OCI-Filters-Applied", "artifactType",
	                         err);
}

/* Whatever the digest is, nothing refers to what is not there: an empty index. */
static int serve_referrers(struct asked *asked, struct err *err)
{
	const struct route *route = asked->route;
	AUTO_STR struct str empty = STR_INIT(1024);

	if (route->digest.alg != DIGEST_NONE &&
	    (faccessat(asked->registry->root->dir, asked->key, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	     (errno != ENOENT && errno != ENOTDIR)))
		return route->artifact_type[0] ? serve_filtered(asked, err)
		                               : serve_file(asked, err);
	if (listing_referrers(&empty, NULL, 0, err) < 0)
		return -1;
	if (answer_from_text(asked->answer, 200, MT_OCI_INDEX, &empty, err) < 0)
		return -1;
	return route->artifact_type[0]
	               ? answer_add_header(asked->answer->response, "OCI-Filters-Applied",
	                                   "artifactType", err)
	               : 0;
}

/* ---- Which of these ------------------------------------------------------------------------- */

static int serve_text(struct answer *answer, const char *type, const char *text, struct err *err)
{
	AUTO_STR struct str body = STR_INIT(1024);

	(void)str_adds(&body, text);
	return answer_from_text(answer, 200, type, &body, err);
}

static int serve_manifest(struct asked *asked, struct err *err)
{
	const struct route *route = asked->route;

	if (route->digest.alg != DIGEST_NONE) {
		asked->object_class = CLASS_MANIFEST;
		(void)layout_manifest(asked->key, route->repo, &route->digest);
	} else if (route->tag[0]) {
		asked->object_class =
			layout_is_fallback_tag_name(route->tag) ? CLASS_FALLBACK_TAG : CLASS_TAG;
		(void)layout_tag(asked->key, route->repo, route->tag);
	} else {
		return answer_error(asked->answer, asked->missing, err);
	}
	return serve_file(asked, err);
}

/* A page as `drydock page` has made it, beside the registry. */
static int serve_page_file(struct asked *asked, struct err *err)
{
	const struct route *route = asked->route;

	asked->object_class = CLASS_NONE;
	(void)snprintf(asked->key, sizeof(asked->key), "%s", route->page);
	if (route->kind == ROUTE_HOME &&
	    faccessat(asked->registry->root->dir, asked->key, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return serve_text(asked->answer, "text/plain; charset=utf-8",
		                  "This is a read-only container registry, served by drydock.\n"
		                  "What it has: /v2/_catalog and /v2/NAME/tags/list\n"
		                  "Pages to look at: drydock page makes them.\n",
		                  err);
	return serve_file(asked, err);
}

static int serve_object(struct asked *asked, struct err *err)
{
	const struct route *route = asked->route;

	switch (route->kind) {
	case ROUTE_CATALOG:
		asked->object_class = CLASS_CATALOG;
		(void)layout_catalog(asked->key);
		return serve_catalog(asked, err);
	case ROUTE_TAGS_LIST:
		asked->object_class = CLASS_TAGS_LIST;
		asked->missing = ANSWER_NO_NAME;
		(void)layout_tags_list(asked->key, route->repo);
		return serve_list(asked, err);
	case ROUTE_MANIFEST:
		asked->missing = ANSWER_NO_MANIFEST;
		return serve_manifest(asked, err);
	case ROUTE_BLOB:
		asked->object_class = CLASS_BLOB;
		asked->missing = ANSWER_NO_BLOB;
		if (route->digest.alg == DIGEST_NONE)
			return answer_error(asked->answer, asked->missing, err);
		(void)layout_blob(asked->key, route->repo, &route->digest);
		return serve_file(asked, err);
	default: /* ROUTE_REFERRERS */
		asked->object_class = CLASS_REFERRERS;
		asked->missing = ANSWER_NO_MANIFEST;
		if (route->digest.alg != DIGEST_NONE)
			(void)layout_referrers(asked->key, route->repo, &route->digest);
		return serve_referrers(asked, err);
	}
}

int registry_answer(struct registry *registry, const struct route *route,
                    const struct request_headers *headers, struct answer *answer, struct err *err)
{
	struct asked asked = {
		.registry = registry,
		.route = route,
		.headers = headers,
		.answer = answer,
		.missing = ANSWER_NO_ENDPOINT,
	};

	switch (route->kind) {
	case ROUTE_UNKNOWN:
		return answer_error(answer, ANSWER_NO_ENDPOINT, err);
	case ROUTE_BAD_NAME:
		return answer_error(answer, ANSWER_BAD_NAME, err);
	case ROUTE_BAD_DIGEST:
		return answer_error(answer, ANSWER_BAD_DIGEST, err);
	case ROUTE_BAD_QUERY:
		return answer_error(answer, ANSWER_BAD_QUERY, err);
	case ROUTE_UPLOAD:
		return answer_error(answer, ANSWER_NO_UPLOAD, err);
	case ROUTE_HOME:
	case ROUTE_PAGE:
		return serve_page_file(&asked, err);
	case ROUTE_PING:
		return serve_text(answer, MT_JSON, "{}", err);
	default:
		return serve_object(&asked, err);
	}
}
