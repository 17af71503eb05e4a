#include "base/listing.h"

#include "base/media_type.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "key":["a","b"] with the members sorted, each once. */
static int add_sorted(struct str *out, const char *key, const char *const *texts, size_t count,
                      struct err *err)
{
	const char **sorted = malloc((count ? count : 1) * sizeof(*sorted));

	if (!sorted)
		return err_memory(err);
	if (count)
		memcpy(sorted, texts, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_text);
	(void)str_addf(out, "\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0)
			continue;
		if (i > 0)
			(void)str_addc(out, ',');
		(void)str_add_json(out, sorted[i]);
	}
	(void)str_addc(out, ']');
	free(sorted);
	return 0;
}

int listing_tags(struct str *out, const char *repo, const char *const *tags, size_t count,
                 struct err *err)
{
	(void)str_adds(out, "{\"name\":");
	(void)str_add_json(out, repo);
	(void)str_addc(out, ',');
	if (add_sorted(out, "tags", tags, count, err) < 0)
		return -1;
	(void)str_addc(out, '}');
	return str_check(out, "tags/list", err);
}

int listing_catalog(struct str *out, const char *const *repos, size_t count, struct err *err)
{
	(void)str_addc(out, '{');
	if (add_sorted(out, "repositories", repos, count, err) < 0)
		return -1;
	(void)str_addc(out, '}');
	return str_check(out, "_catalog", err);
}

static int compare_members(const void *a, const void *b)
{
	const struct listing_descriptor *const *x = a, *const *y = b;
	int order = digest_compare(&(*x)->digest, &(*y)->digest);

	if (order != 0)
		return order;
	return *x < *y ? -1 : *x > *y; /* stable: the first given stays first */
}

static void add_member(struct str *out, const struct listing_descriptor *m)
{
	char digest[DIGEST_TEXT_MAX];

	(void)str_adds(out, "{\"mediaType\":");
	(void)str_add_json(out, m->media_type);
	(void)str_addf(out, ",\"digest\":\"%s\",\"size\":%" PRIu64, digest_text(&m->digest, digest),
	               m->size_bytes);
	if (m->artifact_type && *m->artifact_type) {
		(void)str_adds(out, ",\"artifactType\":");
		(void)str_add_json(out, m->artifact_type);
	}
	if (m->annotations_json)
		(void)str_addf(out, ",\"annotations\":%s", m->annotations_json);
	(void)str_addc(out, '}');
}

int listing_referrers(struct str *out, const struct listing_descriptor *members, size_t count,
                      struct err *err)
{
	const struct listing_descriptor **sorted = malloc((count ? count : 1) * sizeof(*sorted));

	if (!sorted)
		return err_memory(err);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &members[i];
	qsort(sorted, count, sizeof(*sorted), compare_members);
	(void)str_adds(out,
	               "{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_INDEX "\",\"manifests\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && digest_equal(&sorted[i - 1]->digest, &sorted[i]->digest))
			continue;
		if (i > 0)
			(void)str_addc(out, ',');
		add_member(out, sorted[i]);
	}
	(void)str_adds(out, "]}");
	free(sorted);
	return str_check(out, "referrers index", err);
}
