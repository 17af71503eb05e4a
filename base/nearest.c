#include "base/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int folded(char c)
{
	return tolower((unsigned char)c);
}

size_t edit_distance(const char *a, const char *b)
{
	/* Rows of the table of distances between beginnings of `a` and of `b`. */
	uint16_t rows[3][NEAREST_MAX + 1];
	uint16_t *above2 = rows[0], *above = rows[1], *row = rows[2];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > NEAREST_MAX || b_len > NEAREST_MAX)
		return SIZE_MAX;
	for (size_t k = 0; k <= b_len; k++)
		row[k] = (uint16_t)k;
	for (size_t i = 1; i <= a_len; i++) {
		uint16_t *oldest = above2;

		above2 = above;
		above = row;
		row = oldest;
		row[0] = (uint16_t)i;
		for (size_t k = 1; k <= b_len; k++) {
			size_t wrong = folded(a[i - 1]) != folded(b[k - 1]);
			size_t best = least(least(above[k], row[k - 1]) + 1u, above[k - 1] + wrong);

			if (i > 1 && k > 1 && folded(a[i - 1]) == folded(b[k - 2]) &&
			    folded(a[i - 2]) == folded(b[k - 1]))
				best = least(best, above2[k - 2] + 1u);
			row[k] = (uint16_t)best;
		}
	}
	return row[b_len];
}

/* Of one letter nothing may be wrong: anything would be near. */
static size_t most_wrong(const char *word)
{
	size_t len = strlen(word);

	return len < 2 ? 0 : len < 6 ? 1 : len / 3;
}

void nearest_init(struct nearest *n, const char *word)
{
	n->word = word;
	n->best[0] = '\0';
	n->distance = most_wrong(word) + 1;
}

void nearest_offer_as(struct nearest *n, const char *word, const char *meant)
{
	enum { CUT_SHORT_MIN = 3 };
	size_t len = strlen(n->word), meant_len = strlen(meant), distance;

	if (strlen(word) > NEAREST_MAX || meant_len > NEAREST_MAX || len > NEAREST_MAX)
		return;
	distance = edit_distance(n->word, word);
	if (len >= CUT_SHORT_MIN && strncmp(n->word, word, len) == 0)
		distance = least(distance, most_wrong(n->word));
	if (distance >= n->distance)
		return;
	n->distance = distance;
	memcpy(n->best, meant, meant_len + 1);
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	nearest_offer_as(n, candidate, candidate);
}

void nearest_offer_choices(struct nearest *n, const char *choices, size_t len)
{
	char word[NEAREST_MAX + 1];

	for (size_t at = 0, end; at < len; at = end + 1) {
		for (end = at; end < len && choices[end] != '|'; end++)
			;
		(void)snprintf(word, sizeof(word), "%.*s", (int)(end - at), choices + at);
		nearest_offer(n, word);
	}
}

const char *nearest_hint(const struct nearest *n, const char *before, char text[NEAREST_HINT_MAX])
{
	text[0] = '\0';
	if (n->best[0])
		(void)snprintf(text, NEAREST_HINT_MAX, "; did you mean %s%s?", before, n->best);
	return text;
}
