#include "cli/remote.h"

#include <stdio.h>
#include <string.h>

enum { REMOTES_MAX = 64 };

static const struct config_entry *find_url(const struct config *root, const struct config *user,
                                           const char *name)
{
	char section[300];
	const struct config_entry *entry;

	(void)snprintf(section, sizeof(section), "remote.%s", name);
	entry = config_get(root, section, "url");
	return entry ? entry : config_get(user, section, "url");
}

static int use_name(const struct config *root, const struct config *user, const char *name,
                    struct remote_choice *choice, struct err *err)
{
	const struct config_entry *entry = find_url(root, user, name);

	if (!entry)
		return err_set(
			err, ERR_USAGE,
			"there is no remote '%.200s' in the configuration (a [remote "
			"\"%.200s\"] section with a url); s3://BUCKET[/PREFIX] works without "
			"one",
			name, name);
	choice->name = name;
	choice->url = entry->value;
	return 0;
}

int remote_choose(const struct config *root, const struct config *user, const char *operand,
                  struct remote_choice *choice, struct err *err)
{
	const char *names[REMOTES_MAX];
	size_t count;

	memset(choice, 0, sizeof(*choice));
	if (operand && strncmp(operand, "s3://", 5) == 0) {
		choice->url = operand;
		return 0;
	}
	if (operand)
		return use_name(root, user, operand, choice, err);
	if (find_url(root, user, "default"))
		return use_name(root, user, "default", choice, err);
	count = config_remotes(root, names, REMOTES_MAX);
	count += config_remotes(user, names + count, REMOTES_MAX - count);
	for (size_t i = 1; i < count; i++)
		if (strcmp(names[i], names[0]) != 0)
			return err_set(
				err, ERR_USAGE,
				"several remotes are configured (%s, %s, …) and none is named "
				"default: say which",
				names[0], names[i]);
	return count ? use_name(root, user, names[0], choice, err) : 0;
}
