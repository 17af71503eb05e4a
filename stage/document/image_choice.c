#include "stage/document/image_choice.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { THERE_MAX = 12, THERE_BYTES = 1000, NUMBER_DIGITS_MAX = 9 };

/* The names as they would be published; none where they break the grammar. */
static int familiar_names(const struct image_choice *choice, const struct name_sources *from,
                          struct name_set *out, struct err *err)
{
	struct image_names rules = {.hosts = choice->hosts};
	struct err odd = ERR_INIT;

	if (image_names_choose(&rules, from, out, &odd) < 0 && odd.code == ERR_MEMORY)
		return err_memory(err);
	return 0;
}

static size_t read_number(const char *text)
{
	size_t digits = text[0] == '@' ? strspn(text + 1, "0123456789") : 0;

	if (digits == 0 || digits > NUMBER_DIGITS_MAX || text[1 + digits])
		return IMAGE_CHOICE_NO_NUMBER;
	return strtoul(text + 1, NULL, 10);
}

int image_choice_init(struct image_choice *choice, const char *const *asked, size_t count,
                      enum name_hosts hosts, struct err *err)
{
	memset(choice, 0, sizeof(*choice));
	choice->hosts = hosts;
	choice->asked = calloc(count + 1, sizeof(*choice->asked));
	if (!choice->asked)
		return err_memory(err);
	choice->count = count;
	for (size_t i = 0; i < count; i++) {
		struct image_choice_asked *a = &choice->asked[i];
		struct name_sources from = {.repo_tags = &a->text, .repo_tag_count = 1};

		const char *at = strchr(asked[i], '@');

		a->text = asked[i];
		nearest_init(&a->nearest, a->text);
		at = at ? at + 1 : a->text;
		if (!digest_parse_quiet(&a->digest, at, strlen(at)))
			a->digest.alg = DIGEST_NONE;
		a->number = read_number(a->text);
		if (familiar_names(choice, &from, &a->name, err) < 0)
			return -1;
	}
	return 0;
}

void image_choice_release(struct image_choice *choice)
{
	for (size_t i = 0; i < choice->count; i++) {
		name_set_release(&choice->asked[i].name);
		name_set_release(&choice->asked[i].found);
	}
	free(choice->asked);
	name_set_release(&choice->there);
	memset(choice, 0, sizeof(*choice));
}

static void offer_name(struct image_choice *choice, const struct name_set *own, const char *raw)
{
	char name[REPO_MAX + TAG_MAX + 2] = "";

	if (own->count > 0)
		(void)snprintf(name, sizeof(name), "%s%s%s", own->names[0].repo,
		               own->names[0].tag[0] ? ":" : "", own->names[0].tag);
	else if (raw)
		(void)snprintf(name, sizeof(name), "%s", raw);
	for (size_t i = 0; name[0] && i < choice->count; i++)
		if (choice->asked[i].number == IMAGE_CHOICE_NO_NUMBER)
			nearest_offer(&choice->asked[i].nearest, name);
}

/* What the archive calls an entry, to be shown and typed again. */
static int note_there(struct image_choice *choice, size_t number, const struct name_sources *from,
                      const struct name_set *own, struct err *err)
{
	char numbered[NUMBER_DIGITS_MAX * 3];
	const char *raw = from->containerd_name ? from->containerd_name : from->ref_name;

	offer_name(choice, own, raw);
	if (choice->there.count == THERE_MAX) {
		choice->more = true;
		return 0;
	}
	if (own->count > 0)
		return name_set_add(&choice->there, own->names[0].repo, own->names[0].tag, err);
	if (!raw && from->repo_tag_count > 0)
		raw = from->repo_tags[0];
	if (raw)
		return name_set_add(&choice->there, raw, "", err);
	if (number == IMAGE_CHOICE_NO_NUMBER)
		return 0;
	(void)snprintf(numbered, sizeof(numbered), "@%zu", number);
	return name_set_add(&choice->there, numbered, "", err);
}

