/*
 * layout: the one place that makes keys and paths.
 *
 * A key is what an object is called in the bucket (without the remote's prefix) and, except for
 * `v2/` itself, the path of its file below the registry root; they are the same text:
 *
 *     v2/                                   the API's ping: an object, never a file
 *     v2/_catalog
 *     v2/<name>/manifests/<alg>:<hex>       CLASS_MANIFEST
 *     v2/<name>/manifests/<tag>             CLASS_TAG, or CLASS_FALLBACK_TAG (<alg>-<64 hex>)
 *     v2/<name>/blobs/<alg>:<hex>           CLASS_BLOB
 *     v2/<name>/tags/list                   CLASS_TAGS_LIST
 *     v2/<name>/referrers/<alg>:<hex>       CLASS_REFERRERS
 *
 * Nothing reaches a key unless it is a checked repository name, a checked tag or a struct digest.
 */
#ifndef DRYDOCK_BASE_LAYOUT_H
#define DRYDOCK_BASE_LAYOUT_H

#include "base/digest.h"
#include "base/err.h"
#include "base/name.h"

/* "v2/" + name + "/manifests/" + digest + NUL, with room to spare. */
enum { KEY_MAX = 3 + REPO_MAX + 11 + DIGEST_TEXT_MAX + 1 };

#define LAYOUT_PREFIX  "v2/"
#define LAYOUT_PRIVATE ".drydock" /* 0700, below the root: state, config, locks, tmp */

/*
 * What an object is. The order is the order of publication: an object of a smaller class never
 * refers to one of a greater class. (Among CLASS_MANIFEST, children go before parents.)
 * The numbers are stored in the state file: never reuse one.
 */
enum object_class {
	CLASS_NONE = 0,
	CLASS_PING = 1,         /* v2/ */
	CLASS_BLOB = 2,         /* config or layer */
	CLASS_MANIFEST = 3,     /* manifest or index, by digest */
	CLASS_REFERRERS = 4,    /* referrers/<digest> */
	CLASS_FALLBACK_TAG = 5, /* referrers tag schema: manifests/<alg>-<64 hex> */
	CLASS_TAG = 6,
	CLASS_TAGS_LIST = 7,
	CLASS_CATALOG = 8,
};

/* Each writes a key of at most KEY_MAX bytes and returns `key`. */
const char *layout_blob(char key[KEY_MAX], const char *repo, const struct digest *d);
const char *layout_manifest(char key[KEY_MAX], const char *repo, const struct digest *d);
const char *layout_tag(char key[KEY_MAX], const char *repo, const char *tag);
const char *layout_tags_list(char key[KEY_MAX], const char *repo);
const char *layout_referrers(char key[KEY_MAX], const char *repo, const struct digest *d);
const char *layout_fallback_tag(char key[KEY_MAX], const char *repo, const struct digest *d);
const char *layout_catalog(char key[KEY_MAX]);

/* The folders of a repository: every key of a repository but its list is in one of them. */
enum layout_folder { LAYOUT_BLOBS, LAYOUT_MANIFESTS, LAYOUT_REFERRERS, LAYOUT_TAGS };

/* Which folder the keys of a class are in. Not for CLASS_PING and CLASS_CATALOG. */
enum layout_folder layout_folder_of(enum object_class object_class);
/* "v2/<name>/<folder>/": what the keys of a folder begin with. */
const char *layout_folder(char prefix[KEY_MAX], const char *repo, enum layout_folder folder);

/* Keys in the order of their bytes: every key k with after < k < until. */
struct layout_range {
	char after[KEY_MAX], until[KEY_MAX];
};
/* A folder of a repository, and in it what is named by digests of one algorithm. */
void layout_range(struct layout_range *range, const char *repo, enum layout_folder folder);
void layout_range_of_alg(struct layout_range *range, const char *repo, enum layout_folder folder,
                         enum digest_alg alg);

/* The fallback tag of a subject: <alg>-<first 64 hex digits> (distribution-spec 1.1). */
const char *layout_fallback_tag_name(char tag[TAG_MAX + 1], const struct digest *d);
bool layout_is_fallback_tag_name(const char *tag);
/* ERR_REFUSED for an image's tag that has its form. */
int layout_check_tag(const char *tag, struct err *err) MUST_CHECK;

/* What a key says. `repo` and `tag` are "" and digest.alg DIGEST_NONE where a class has none. */
struct key_parts {
	enum object_class object_class;
	char repo[REPO_MAX + 1];
	char tag[TAG_MAX + 1];
	struct digest digest;
};

/* False (CLASS_NONE) for a key that no layout_* function makes: foreign to a registry. */
bool layout_parse(struct key_parts *parts, const char *key);

/*
 * The Content-Type of a class (T1), or NULL for manifests and tags, which carry the media
 * type of their bytes.
 */
const char *object_class_content_type(enum object_class object_class);

/* Whether the bytes under a key of this class never change (its name holds their digest). */
bool object_class_immutable(enum object_class object_class);

/* Whether drydock renders the bytes from other objects: lists, the catalogue, referrers. */
bool object_class_is_derived(enum object_class object_class);

#define CACHE_CONTROL_DIGEST "public, max-age=31536000, immutable, no-transform"
#define CACHE_CONTROL_TAG    "public, max-age=60, no-transform"

#endif
