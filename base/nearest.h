/*
 * nearest: of all words that would have been right, the one that was probably meant. Pure.
 *
 *     struct nearest n;
 *     char hint[NEAREST_HINT_MAX];
 *     nearest_init(&n, "stauts");
 *     nearest_offer(&n, "stage"); nearest_offer(&n, "status"); …
 *     err_set(err, ERR_USAGE, "there is no command '%s'%s", word, nearest_hint(&n, "", hint));
 *
 * Words are compared by how many letters have to be put in, taken out, replaced or swapped with
 * their neighbour (optimal string alignment), whatever their case; a third of the word may be wrong
 * at most. A word that was cut short is near too: "endp" to "endpoint-url".
 */
#ifndef DRYDOCK_BASE_NEAREST_H
#define DRYDOCK_BASE_NEAREST_H

#include <stddef.h>

enum {
	NEAREST_MAX = 400, /* bytes; longer words are near to nothing */
	NEAREST_HINT_MAX = NEAREST_MAX + 60,
};

struct nearest {
	const char *word;           /* borrowed */
	char best[NEAREST_MAX + 1]; /* "": none is near */
	size_t distance;            /* of `best`; of none: one more than would be near */
};

void nearest_init(struct nearest *n, const char *word);
/* `candidate` is copied when it is the nearest so far. */
void nearest_offer(struct nearest *n, const char *candidate);
/* The same of a word that other programs have for `meant`, which is what is told. */
void nearest_offer_as(struct nearest *n, const char *word, const char *meant);
/* Each of "a|b|c", of which the first `len` bytes count. */
void nearest_offer_choices(struct nearest *n, const char *choices, size_t len);
/* "; did you mean --dry-run?" with `before` "--", or "". Names of the caller's own are quoted as
 * they are. */
const char *nearest_hint(const struct nearest *n, const char *before, char text[NEAREST_HINT_MAX]);

/* Letters to put in, take out, replace or swap; SIZE_MAX when a word is too long. */
size_t edit_distance(const char *a, const char *b);

#endif
