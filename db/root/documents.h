/*
 * documents: the documents that follow from the state: tags/list, _catalog, the referrers of each
 * manifest and subject, and their fallback tags. Used by everything that changes what is published.
 *
 *     struct derived d;
 *     derived_begin(&d, root, publication);
 *     … rows and steps of blobs, manifests … then, in publication order:
 *     derived_referrers(&d, repo, &digest, DERIVED_CREATE, err)
 *     … tags …
 *     derived_tags_list(&d, repo, err); derived_catalog(&d, err);
 *     derived_end(&d, DERIVED_KEPT)       or DERIVED_DROPPED when the publication is abandoned
 *
 * Each is rendered from the rows of the open transaction and compared with what the state records,
 * and that with the tree: what did not change is not written.
 */
#ifndef DRYDOCK_DB_ROOT_DOCUMENTS_H
#define DRYDOCK_DB_ROOT_DOCUMENTS_H

#include "base/layout.h"
#include "base/str.h"
#include "db/root/publication.h"

enum derived_look {
	DERIVED_LOOK_SIZE,  /* a file that is recorded is right when it has the recorded size */
	DERIVED_LOOK_BYTES, /* --recheck: when it has the right bytes */
};

struct derived {
	struct root *root;               /* borrowed */
	struct publication *publication; /* borrowed */
	enum derived_look look;          /* set it after derived_begin */
	struct str temps;                /* names of the files written to tmp, NUL-terminated */
	struct str keys;                 /* that have steps, NUL-terminated */
	struct digest last;              /* what was written last, and where: equal documents of */
	char last_key[KEY_MAX];          /* one publication (empty referrers) become links to it */
};

enum derived_end { DERIVED_KEPT, DERIVED_DROPPED };

void derived_begin(struct derived *d, struct root *root, struct publication *publication);
/* DERIVED_DROPPED removes the files that nobody will move to their keys. */
void derived_end(struct derived *d, enum derived_end end);

enum derived_policy {
	DERIVED_CREATE,      /* also where there is none yet */
	DERIVED_ONLY_UPDATE, /* --no-referrers: what is there must not become wrong */
};

/*
 * Referrers and fallback tag of a manifest or subject in a repository. Without any referrer: an
 * empty index while the manifest is there, else both are removed.
 */
int derived_referrers(struct derived *d, const char *repo, const struct digest *subject,
                      enum derived_policy policy, struct err *err) MUST_CHECK;

/* Removed when the repository has no manifest any more. */
int derived_tags_list(struct derived *d, const char *repo, struct err *err) MUST_CHECK;
int derived_catalog(struct derived *d, struct err *err) MUST_CHECK;

#endif
