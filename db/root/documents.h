/*
 * documents: the documents that follow from the state: tags/list, _catalog, the referrers of each
 * manifest and subject, and their fallback tags. Used by everything that changes what is published.
 *
 *     struct tree_documents d;
 *     tree_documents_begin(&d, root, publication);
 *     … rows and steps of blobs, manifests … then, in publication order:
 *     tree_documents_referrers(&d, repo, &digest, TREE_DOCUMENTS_CREATE, err)
 *     … tags …
 *     tree_documents_tags_list(&d, repo, err); tree_documents_catalog(&d, err);
 *     tree_documents_end(&d, TREE_DOCUMENTS_KEPT)
 *
 * or TREE_DOCUMENTS_DROPPED, when the publication is abandoned.
 *
 * What did not change is not written (J7). Each document is rendered once in a publication, also
 * when it is asked for again: first come all rows that it follows from.
 */
#ifndef DRYDOCK_DB_ROOT_DOCUMENTS_H
#define DRYDOCK_DB_ROOT_DOCUMENTS_H

#include "base/layout.h"
#include "base/str.h"
#include "base/text_set.h"
#include "db/root/publication.h"

enum tree_documents_look {
	TREE_DOCUMENTS_LOOK_SIZE,  /* a file that is recorded is right when it has the recorded size
	                            */
	TREE_DOCUMENTS_LOOK_BYTES, /* --recheck: when it has the right bytes */
};

struct tree_documents {
	struct root *root;               /* borrowed */
	struct publication *publication; /* borrowed */
	enum tree_documents_look look;   /* set it after tree_documents_begin */
	struct str temps;                /* names of the files written to tmp, NUL-terminated */
	struct text_set rendered;        /* keys that have had their turn */
	struct text_set steps;           /* keys that have steps */
	struct text_set looked;          /* folders, for tree_file_mend_modes */
	struct digest last;              /* what was written last, and where: equal documents of */
	char last_key[KEY_MAX];          /* one publication (empty referrers) become links to it */
};

enum tree_documents_end { TREE_DOCUMENTS_KEPT, TREE_DOCUMENTS_DROPPED };

void tree_documents_begin(struct tree_documents *d, struct root *root,
                          struct publication *publication);
/* TREE_DOCUMENTS_DROPPED removes the temporary files, as no step will move them to their keys. */
void tree_documents_end(struct tree_documents *d, enum tree_documents_end end);

enum tree_documents_policy {
	TREE_DOCUMENTS_CREATE,      /* also where there is none yet */
	TREE_DOCUMENTS_ONLY_UPDATE, /* --no-referrers: what is there must not become wrong */
};

/*
 * Referrers and fallback tag of a manifest or subject in a repository. Without any referrer: an
 * empty index while the manifest is there, else both are removed.
 */
int tree_documents_referrers(struct tree_documents *d, const char *repo,
                             const struct digest *subject, enum tree_documents_policy policy,
                             struct err *err) MUST_CHECK;

/*
 * Whether a document's key is recorded and its file is as it should be, as far as `look` wants it
 * looked at: then it need not be rendered when no row that it follows from has changed. 1, 0, -1.
 */
int tree_documents_is_there(struct tree_documents *d, const char *key, struct err *err) MUST_CHECK;

/* Removed when the repository has no manifest any more. */
int tree_documents_tags_list(struct tree_documents *d, const char *repo,
                             struct err *err) MUST_CHECK;
int tree_documents_catalog(struct tree_documents *d, struct err *err) MUST_CHECK;

#endif
