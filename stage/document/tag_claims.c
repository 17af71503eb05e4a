#include "stage/document/tag_claims.h"

#include "base/array.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tag_claims_begin_source(struct tag_claims *claims)
{
	claims->first_attempt = claims->attempt + 1;
}

void tag_claims_begin_attempt(struct tag_claims *claims)
{
	claims->attempt++;
}

enum { NAME_TEXT_MAX = REPO_MAX + TAG_MAX + 2 };

static int key_of(const struct image_name *name, char text[NAME_TEXT_MAX], struct digest *key,
                  struct err *err)
{
	int len = snprintf(text, NAME_TEXT_MAX, "%s:%s", name->repo, name->tag);

	memset(key, 0, sizeof(*key));
	key->alg = DIGEST_SHA256;
	return hash_once(HASH_SHA256, text, (size_t)len, key->bytes, err);
}

/* NULL: there is none. */
static struct tag_claim *find_claim(const struct tag_claims *claims, const struct image_name *name)
{
	char text[NAME_TEXT_MAX];
	struct err ignored = ERR_INIT;
	struct digest key;
	uint32_t at;

	if (key_of(name, text, &key, &ignored) < 0 || !digest_map_get(&claims->by_name, &key, &at))
		return NULL;
	return &claims->claims[at];
}

static int enter_claim(struct tag_claims *claims, const struct digest *key,
                       const struct digest *digest, struct err *err)
{
	if (array_room(&claims->claims, claims->count, &claims->cap, err) < 0)
		return -1;
	claims->claims[claims->count] = (struct tag_claim){*digest, claims->attempt, false};
	return digest_map_put(&claims->by_name, key, (uint32_t)claims->count++, err);
}

/* Made by an attempt at this source that came to nothing. */
static bool is_void(const struct tag_claims *claims, const struct tag_claim *claim)
{
	return !claim->published && claim->attempt >= claims->first_attempt &&
	       claim->attempt < claims->attempt;
}

static int check_claim(struct tag_claims *claims, const struct image_name *name,
                       const struct digest *digest, struct err *err)
{
	char text[NAME_TEXT_MAX], first[DIGEST_TEXT_MAX], second[DIGEST_TEXT_MAX];
	struct tag_claim *claim;
	struct digest key;
	uint32_t at;

	if (key_of(name, text, &key, err) < 0)
		return -1;
	if (!digest_map_get(&claims->by_name, &key, &at))
		return enter_claim(claims, &key, digest, err);
	claim = &claims->claims[at];
	if (digest_equal(&claim->digest, digest) || is_void(claims, claim)) {
		*claim = (struct tag_claim){*digest, claims->attempt, false};
		return 0;
	}
	return err_set(err, ERR_REFUSED, "%s would be two images in one run: %s and %s", text,
	               digest_text(&claim->digest, first), digest_text(digest, second));
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

void tag_claims_publish(struct tag_claims *claims, const struct name_set *names)
{
	for (size_t i = 0; i < names->count; i++) {
		struct tag_claim *claim =
			names->names[i].tag[0] ? find_claim(claims, &names->names[i]) : NULL;

		if (claim)
			claim->published = true;
	}
}

bool tag_claims_published(const struct tag_claims *claims, const struct name_set *names)
{
	/* There was none before, mostly. */
	if (claims->attempt == claims->first_attempt)
		return false;
	for (size_t i = 0; i < names->count; i++) {
		const struct tag_claim *claim = find_claim(claims, &names->names[i]);

		if (!claim || !claim->published || claim->attempt < claims->first_attempt)
			return false;
	}
	return names->count > 0;
}

void tag_claims_release(struct tag_claims *claims)
{
	digest_map_release(&claims->by_name);
	free(claims->claims);
	memset(claims, 0, sizeof(*claims));
}
