/*
 * tag_filter: --include and --exclude, the tags that a sync is about. Pure.
 *
 * A pattern is NAME or NAME:TAG, each with the shell's wildcards: `*` is any text (a slash too),
 * `?` one character, `[a-z]` and `[!a-z]` one of, or none of, these. NAME alone stands for the
 * repository as a whole.
 *
 * A tag is chosen when no --exclude matches it, and when an --include does or there is none. The
 * order in which they are given is of no matter: they may come from the command line, the
 * environment and a configuration file, of which none comes before the others; and what is
 * excluded somewhere is not published by a word elsewhere.
 *
 * What belongs to no tag (an untagged manifest and what it needs) is chosen as NAME alone says.
 */
#ifndef DRYDOCK_SYNC_PLAN_TAG_FILTER_H
#define DRYDOCK_SYNC_PLAN_TAG_FILTER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct tag_filter_pattern;

struct tag_filter {
	struct tag_filter_pattern *patterns; /* owned; includes, then excludes */
	size_t count, include_count;
};

enum tag_filter_verdict {
	TAG_FILTER_UNSAID, /* nothing matches: chosen when there is no --include */
	TAG_FILTER_INCLUDED,
	TAG_FILTER_EXCLUDED,
};

/* Whether it is a pattern. ERR_USAGE. */
int tag_filter_check(const char *text, struct err *err) MUST_CHECK;

/* The texts are borrowed until tag_filter_release. ERR_USAGE for what is no pattern. */
int tag_filter_open(struct tag_filter *f, const char *const *includes, size_t include_count,
                    const char *const *excludes, size_t exclude_count, struct err *err) MUST_CHECK;
void tag_filter_release(struct tag_filter *f);

static inline bool tag_filter_is_on(const struct tag_filter *f)
{
	return f->count > 0;
}

enum tag_filter_verdict tag_filter_judge(struct tag_filter *f, const char *repo, const char *tag);
bool tag_filter_has_tag(struct tag_filter *f, const char *repo, const char *tag);
/* What no tag reaches of this repository. */
bool tag_filter_has_rest(const struct tag_filter *f, const char *repo);

/* The i-th --include that has matched no tag so far, as it was given; NULL: no more. */
const char *tag_filter_unused(const struct tag_filter *f, size_t i);

#endif
