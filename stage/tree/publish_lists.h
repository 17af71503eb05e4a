/*
 * publish_lists: which lists a publication of images has to render (P4).
 *
 *     publish_lists_begin(&lists, &documents);
 *     … for each image: publish_lists_add_referrers, text_set_add(&lists.repos …), .changed …
 *     publish_lists_referrers(&lists, policy, err)     when all manifests have rows
 *     publish_lists_tags(&lists, err)                  when all tags have
 *     publish_lists_release(&lists);
 */
#ifndef DRYDOCK_STAGE_TREE_PUBLISH_LISTS_H
#define DRYDOCK_STAGE_TREE_PUBLISH_LISTS_H

#include "base/text_set.h"
#include "db/root/documents.h"
#include "stage/image/node.h"

struct publish_lists {
	struct tree_documents *documents; /* borrowed */
	struct text_set referrers;        /* keys of the lists that are due */
	struct text_set repos;            /* whose lists of tags are looked at */
	struct text_set changed;          /* those of them that have other tags now */
};

void publish_lists_begin(struct publish_lists *p, struct tree_documents *documents);
void publish_lists_release(struct publish_lists *p);

/* A manifest was put into a repository: its own referrers are due, and those of its subject. */
int publish_lists_add_referrers(struct publish_lists *p, const char *repo, const struct node *node,
                                struct err *err) MUST_CHECK;
int publish_lists_referrers(struct publish_lists *p, enum tree_documents_policy policy,
                            struct err *err) MUST_CHECK;

/*
 * Lists of tags that changed or are not there; the catalogue when one of them is new: only then is
 * its repository.
 */
int publish_lists_tags(struct publish_lists *p, struct err *err) MUST_CHECK;

#endif
