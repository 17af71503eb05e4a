/*
 * config_file: the configuration file that a command writes to, and one change to it.
 *
 *     struct config_file f;
 *     config_file_open(&f, path, CONFIG_OPTIONAL, err);    waits while another drydock changes it
 *     ini_set(&f.text, …);
 *     config_file_save(&f, err);
 *     config_file_close(&f);                               in any case
 *
 * A file is replaced as a whole, so that each reader sees the old one or the new one; it keeps its
 * mode and its owner, and a new one is its owner's alone: what it is given may be a secret. Links
 * are followed, as they are when it is read.
 */
#ifndef DRYDOCK_CLI_CONFIG_FILE_H
#define DRYDOCK_CLI_CONFIG_FILE_H

#include "base/str.h"
#include "cli/cli.h"

#include <sys/types.h>

struct config_file {
	char *path;      /* owned: of the file itself, behind all links */
	struct str text; /* owned: what it says, and what it is to say */
	int folder;      /* descriptor, locked; -1: not opened */
	bool exists;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/*
 * The file that `config` and `remote` write. PLACE_ANY: the user's with --user or --config; else
 * the root's where there is a root, else the user's. Caller frees.
 */
enum config_place { PLACE_ANY, PLACE_ROOT, PLACE_USER };
char *config_file_choose(const struct cli *cli, enum config_place place, struct err *err);

/*
 * Reads the file. One that is not there is ERR_NOT_FOUND with CONFIG_REQUIRED; else it is empty,
 * and its folder is made.
 */
int config_file_open(struct config_file *f, const char *path, enum config_need need,
                     struct err *err) MUST_CHECK;
/* Whether the text can be read; *c, which may hold an older reading, is what it says. */
int config_file_check(const struct config_file *f, struct config *c, config_command_at *command_at,
                      struct err *err) MUST_CHECK;
int config_file_save(struct config_file *f, struct err *err) MUST_CHECK;
/* Also of one that could not be opened. */
void config_file_close(struct config_file *f);

#endif
