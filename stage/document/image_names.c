#include "stage/document/image_names.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

int name_set_add(struct name_set *set, const char *repo, const char *tag, struct err *err)
{
	size_t repo_size = strlen(repo) + 1, tag_size = strlen(tag) + 1;
	struct image_name *name;

	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->names[i].repo, repo) == 0 && strcmp(set->names[i].tag, tag) == 0)
			return 0;
	if (array_room(&set->names, set->count, &set->cap, err) < 0)
		return -1;
	name = &set->names[set->count];
	name->repo = malloc(repo_size + tag_size);
	if (!name->repo)
		return err_memory(err);
	memcpy(name->repo, repo, repo_size);
	memcpy(name->repo + repo_size, tag, tag_size);
	name->tag = name->repo + repo_size;
	set->count++;
	return 0;
}

void name_set_drop(struct name_set *set, size_t index)
{
	free(set->names[index].repo);
	set->count--;
	memmove(&set->names[index], &set->names[index + 1],
	        (set->count - index) * sizeof(*set->names));
}

void name_set_release(struct name_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->names[i].repo);
	free(set->names);
	memset(set, 0, sizeof(*set));
}

/*
 * Whether the text says a repository, or a tag, of its own. An image id does not (containerd has
 * its images under "sha256:<id>" too), nor does a name by digest alone: "app@sha256:<hex>".
 */
static bool is_name(const char *text)
{
	struct digest d;
	size_t len;

	if (!text || !*text || digest_parse_quiet(&d, text, strlen(text)))
		return false;
	len = strcspn(text, "@");
	if (!text[len] || !digest_parse_quiet(&d, text + len + 1, strlen(text + len + 1)))
		return true;
	while (len > 0 && text[len - 1] != ':' && text[len - 1] != '/')
		len--;
	return len > 0 && text[len - 1] == ':';
}

/* Whether a ref.name is more than a tag. Behind a tag, containerd may write the digest. */
static bool is_full(const char *ref_name)
{
	size_t len = strcspn(ref_name, "@");

	return memchr(ref_name, '/', len) || memchr(ref_name, ':', len);
}

/* How long the tag is that a ref.name is when it is no more; 0 when it gives none. */
static size_t bare_length(const char *ref_name)
{
	return ref_name && !is_full(ref_name) ? strcspn(ref_name, "@") : 0;
}

/* The tag that a bare ref.name gives, written to `tag`. -1 when it is no tag, 0 when it gives none.
 */
static int bare_tag(const char *ref_name, char tag[TAG_MAX + 1], struct err *err)
{
	size_t len = bare_length(ref_name);

	tag[0] = '\0';
	if (len == 0)
		return 0;
	if (name_check_tag(ref_name, len, err) < 0)
		return err_context(err, "annotation " ANNOTATION_REF_NAME);
	memcpy(tag, ref_name, len);
	tag[len] = '\0';
	return 1;
}

static const char *first_of(const char *a, const char *b, const char *c)
{
	if (a && *a)
		return a;
	return b && *b ? b : c;
}

/* Adds what one reference of the archive says, under --name's repository if that was given. */
static int add_reference(const struct image_names *rules, const char *text, const char *tag,
                         struct name_set *out, struct err *err)
{
	enum name_note note;
	struct reference ref;

	if (reference_parse(&ref, text, rules->hosts, &note, err) < 0)
		return -1;
	tag = first_of(ref.tag, tag, IMAGE_NAMES_DEFAULT_TAG);
	if (rules->wanted)
		return name_set_add(out, rules->wanted->repo, tag, err);
	if (note == NAME_HOST_DROPPED && rules->note)
		rules->note(rules->context, text, ref.repo);
	return name_set_add(out, ref.repo, tag, err);
}

/*
 * The archive's own name is not needed when --name replaces it: one that breaks the grammar must
 * not keep the user from giving a better one. Then only its tag is lost.
 */
static int add_wanted(const struct image_names *rules, const char *text, const char *tag,
                      struct name_set *out, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (rules->wanted && add_reference(rules, text, tag, out, &ignored) == 0)
		return 0;
	if (rules->wanted)
		return ignored.code == ERR_MEMORY ? err_memory(err) : 0;
	return add_reference(rules, text, tag, out, err);
}

static int add_own(const struct image_names *rules, const struct name_sources *from,
                   const char *tag, struct name_set *out, struct err *err)
{
	if (is_name(from->containerd_name))
		return add_wanted(rules, from->containerd_name, tag, out, err);
	if (is_name(from->ref_name) && is_full(from->ref_name))
		return add_wanted(rules, from->ref_name, tag, out, err);
	for (size_t i = 0; i < from->repo_tag_count; i++)
		if (is_name(from->repo_tags[i]) &&
		    add_wanted(rules, from->repo_tags[i], tag, out, err) < 0)
			return -1;
	return 0;
}

enum names_kind image_names_kind(const struct name_sources *from)
{
	char tag[TAG_MAX + 1];
	struct err ignored = ERR_INIT;
	bool full = is_name(from->containerd_name) ||
	            (is_name(from->ref_name) && is_full(from->ref_name));

	for (size_t i = 0; i < from->repo_tag_count; i++)
		full = full || is_name(from->repo_tags[i]);
	if (full)
		return NAMES_FULL;
	switch (bare_tag(from->ref_name, tag, &ignored)) {
	case 0:
		return NAMES_NONE;
	case 1:
		return NAMES_TAG;
	default:
		return NAMES_ODD;
	}
}

int image_names_choose(const struct image_names *rules, const struct name_sources *from,
                       struct name_set *out, struct err *err)
{
	char tag[TAG_MAX + 1];
	size_t before = out->count;

	if (rules->wanted && rules->wanted->tag[0])
		return name_set_add(out, rules->wanted->repo, rules->wanted->tag, err);
	if (bare_tag(from->ref_name, tag, err) < 0 && !rules->wanted &&
	    image_names_kind(from) == NAMES_ODD)
		return -1;
	if (add_own(rules, from, tag, out, err) < 0)
		return -1;
	if (rules->wanted && out->count == before)
		return name_set_add(out, rules->wanted->repo,
		                    first_of(tag, IMAGE_NAMES_DEFAULT_TAG, NULL), err);
	return 0;
}
