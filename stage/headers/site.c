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

static void count_type(struct census *census, const char *type)
{
	size_t i = 0;

	census->all++;
	while (i < census->count && strcmp(census->types[i].type, type) != 0)
		i++;
	if (i == SITE_TYPES)
		return;
	if (i == census->count) {
		(void)snprintf(census->types[i].type, SITE_TYPE_MAX, "%s", type);
		census->count++;
	}
	census->types[i].manifests++;
}

static int count_manifest(void *context, const struct manifest_row *row, struct err *err)
{
	(void)err;
	count_type(context, plain_type(row->media_type));
	return 0;
}

static int take_type(void *context, const struct manifest_row *row, struct err *err)
{
	(void)err;
	(void)snprintf(context, SITE_TYPE_MAX, "%s", plain_type(row->media_type));
	return 0;
}

static int find_type(struct db *db, const struct digest *d, char type[SITE_TYPE_MAX],
                     struct err *err)
{
	(void)snprintf(type, SITE_TYPE_MAX, MT_OCTET_STREAM);
	return manifest_get(db, d, take_type, type, err) < 0 ? -1 : 0;
}

struct tag_census {
	struct db *db;
	struct census census;
};

static int count_tag(void *context, const struct tag_row *row, struct err *err)
{
	struct tag_census *tags = context;
	char type[SITE_TYPE_MAX];

	if (find_type(tags->db, &row->digest, type, err) < 0)
		return -1;
	count_type(&tags->census, type);
	return 0;
}

/* The most frequent type, and how many have another one. */
static uint64_t take_most(const struct census *census, char type[SITE_TYPE_MAX])
{
	size_t most = 0;

	for (size_t i = 1; i < census->count; i++)
		if (census->types[i].manifests > census->types[most].manifests)
			most = i;
	(void)snprintf(type, SITE_TYPE_MAX, "%s",
	               census->count ? census->types[most].type : MT_OCI_MANIFEST);
	return census->all - (census->count ? census->types[most].manifests : 0);
}

static int take_census(struct site *site, struct err *err)
{
	struct census manifests = {.count = 0};
	struct tag_census tags = {.db = site->db};

	if (manifest_each(site->db, count_manifest, &manifests, err) < 0 ||
	    tag_each(site->db, NULL, TAGS_LIVE, count_tag, &tags, err) < 0)
		return -1;
	site->others = take_most(&manifests, site->type);
	site->other_tags = take_most(&tags.census, site->tag_type);
	site->tags = tags.census.all;
	return 0;
}

int site_open(struct site *site, const struct root *root, const char *listen, struct err *err)
{
	*site = (struct site){.db = root->db, .listen = listen};
	if (!listen)
		return take_census(site, err);
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
	(void)str_addf(l->out, "%s/%s%s%s%s", l->line.before, layout_tag(key, row->repo, row->name),
	               l->line.between, digest_text(&row->digest, digest), l->line.after);
	return 0;
}

int site_add_tags(const struct site *site, struct site_line line, struct str *out, struct err *err)
{
	struct lines lines = {site, line, out};

	return tag_each(site->db, NULL, TAGS_LIVE, add_tag, &lines, err);
}

struct other_types {
	const struct site *site;
	site_type_fn fn;
	void *context;
};

static int on_manifest(void *context, const struct manifest_row *row, struct err *err)
{
	const struct other_types *others = context;
	const char *type = plain_type(row->media_type);

	if (strncmp(type, others->site->type, SITE_TYPE_MAX - 1) == 0)
		return 0;
	return others->fn(others->context, &row->digest, type, err);
}

int site_each_type(const struct site *site, site_type_fn fn, void *context, struct err *err)
{
	struct other_types others = {site, fn, context};

	return manifest_each(site->db, on_manifest, &others, err);
}

static int add_type(void *context, const struct digest *d, const char *type, struct err *err)
{
	const struct lines *l = context;
	char digest[DIGEST_TEXT_MAX];

	(void)err;
	(void)str_addf(l->out, "%s%s%s%s%s", l->line.before, digest_text(d, digest),
	               l->line.between, type, l->line.after);
	return 0;
}

int site_add_types(const struct site *site, struct site_line line, struct str *out, struct err *err)
{
	struct lines lines = {site, line, out};

	return site_each_type(site, add_type, &lines, err);
}

static int add_tag_type(void *context, const struct tag_row *row, struct err *err)
{
	const struct lines *l = context;
	char type[SITE_TYPE_MAX], key[KEY_MAX];

	if (find_type(l->site->db, &row->digest, type, err) < 0)
		return -1;
	if (strcmp(type, l->site->tag_type) != 0)
		(void)str_addf(l->out, "%s/%s%s%s%s", l->line.before,
		               layout_tag(key, row->repo, row->name), l->line.between, type,
		               l->line.after);
	return 0;
}

int site_add_tag_types(const struct site *site, struct site_line line, struct str *out,
                       struct err *err)
{
	struct lines lines = {site, line, out};

	return tag_each(site->db, NULL, TAGS_LIVE, add_tag_type, &lines, err);
}
