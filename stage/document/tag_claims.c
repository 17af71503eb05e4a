#include "stage/document/tag_claims.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int enter(struct tag_claims *book, const struct digest *key, const struct digest *digest,
                 struct err *err)
{
	if (book->count == book->cap) {
		uint32_t cap = book->cap ? book->cap * 2 : 16;
		struct digest *digests = realloc(book->digests, cap * sizeof(*digests));

		if (!digests)
			return err_memory(err);
		book->digests = digests;
		book->cap = cap;
	}
	book->digests[book->count] = *digest;
	return digest_map_put(&book->by_name, key, book->count++, err);
}

static int check_one(struct tag_claims *book, const struct image_name *name,
                     const struct digest *digest, struct err *err)
{
	char text[REPO_MAX + TAG_MAX + 2], first[DIGEST_TEXT_MAX], second[DIGEST_TEXT_MAX];
	struct digest key = {.alg = DIGEST_SHA256};
	int len = snprintf(text, sizeof(text), "%s:%s", name->repo, name->tag);
	uint32_t at;

	if (hash_once(HASH_SHA256, text, (size_t)len, key.bytes, err) < 0)
		return -1;
	if (!digest_map_get(&book->by_name, &key, &at))
		return enter(book, &key, digest, err);
	if (digest_equal(&book->digests[at], digest))
		return 0;
	return err_set(err, ERR_REFUSED, "%s would be two images in one run: %s and %s", text,
	               digest_text(&book->digests[at], first), digest_text(digest, second));
}

int tag_claims_check(struct tag_claims *book, const struct name_set *names,
                     const struct digest *digest, struct err *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->names[i].tag[0] && check_one(book, &names->names[i], digest, err) < 0)
			return -1;
	return 0;
}

void tag_claims_release(struct tag_claims *book)
{
	digest_map_release(&book->by_name);
	free(book->digests);
	memset(book, 0, sizeof(*book));
}
