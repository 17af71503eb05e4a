#include "sync/documents/render.h"

#include "sync/diff/selection.h"
#include "sync/dispatch/ask.h"
#include "sync/documents/catalog_news.h"
#include "sync/documents/merge.h"
#include "sync/documents/removed_tags.h"
#include "sync/plan/bucket_keys.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/listing.h"
#include "db/state/object.h"
#include "db/state/tag.h"

#include <stdio.h>
#include <string.h>

struct ours {
	struct sync_run *run;
	struct name_list *names;
};

/* A tag that is left out, or stays removed, is in the list only where the bucket has it. */
static int add_tag(void *context, const struct tag_row *row, struct err *err)
{
	struct ours *ours = context;
	char key[KEY_MAX];
	int has = selection_has(ours->run, layout_tag(key, row->repo, row->name), err);

	if (has > 0) {
		int removed = removed_tags_has(ours->run, key, err);

		has = removed < 0 ? -1 : !removed;
	}
	return has <= 0 ? has : name_list_add(ours->names, row->name, err);
}

/*
 * Whether the bucket has the repository's list of tags, or will: not when nothing of a new one
 * could be sent. A list that is not in the plan is there. 1, 0, -1.
 */
static int will_have_list(struct sync_run *run, const char *repo, struct err *err)
{
	struct plan_item list;
	char key[KEY_MAX];
	int got = plan_find(&run->plan, layout_tags_list(key, repo), &list, err);

	if (got <= 0)
		return got < 0 ? -1 : 1;
	return list.there_etag[0] || (list.state != PLAN_FAILED && list.state != PLAN_HELD);
}

static int add_repo(void *context, const char *repo, struct err *err)
{
	struct ours *ours = context;
	int has = selection_has_repo(ours->run, repo, err);

	if (has > 0)
		has = will_have_list(ours->run, repo, err);
	return has <= 0 ? has : name_list_add(ours->names, repo, err);
}

static int render_tags(struct str *out, const char *repo, struct name_list *tags, struct err *err)
{
	return listing_tags(out, repo, (const char *const *)tags->list, tags->count, err);
}

/* Ours and the bucket's, as the listing of this run showed them. */
static int make_tags_list(struct sync_run *run, const char *repo, struct str *out, struct err *err)
{
	struct name_list tags = {.max_bytes = CURRENT_DOCUMENT_MAX_BYTES};
	struct ours ours = {run, &tags};
	int result = tag_each(run->db, repo, TAGS_LIVE, add_tag, &ours, err);

	if (result == 0)
		result = bucket_keys_each_tag(&run->plan, repo, name_list_add, &tags, err);
	if (result == 0)
		result = render_tags(out, repo, &tags, err);
	name_list_release(&tags);
	return result < 0 ? err_context(err, "tags of %s", repo) : 0;
}

/* A catalogue tells nothing that the bucket's keys do not: one that is no JSON is replaced. */
static int add_their_catalog(struct sync_run *run, struct name_list *repos,
                             const struct str *theirs, struct err *err)
{
	char key[KEY_MAX];

	if (merge_catalog(repos, str_text(theirs), theirs->len, err) == 0)
		return 0;
	if (err->code != ERR_MALFORMED)
		return err_context(err, "%s", layout_catalog(key));
	event_warning(run->sink, "%s in the bucket is no catalogue (%s); it is replaced",
	              layout_catalog(key), err->message);
	return 0;
}

/* Ours and those that the listing of this run showed. */
static int known_repos(struct sync_run *run, struct name_list *repos, struct err *err)
{
	struct ours ours = {run, repos};

	if (repo_each(run->db, add_repo, &ours, err) < 0)
		return -1;
	return bucket_keys_each_repo(&run->plan, name_list_add, repos, err);
}

static int make_catalog(struct sync_run *run, const struct str *theirs, struct str *out,
                        struct err *err)
{
	struct name_list repos = {.max_bytes = CURRENT_DOCUMENT_MAX_BYTES};
	int result = known_repos(run, &repos, err);

	if (result == 0 && theirs)
		result = add_their_catalog(run, &repos, theirs, err);
	if (result == 0)
		result = listing_catalog(out, (const char *const *)repos.list, repos.count, err);
	name_list_release(&repos);
	return result;
}

/* Our version of a list of referrers, as the tree has it; it must be what the state says. */
static int read_ours(struct sync_run *run, const struct plan_item *item, struct str *out,
                     struct err *err)
{
	uint8_t md5[MD5_BYTES];

	if (file_read_all(run->root->dir, item->key, out, err) < 0) {
		if (err->code == ERR_NOT_FOUND)
			err->code = ERR_INTEGRITY; /* the tree lacks what its state records */
		return -1;
	}
	if (hash_once(HASH_MD5, str_text(out), out->len, md5, err) < 0)
		return -1;
	if (memcmp(md5, item->md5, MD5_BYTES) != 0)
		return err_set(err, ERR_INTEGRITY,
		               "%s: the file has changed since it was staged; stage it again",
		               item->key);
	return 0;
}

