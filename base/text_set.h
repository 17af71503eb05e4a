/*
 * text_set: a set of texts, in the order in which they came. Open addressing over one string; what
 * is in it cannot be taken out.
 *
 *     struct text_set set = TEXT_SET_INIT;
 *     got = text_set_add(&set, "v2/app", err);     1 new, 0 it was there, -1
 *     for (at = text_set_first(&set); at; at = text_set_next(&set, at)) … at is a text …
 *     text_set_release(&set);
 *
 * Chosen texts can collide, for the hash is no keyed one: the texts are keys, whose number is
 * bounded by what an archive may hold.
 */
#ifndef DRYDOCK_BASE_TEXT_SET_H
#define DRYDOCK_BASE_TEXT_SET_H

#include "base/str.h"

struct text_set {
	struct str texts; /* each with its NUL */
	size_t *slots;    /* owned: place in `texts` + 1; 0: the slot is free */
	size_t cap;       /* a power of two, or 0 */
	size_t count;     /* of texts */
};

enum { TEXT_SET_MAX_BYTES = 256 << 20 };

#define TEXT_SET_INIT                                                                              \
	{                                                                                          \
		STR_INIT(TEXT_SET_MAX_BYTES), NULL, 0, 0                                           \
	}

int text_set_add(struct text_set *set, const char *text, struct err *err) MUST_CHECK;
bool text_set_has(const struct text_set *set, const char *text);
/* Borrowed until the next text is added; NULL behind the last one. */
const char *text_set_first(const struct text_set *set);
const char *text_set_next(const struct text_set *set, const char *at);
void text_set_clear(struct text_set *set); /* keeps the memory */
void text_set_release(struct text_set *set);

#endif
