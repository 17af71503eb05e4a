#include "stage/tree/publish_lists.h"

#include "db/state/object.h"

void publish_lists_begin(struct publish_lists *p, struct tree_documents *documents)
{
	*p = (struct publish_lists){documents, TEXT_SET_INIT, TEXT_SET_INIT, TEXT_SET_INIT};
}

void publish_lists_release(struct publish_lists *p)
{
	text_set_release(&p->referrers);
	text_set_release(&p->repos);
	text_set_release(&p->changed);
}

int publish_lists_add_referrers(struct publish_lists *p, const char *repo, const struct node *node,
                                struct err *err)
{
	char key[KEY_MAX];

	if (text_set_add(&p->referrers, layout_referrers(key, repo, &node->digest), err) < 0)
		return -1;
	if (node->subject.alg == DIGEST_NONE)
		return 0;
	return text_set_add(&p->referrers, layout_referrers(key, repo, &node->subject), err) < 0
	               ? -1
	               : 0;
}

int publish_lists_referrers(struct publish_lists *p, enum tree_documents_policy policy,
                            struct err *err)
{
	for (const char *at = text_set_first(&p->referrers); at;
	     at = text_set_next(&p->referrers, at)) {
		struct key_parts parts;

		if (!layout_parse(&parts, at))
			return err_set(err, ERR_BUG, "%s is no key", at);
		if (tree_documents_referrers(p->documents, parts.repo, &parts.digest, policy, err) <
		    0)
			return -1;
	}
	return 0;
}

int publish_lists_tags(struct publish_lists *p, struct err *err)
{
	const struct text_set *repos = &p->repos;
	bool new_repo = false;
	char key[KEY_MAX];
	int got;

	for (const char *at = text_set_first(repos); at; at = text_set_next(repos, at)) {
		got = object_has(p->documents->root->db, layout_tags_list(key, at), err);
		new_repo |= got == 0;
		if (got >= 0)
			got = tree_documents_is_there(p->documents, key, err);
		if (got < 0 || ((got == 0 || text_set_has(&p->changed, at)) &&
		                tree_documents_tags_list(p->documents, at, err) < 0))
			return -1;
	}
	got = tree_documents_is_there(p->documents, layout_catalog(key), err);
	if (got != 0 && !new_repo)
		return got < 0 ? -1 : 0;
	return got < 0 ? -1 : tree_documents_catalog(p->documents, err);
}
