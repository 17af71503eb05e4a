#include "stage/headers/site.h"

#include "base/layout.h"
#include "db/state/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters that mean nothing to any web server, within quotes. */
static bool is_plain(const char *text)
{
	return text[0] && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                                    "0123456789 !#&()+,-./:;=@[]_~")] == '\0';
}

/* A type that nobody can have meant is none. */
static const char *plain_type(const char *type)
{
	return is_plain(type) && !strpbrk(type, " !#&(),:;=@[]~") ? type : MT_OCTET_STREAM;
}

/* How often each of the first types occurs: the most frequent one will be among them. */
struct census {
	size_t count;
	struct {
		char type[SITE_TYPE_MAX];
		uint64_t manifests;
	} types[SITE_TYPES];
	uint64_t all;
};

static int count_type(void *context, const struct manifest_row *row, struct err *err)
{
	struct census *census = context;
	const char *type = plain_type(row->media_type);
	size_t i = 0;

	(void)err;
	census->all++;
	while (i < census->count && strcmp(census->types[i].type, type) != 0)
		i++;
	if (i == SITE_TYPES)
		return 0;
	if (i == census->count) {
		(void)snprintf(census->types[i].type, SITE_TYPE_MAX, "%s", type);
		census->count++;
	}
	census->types[i].manifests++;
	return 0;
}

static int count_tag(void *context, const struct tag_row *row, struct err *err)
{
	(void)row;
	(void)err;
	++*(uint64_t *)context;
	return 0;
}

static int take_census(struct site *site, struct err *err)
{
	struct census census = {.count = 0};
	size_t most = 0;

	if (manifest_each(site->db, count_type, &census, err) < 0 ||
	    tag_each(site->db, NULL, TAGS_LIVE, count_tag, &site->tags, err) < 0)
		return -1;
	for (size_t i = 1; i < census.count; i++)
		if (census.types[i].manifests > census.types[most].manifests)
			most = i;
	(void)snprintf(site->type, sizeof(site->type), "%s",
	               census.count ? census.types[most].type : MT_OCI_MANIFEST);
	site->others = census.all - (census.count ? census.types[most].manifests : 0);
	return 0;
}

int site_open(struct site *site, const struct root *root, const char *listen, struct err *err)
{
	*site = (struct site){.db = root->db, .listen = listen};
	site->path = realpath(root->path, NULL);
	if (!site->path)
		return err_sys(err, "find %s", root->path);
	if (site_path_is_plain(site->path, err) && take_census(site, err) == 0)
		return 0;
	site_close(site);
	return -1;
}

bool site_path_is_plain(const char *path, struct err *err)
{
	if (is_plain(path))
		return true;
	(void)err_set(err, ERR_CONFIG, "%s: a web server's configuration cannot hold this path",
	              path);
	return false;
}

void site_close(struct site *site)
{
	free(site->path);
	site->path = NULL;
}

/* Where lines go, and what stands around each. */
struct lines {
	const struct site *site;
	struct site_line line;
	struct str *out;
};

static int add_tag(void *context, const struct tag_row *row, struct err *err)
{
	const struct lines *l = context;
	char digest[DIGEST_TEXT_MAX], key[KEY_MAX];

	(void)err;
	(void)str_addf(l->out, "%s/%s %s%s", l->line.before, layout_tag(key, row->repo, row->name),
	               digest_text(&row->digest, digest), l->line.after);
	return 0;
}

int site_add_tags(const struct site *site, struct site_line line, struct str *out, struct err *err)
{
	struct lines lines = {site, line, out};

	return tag_each(site->db, NULL, TAGS_LIVE, add_tag, &lines, err);
}

static int add_type(void *context, const struct manifest_row *row, struct err *err)
{
	const struct lines *l = context;
	const char *type = plain_type(row->media_type);
	char digest[DIGEST_TEXT_MAX];

	(void)err;
	if (strncmp(type, l->site->type, SITE_TYPE_MAX - 1) != 0)
		(void)str_addf(l->out, "%s%s %s%s", l->line.before,
		               digest_text(&row->digest, digest), type, l->line.after);
	return 0;
}

int site_add_types(const struct site *site, struct site_line line, struct str *out, struct err *err)
{
	struct lines lines = {site, line, out};

	return manifest_each(site->db, add_type, &lines, err);
}