/* Ours merged with the bucket's; `theirs` is NULL when it has none. */
static int merge_ours(struct sync_run *run, const struct plan_item *item, const struct str *theirs,
                      struct str *out, struct err *err)
{
	AUTO_STR struct str ours = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	size_t skipped = 0;

	if (read_ours(run, item, &ours, err) < 0)
		return -1;
	if (!theirs)
		return str_add(out, ours.data, ours.len) < 0 ? err_memory(err) : 0;
	if (merge_referrers(out, str_text(theirs), theirs->len, str_text(&ours), ours.len, &skipped,
	                    err) == 0) {
		if (skipped > 0)
			event_warning(run->sink,
			              "%s in the bucket: %zu of its entries are no descriptors; "
			              "they are left out",
			              item->key, skipped);
		return 0;
	}
	/* A list that is beyond our limits may hold the signatures of others: it is not replaced.
	 */
	if (err->code != ERR_MALFORMED)
		return err_context(err, "%s", item->key);
	event_warning(run->sink, "%s in the bucket is no list of referrers (%s); it is replaced",
	              item->key, err->message);
	str_clear(out);
	return str_add(out, ours.data, ours.len) < 0 ? err_memory(err) : 0;
}

static int make_referrers(struct sync_run *run, struct plan_item *item, struct str *out,
                          struct err *err)
{
	AUTO_STR struct str theirs = STR_INIT(CURRENT_DOCUMENT_MAX_BYTES);
	struct ask_head head;
	int got = 0;

	if (item->there_etag[0])
		got = ask_get(&run->dispatch, item->key, &head, &theirs, err);
	if (got < 0)
		return -1;
	(void)snprintf(item->there_etag, sizeof(item->there_etag), "%s", got > 0 ? head.etag : "");
	return merge_ours(run, item, got > 0 ? &theirs : NULL, out, err);
}

int render_document(struct sync_run *run, struct plan_item *item, struct str *out, struct err *err)
{
	struct key_parts parts;

	if (!layout_parse(&parts, item->key))
		return err_set(err, ERR_NO_STATE, "the state holds '%.200s' as a list", item->key);
	switch (item->object_class) {
	case CLASS_TAGS_LIST:
		return make_tags_list(run, parts.repo, out, err);
	case CLASS_CATALOG:
		return make_catalog(run, NULL, out, err);
	default:
		return make_referrers(run, item, out, err);
	}
}

int render_document_now(struct sync_run *run, struct plan_item *item,
                        struct current_document *current, struct str *out, struct err *err)
{
	struct object_row row;
	struct key_parts parts;
	int got;

	(void)snprintf(item->there_etag, sizeof(item->there_etag), "%s", current->etag);
	if (!layout_parse(&parts, item->key))
		return err_set(err, ERR_BUG, "'%.200s' is no list", item->key);
	if (item->object_class == CLASS_TAGS_LIST)
		return render_tags(out, parts.repo, &current->tags, err);
	if (item->object_class == CLASS_CATALOG)
		return make_catalog(run, current->found ? &current->body : NULL, out, err);
	got = object_get(run->db, item->key, &row, err);
	if (got < 0)
		return -1;
	if (got > 0) /* the plan's MD5 is of the merged bytes, the file's is in the state */
		memcpy(item->md5, row.md5, MD5_BYTES);
	return merge_ours(run, item, current->found ? &current->body : NULL, out, err);
}

int render_newest_catalog(struct sync_run *run, const struct current_document *current,
                          struct str *out, struct err *err)
{
	struct name_list known = {.max_bytes = CURRENT_DOCUMENT_MAX_BYTES}, theirs = {0};
	int result = known_repos(run, &known, err);

	if (result == 0 && current->found)
		result = add_their_catalog(run, &theirs, &current->body, err);
	if (result == 0)
		result = catalog_news_add(run, &known, &theirs, err);
	if (result == 0)
		result = listing_catalog(out, (const char *const *)known.list, known.count, err);
	name_list_release(&known);
	name_list_release(&theirs);
	return result;
}

/* Of the repositories that the bucket's catalogue names, the plan knows those whose list goes. */
static int leaving_repos(struct sync_run *run, struct name_list *repos, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	int got;

	while ((got = plan_after(&run->plan, CLASS_TAGS_LIST, PLAN_REMOVAL, item.id, &item, err)) >
	       0)
		if (layout_parse(&parts, item.key) && name_list_add(repos, parts.repo, err) < 0)
			return -1;
	return got;
}

int render_count_asked(struct sync_run *run, unsigned *count, struct err *err)
{
	struct name_list known = {.max_bytes = CURRENT_DOCUMENT_MAX_BYTES};
	struct name_list leaving = {.max_bytes = CURRENT_DOCUMENT_MAX_BYTES};
	int result = known_repos(run, &known, err);

	if (result == 0)
		result = leaving_repos(run, &leaving, err);
	if (result == 0)
		*count = catalog_news_count(&known, &leaving);
	name_list_release(&known);
	name_list_release(&leaving);
	return result;
}
