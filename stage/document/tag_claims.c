#include "stage/document/tag_claims.h"

#include "base/array.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int enter_claim(struct tag_claims *claims, const struct digest *key,
                       const struct digest *digest, struct err *err)
{
	if (array_room(&claims->digests, claims->count, &claims->cap, err) < 0)
		return -1;
	claims->digests[claims->count] = *digest;
	return digest_map_put(&claims->by_name, key, (uint32_t)claims->count++, err);
}

static int check_claim(struct tag_claims *claims, const struct image_name *name,
                       const struct digest *digest, struct err *err)
{
	char text[REPO_MAX + TAG_MAX + 2], first[DIGEST_TEXT_MAX], second[DIGEST_TEXT_MAX];
	struct digest key = {.alg = DIGEST_SHA256};
	int len = snprintf(text, sizeof(text), "%s:%s", name->repo, name->tag);
	uint32_t at;

	if (hash_once(HASH_SHA256, text, (size_t)len, key.bytes, err) < 0)
		return -1;
	if (!digest_map_get(&claims->by_name, &key, &at))
		return enter_claim(claims, &key, digest, err);
	if (digest_equal(&claims->digests[at], digest))
		return 0;
	return err_set(err, ERR_REFUSED, "%s would be two images in one run: %s and %s", text,
	               digest_text(&claims->digests[at], first), digest_text(digest, second));
}

int tag_claims_check(struct tag_claims *claims, const struct name_set *names,
                     const struct digest *digest, struct err *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->names[i].tag[0] &&
		    check_claim(claims, &names->names[i], digest, err) < 0)
			return -1;
	return 0;
}

void tag_claims_release(struct tag_claims *claims)
{
	digest_map_release(&claims->by_name);
	free(claims->digests);
	memset(claims, 0, sizeof(*claims));
}