static bool is_text(const char *text, const char *name)
{
	return name && strcmp(text, name) == 0;
}

static bool same_name(const struct name_set *a, const struct name_set *b)
{
	if (a->count == 0 || b->count == 0)
		return a->count == b->count;
	return strcmp(a->names[0].repo, b->names[0].repo) == 0 &&
	       strcmp(a->names[0].tag, b->names[0].tag) == 0;
}

static bool means(const struct image_choice_asked *asked, const struct digest *digest,
                  const struct name_sources *from, const struct name_set *own)
{
	if (is_text(asked->text, from->containerd_name) || is_text(asked->text, from->ref_name))
		return true;
	if (from->repo_tag_count > 0 && is_text(asked->text, from->repo_tags[0]))
		return true;
	if (asked->digest.alg != DIGEST_NONE) /* app:1@sha256:… is no other app:1 */
		return digest_equal(&asked->digest, digest);
	return own->count > 0 && same_name(&asked->name, own);
}

static int take(struct image_choice_asked *asked, const struct name_set *own, struct err *err)
{
	if (asked->was_there && asked->digest.alg == DIGEST_NONE && !same_name(&asked->found, own))
		return err_set(err, ERR_USAGE,
		               "'%.200s' is the tag of several images in it: give the whole name, "
		               "such as %.200s:%.200s",
		               asked->text, own->count > 0 ? own->names[0].repo : "NAME",
		               own->count > 0 ? own->names[0].tag : "TAG");
	if (!asked->was_there && own->count > 0 &&
	    name_set_add(&asked->found, own->names[0].repo, own->names[0].tag, err) < 0)
		return -1;
	asked->was_there = true;
	return 1;
}

static int takes_named(struct image_choice *choice, size_t number, const struct digest *digest,
                       const struct name_sources *from, const struct name_set *own, struct err *err)
{
	int taken = 0;

	if (note_there(choice, number, from, own, err) < 0)
		return -1;
	for (size_t i = 0; i < choice->count; i++) {
		struct image_choice_asked *asked = &choice->asked[i];

		if (asked->number != IMAGE_CHOICE_NO_NUMBER && asked->number == number)
			taken = asked->was_there = true;
		else if (means(asked, digest, from, own))
			taken = take(asked, own, err);
		if (taken < 0)
			return -1;
	}
	return taken;
}

int image_choice_takes(struct image_choice *choice, size_t number, const struct digest *digest,
                       const struct name_sources *from, struct err *err)
{
	struct name_set own = {NULL, 0, 0};
	int taken = 1;

	if (choice->count > 0)
		taken = familiar_names(choice, from, &own, err) < 0
		                ? -1
		                : takes_named(choice, number, digest, from, &own, err);
	name_set_release(&own);
	return taken;
}

static int not_there(const struct image_choice *choice, const struct image_choice_asked *asked,
                     struct err *err)
{
	AUTO_STR struct str names = STR_INIT(THERE_BYTES);
	char hint[NEAREST_HINT_MAX];

	for (size_t i = 0; i < choice->there.count && !names.failed; i++) {
		const struct image_name *name = &choice->there.names[i];

		(void)str_addf(&names, "%s%.200s%s%s", i > 0 ? ", " : "", name->repo,
		               name->tag[0] ? ":" : "", name->tag);
	}
	return err_set(err, ERR_NOT_FOUND, "no image '%.200s' in it; it has %s%s%s", asked->text,
	               str_text(&names), choice->more || names.failed ? ", …" : "",
	               nearest_hint(&asked->nearest, "", hint));
}

int image_choice_check(const struct image_choice *choice, struct err *err)
{
	for (size_t i = 0; choice->there.count > 0 && i < choice->count; i++)
		if (!choice->asked[i].was_there)
			return not_there(choice, &choice->asked[i], err);
	return 0;
}
