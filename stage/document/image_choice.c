#include "stage/document/image_choice.h"

#include <stdlib.h>
#include <string.h>

enum { OTHERS_SHOWN = 10, OTHERS_MAX_BYTES = 16 << 10 };

void image_choice_init(struct image_choice *choice, const char *text, enum name_hosts hosts)
{
	memset(choice, 0, sizeof(*choice));
	choice->text = text;
	choice->hosts = hosts;
	str_init(&choice->others, OTHERS_MAX_BYTES);
}

void image_choice_release(struct image_choice *choice)
{
	str_release(&choice->others);
}

/* 1 parsed, with the default tag; 0 it is no name. */
static bool read_familiar(struct reference *ref, const char *text, enum name_hosts hosts)
{
	struct err ignored = ERR_INIT;
	enum name_note note;

	if (reference_parse(ref, text, hosts, &note, &ignored) < 0)
		return false;
	if (!ref->tag[0])
		memcpy(ref->tag, "latest", sizeof("latest"));
	return true;
}

static bool is_same_name(const struct image_choice *choice, const char *name)
{
	struct reference wanted, found;

	return strcmp(choice->text, name) == 0 ||
	       (read_familiar(&wanted, choice->text, choice->hosts) &&
	        read_familiar(&found, name, choice->hosts) &&
	        strcmp(wanted.repo, found.repo) == 0 && strcmp(wanted.tag, found.tag) == 0);
}

static bool note(struct image_choice *choice, bool matches, const char *name)
{
	choice->matches += matches;
	if (matches || !name)
		return matches;
	if (choice->other_count++ < OTHERS_SHOWN)
		(void)str_addf(&choice->others, "%s%.200s", choice->others.len ? ", " : "", name);
	return false;
}

bool image_choice_name(struct image_choice *choice, const char *name)
{
	if (!choice->text)
		return true;
	return name && note(choice, is_same_name(choice, name), name);
}

bool image_choice_digest(struct image_choice *choice, const struct digest *digest)
{
	const char *at, *text;
	struct digest wanted;

	if (!choice->text)
		return true;
	at = strchr(choice->text, '@');
	text = at ? at + 1 : choice->text;
	return note(choice,
	            digest_parse_quiet(&wanted, text, strlen(text)) &&
	                    digest_equal(&wanted, digest),
	            NULL);
}

bool image_choice_index(struct image_choice *choice, size_t index)
{
	char *end;
	unsigned long long wanted;

	if (!choice->text)
		return true;
	if (choice->text[0] != '@' || choice->text[1] < '0' || choice->text[1] > '9')
		return false;
	wanted = strtoull(choice->text + 1, &end, 10);
	return note(choice, *end == '\0' && wanted == index, NULL);
}

int image_choice_check(const struct image_choice *choice, struct err *err)
{
	if (!choice->text || choice->matches > 0)
		return 0;
	if (choice->other_count == 0)
		return err_set(err, ERR_NOT_FOUND,
		               "no image '%.200s' in it, and none with a name: @0 is the first",
		               choice->text);
	return err_set(err, ERR_NOT_FOUND, "no image '%.200s' in it; it has %s%s", choice->text,
	               str_text(&choice->others), choice->other_count > OTHERS_SHOWN ? ", …" : "");
}
