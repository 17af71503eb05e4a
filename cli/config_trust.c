#include "cli/config_trust.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_command(const struct config_entry *entry)
{
	return strcmp(entry->key, "notify") == 0;
}

int config_trust_commands(const struct config *c, struct err *err)
{
	struct stat st;

	for (size_t i = 0; i < c->count; i++) {
		const struct config_entry *entry = &c->entries[i];

		if (!is_command(entry) && strcmp(entry->key, "headers") != 0)
			continue;
		if (stat(entry->file, &st) < 0)
			return err_sys(err, "look at %s", entry->file);
		if ((st.st_uid != geteuid() && st.st_uid != 0) ||
		    (st.st_mode & (S_IWGRP | S_IWOTH)))
			return err_set(err, ERR_CONFIG,
			               "%s: another user can write this file, and so choose a %s",
			               entry->origin,
			               is_command(entry) ? "command that you would run"
			                                 : "file that you would write");
	}
	return 0;
}

/* "https://USER:PASSWORD@HOST/…" */
static bool has_password(const char *value)
{
	const char *authority = strstr(value, "://");
	size_t len;

	if (!authority)
		return false;
	authority += 3;
	len = strcspn(authority, "/ ");
	return memchr(authority, '@', len) && memchr(authority, ':', len);
}

static bool has_word(const char *value, const char *word)
{
	size_t len = strlen(word);

	for (; *value; value++)
		if (strncasecmp(value, word, len) == 0)
			return true;
	return false;
}

static bool is_secret(const struct config_entry *entry)
{
	static const char *const words[] = {"authorization", "bearer ", "token", "secret", "passw"};

	if (has_password(entry->value))
		return true;
	for (size_t i = 0; is_command(entry) && i < sizeof(words) / sizeof(words[0]); i++)
		if (has_word(entry->value, words[i]))
			return true;
	return false;
}

void config_trust_secrets(const struct config *c, const struct event_sink *sink)
{
	struct stat st;

	for (size_t i = 0; i < c->count; i++) {
		const struct config_entry *entry = &c->entries[i];

		if (!is_secret(entry))
			continue;
		if (stat(entry->file, &st) == 0 && (st.st_mode & S_IROTH))
			event_warning(sink,
			              "%s: it seems to hold a secret, and every user can read "
			              "the file (chmod 600)",
			              entry->origin);
		return; /* a file is warned of once */
	}
}
