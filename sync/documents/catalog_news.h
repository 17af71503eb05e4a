/*
 * catalog_news: the repositories of the bucket's _catalog that were published after this run had
 * listed the bucket. The bucket's catalogue may be newer than the pages that were read before it: a
 * run that replaced it by what those pages showed would erase them, and the condition on its ETag
 * would not hinder that.
 */
#ifndef DRYDOCK_SYNC_DOCUMENTS_CATALOG_NEWS_H
#define DRYDOCK_SYNC_DOCUMENTS_CATALOG_NEWS_H

#include "base/name_list.h"
#include "sync/run/run.h"

/*
 * Adds to `known` (what the root and the listing have; it is sorted here) those names of `theirs`
 * that are not in it, if the bucket has a tag of them now: what came since the listing stays, what
 * is gone does not. It asks about a thousand of them, and believes the rest.
 */
int catalog_news_add(struct sync_run *run, struct name_list *known, const struct name_list *theirs,
                     struct err *err) MUST_CHECK;
/* Of how many of `theirs` it would ask that: each is a HEAD and a LIST. `known` is sorted here. */
unsigned catalog_news_count(struct name_list *known, const struct name_list *theirs);

#endif
