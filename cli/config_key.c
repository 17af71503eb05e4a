#include "cli/config_key.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define REMOTE "remote."

void config_key_release(struct config_key *key)
{
	free(key->section);
	free(key->header);
	free(key->name);
	memset(key, 0, sizeof(*key));
}

char *config_header(const char *section)
{
	AUTO_STR struct str header = STR_INIT(4096);

	if (strncmp(section, REMOTE, strlen(REMOTE)) == 0)
		(void)str_addf(&header, "remote \"%s\"", section + strlen(REMOTE));
	else
		(void)str_adds(&header, section);
	return str_steal(&header);
}

int config_key_parse(struct config_key *key, const char *text, config_command_at *command_at,
                     struct err *err)
{
	const char *dot = strrchr(text, '.');

	memset(key, 0, sizeof(*key));
	if (!dot || dot == text || !dot[1])
		return err_set(
			err, ERR_USAGE,
			"'%.100s' is no key: SECTION.NAME, such as core.root, sync.part_size "
			"or remote.prod.url",
			text);
	key->section = strndup(text, (size_t)(dot - text));
	key->name = strdup(dot + 1);
	if (key->section)
		key->header = config_header(key->section);
	if (!key->header || !key->name)
		return err_memory(err);
	for (char *p = key->name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	config_normalize_key(key->name);
	if (config_check_pair(command_at, key->header, key->name, NULL, err) == 0)
		return 0;
	if (err->code == ERR_CONFIG)
		err->code = ERR_USAGE;
	return -1;
}
