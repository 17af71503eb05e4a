#include "base/text_set.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

/* FNV-1a. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* The slot of `text`, or the free one where it belongs. The set is never full. */
static size_t *slot_of(const struct text_set *set, const char *text)
{
	for (uint64_t at = hash_of(text);; at++) {
		size_t *slot = &set->slots[at & (set->cap - 1)];

		if (*slot == 0 || strcmp(str_text(&set->texts) + *slot - 1, text) == 0)
			return slot;
	}
}

static int grow(struct text_set *set, struct err *err)
{
	struct text_set bigger = *set;

	bigger.cap = set->cap ? set->cap * 2 : FIRST_CAP;
	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return err_memory(err);
	for (size_t i = 0; i < set->cap; i++)
		if (set->slots[i])
			*slot_of(&bigger, str_text(&set->texts) + set->slots[i] - 1) =
				set->slots[i];
	free(set->slots);
	*set = bigger;
	return 0;
}

int text_set_add(struct text_set *set, const char *text, struct err *err)
{
	size_t at = set->texts.len + 1;
	size_t *slot;

	if (set->count >= set->cap / 2 && grow(set, err) < 0)
		return -1;
	slot = slot_of(set, text);
	if (*slot)
		return 0;
	(void)str_add(&set->texts, text, strlen(text) + 1);
	if (str_check(&set->texts, "set of texts", err) < 0)
		return -1;
	*slot = at;
	set->count++;
	return 1;
}

bool text_set_has(const struct text_set *set, const char *text)
{
	return set->cap > 0 && *slot_of(set, text) != 0;
}

const char *text_set_first(const struct text_set *set)
{
	return set->count > 0 ? str_text(&set->texts) : NULL;
}

const char *text_set_next(const struct text_set *set, const char *at)
{
	at += strlen(at) + 1;
	return at < str_text(&set->texts) + set->texts.len ? at : NULL;
}

void text_set_clear(struct text_set *set)
{
	str_clear(&set->texts);
	if (set->slots)
		memset(set->slots, 0, set->cap * sizeof(*set->slots));
	set->count = 0;
}

void text_set_release(struct text_set *set)
{
	str_release(&set->texts);
	free(set->slots);
	set->slots = NULL;
	set->cap = set->count = 0;
}
