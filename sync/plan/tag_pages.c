#include "sync/plan/tag_pages.h"

#include <stdio.h>
#include <string.h>

#define SHA256_PREFIX "sha256:"
#define SHA512_PREFIX "sha512:"

const char TAG_PAGES_TABLE[] =
	"CREATE TABLE tag_pages (repo TEXT NOT NULL, part INTEGER NOT NULL, keys INTEGER NOT NULL, "
	"PRIMARY KEY (repo, part)) WITHOUT ROWID";

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static enum tag_pages_part part_of(const char *name)
{
	if (begins(name, SHA256_PREFIX))
		return TAG_PAGES_SHA256;
	if (begins(name, SHA512_PREFIX))
		return TAG_PAGES_SHA512;
	if (strcmp(name, SHA256_PREFIX) < 0)
		return TAG_PAGES_FIRST;
	return strcmp(name, SHA512_PREFIX) < 0 ? TAG_PAGES_BETWEEN : TAG_PAGES_LAST;
}

unsigned tag_pages_of(const uint64_t keys[TAG_PAGES_PARTS])
{
	uint64_t all = 0, behind, on_page = 0;
	unsigned pages = 1;

	for (int i = 0; i < TAG_PAGES_PARTS; i++)
		all += keys[i];
	behind = all;
	for (int i = 0; i < TAG_PAGES_PARTS; i++) {
		bool digests = i == TAG_PAGES_SHA256 || i == TAG_PAGES_SHA512;

		behind -= keys[i];
		if (keys[i] > 0 && on_page == TAG_PAGES_KEYS) {
			pages++;
			on_page = 0;
		}
		on_page += keys[i];
		if (digests && keys[i] > 0 && on_page + (behind > 0) > TAG_PAGES_KEYS) {
			/* It ends among digests, or with the last: what follows is asked for anew.
			 */
			pages++;
			on_page = 0;
		} else if (on_page > TAG_PAGES_KEYS) {
			pages += (unsigned)((on_page - 1) / TAG_PAGES_KEYS);
			on_page = (on_page - 1) % TAG_PAGES_KEYS + 1;
		}
	}
	return pages;
}

/* The repository of a key below v2/<repo>/manifests/, and its name there. */
static const char *name_in_folder(const char *key, char repo[REPO_MAX + 1])
{
	static const char folder[] = "/manifests/";
	const char *at = begins(key, LAYOUT_PREFIX) ? strstr(key, folder) : NULL;
	size_t len;

	if (!at)
		return NULL;
	key += strlen(LAYOUT_PREFIX);
	len = at > key ? (size_t)(at - key) : 0;
	if (len == 0 || len > REPO_MAX)
		return NULL;
	(void)snprintf(repo, REPO_MAX + 1, "%.*s", (int)len, key);
	return at + strlen(folder);
}

int tag_pages_note(struct tag_pages *pages, struct plan *plan, const char *key, struct err *err)
{
	char repo[REPO_MAX + 1];
	const char *name = name_in_folder(key, repo);

	if (!name)
		return 0;
	if (strcmp(repo, pages->repo) != 0) {
		if (tag_pages_flush(pages, plan, err) < 0)
			return -1;
		memcpy(pages->repo, repo, sizeof(repo));
	}
	pages->keys[part_of(name)]++;
	return 0;
}

int tag_pages_flush(struct tag_pages *pages, struct plan *plan, struct err *err)
{
	for (int i = 0; i < TAG_PAGES_PARTS; i++)
		if (pages->keys[i] > 0 &&
		    db_run(plan->db, err,
		           "INSERT INTO tag_pages (repo, part, keys) VALUES (?1, ?2, ?3) "
		           "ON CONFLICT (repo, part) DO UPDATE SET keys = keys + excluded.keys",
		           BIND_TEXT(pages->repo), BIND_INT(i),
		           BIND_INT((int64_t)pages->keys[i])) < 0)
			return -1;
	memset(pages, 0, sizeof(*pages));
	return 0;
}

int tag_pages_count(struct plan *plan, const char *repo, unsigned *count, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	uint64_t keys[TAG_PAGES_PARTS] = {0};
	int got;

	if (query_start_with(&q, plan->db, err, "SELECT part, keys FROM tag_pages WHERE repo = ?1",
	                     BIND_TEXT(repo)) < 0)
		return -1;
	while ((got = query_step(&q, err)) > 0)
		keys[query_int(&q, 0)] = (uint64_t)query_int(&q, 1);
	*count = tag_pages_of(keys);
	return got;
}
