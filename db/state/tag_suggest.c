#include "db/state/tag_suggest.h"

#include "base/nearest.h"
#include "db/state/tag.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct looking {
	struct nearest nearest;
	bool with_tag; /* NAME:TAG is looked for, not NAME */
};

static int offer(void *context, const struct tag_row *row, struct err *err)
{
	struct looking *looking = context;
	char reference[REPO_MAX + TAG_MAX + 2];

	(void)err;
	(void)snprintf(reference, sizeof(reference), "%s:%s", row->repo, row->name);
	nearest_offer(&looking->nearest, looking->with_tag ? reference : row->repo);
	return 0;
}

void tag_suggest(struct db *db, const char *text, struct err *err)
{
	const char *slash = strrchr(text, '/');
	struct looking looking = {.with_tag = strchr(slash ? slash : text, ':') != NULL};
	size_t len = strlen(err->message);
	char hint[NEAREST_HINT_MAX];
	struct err ignored = ERR_INIT;

	nearest_init(&looking.nearest, text);
	if (tag_each(db, NULL, TAGS_LIVE, offer, &looking, &ignored) == 0)
		(void)snprintf(err->message + len, sizeof(err->message) - len, "%s",
		               nearest_hint(&looking.nearest, "", hint));
}
