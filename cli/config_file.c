#include "cli/config_file.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/ini.h"
#include "base/layout.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Said on the command line or in the environment, not in the user's own file. */
static bool root_was_named(const struct cli *cli)
{
	const char *origin = cli->options.values[OPT_ROOT].origin;

	return option_given(&cli->options, OPT_ROOT) &&
	       (strncmp(origin, "--", 2) == 0 || strncmp(origin, "DRYDOCK_", 8) == 0);
}

static char *of_user(const struct cli *cli, struct err *err)
{
	char *path = config_user_path(option_text(&cli->options, OPT_CONFIG));

	if (!path)
		(void)err_set(
			err, ERR_CONFIG,
			"the user has no configuration: HOME is not set (--config FILE names one)");
	return path;
}

char *config_file_choose(const struct cli *cli, enum config_place place, struct err *err)
{
	AUTO_STR struct str path = STR_INIT(1 << 16);
	AUTO_FREE char *root = NULL;
	struct stat st;

	if (place == PLACE_USER || option_flag(&cli->options, OPT_USER) ||
	    (place == PLACE_ANY && option_given(&cli->options, OPT_CONFIG)))
		return of_user(cli, err);
	root = root_find(option_text(&cli->options, OPT_ROOT), err);
	if (!root)
		return NULL;
	(void)str_addf(&path, "%s/" LAYOUT_PRIVATE, root);
	if (stat(str_text(&path), &st) < 0 || !S_ISDIR(st.st_mode)) {
		if (!root_was_named(cli))
			return of_user(cli, err);
		(void)err_set(err, ERR_NOT_FOUND,
		              "%s is not a registry root (drydock init makes one)", root);
		return NULL;
	}
	(void)str_adds(&path, "/config");
	if (str_check(&path, "path of the root", err) < 0)
		return NULL;
	return str_steal(&path);
}

/* Every folder that is missing, as the user's alone. */
static int make_folder(const char *path, struct err *err)
{
	AUTO_FREE char *above = NULL;
	const char *slash = strrchr(path, '/');

	if (mkdir(path, DIR_MODE_PRIVATE) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || !slash || slash == path)
		return err_sys(err, "make folder %s", path);
	above = strndup(path, (size_t)(slash - path));
	if (!above)
		return err_memory(err);
	if (make_folder(above, err) < 0)
		return -1;
	return mkdir(path, DIR_MODE_PRIVATE) == 0 || errno == EEXIST
	               ? 0
	               : err_sys(err, "make folder %s", path);
}

static const char *name_of(const struct config_file *f)
{
	const char *slash = strrchr(f->path, '/');

	return slash ? slash + 1 : f->path;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A file system without locks has nothing that could be waited for. */
static int open_folder(struct config_file *f, struct err *err)
{
	AUTO_FREE char *folder = folder_of(f->path);

	if (!folder)
		return err_memory(err);
	if (!f->exists && make_folder(folder, err) < 0)
		return -1;
	f->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->folder < 0)
		return err_sys(err, "open folder %s", folder);
	while (flock(f->folder, LOCK_EX) < 0 && errno == EINTR)
		if (stop_check(err) < 0)
			return -1;
	return 0;
}

static int read_file(struct config_file *f, struct err *err)
{
	AUTO_CLOSE int fd = openat(f->folder, name_of(f), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	f->exists = fd >= 0;
	if (fd < 0 && errno == ENOENT) {
		/* The superuser leaves nothing behind that a folder's owner cannot read. */
		if (fstat(f->folder, &st) < 0)
			return err_sys(err, "look at the folder of %s", f->path);
		f->mode = FILE_MODE_PRIVATE;
		f->uid = geteuid() == 0 ? st.st_uid : geteuid();
		f->gid = geteuid() == 0 ? st.st_gid : getegid();
		return 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "open %s", f->path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, "%s is no file that could be changed", f->path);
	f->mode = st.st_mode & 0777;
	f->uid = st.st_uid;
	f->gid = st.st_gid;
	return file_read_all(f->folder, name_of(f), &f->text, err);
}

int config_file_open(struct config_file *f, const char *path, enum config_need need,
                     struct err *err)
{
	struct stat st;

	memset(f, 0, sizeof(*f));
	f->folder = -1;
	str_init(&f->text, INI_FILE_MAX);
	f->path = realpath(path, NULL);
	f->exists = f->path != NULL;
	if (!f->path && (errno != ENOENT || need == CONFIG_REQUIRED))
		return err_sys(err, "open %s", path);
	if (!f->path && lstat(path, &st) == 0)
		return err_set(err, ERR_CONFIG, "%s is a link to what is not there", path);
	if (!f->path)
		f->path = strdup(path);
	if (!f->path)
		return err_memory(err);
	if (open_folder(f, err) < 0 || read_file(f, err) < 0)
		return -1;
	return 0;
}

static int write_file(struct config_file *f, const char *name, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	mode_t mode = f->mode;

	if (file_remove(f->folder, name, err) < 0)
		return -1;
	fd = file_create(f->folder, name, FILE_MODE_PRIVATE, err);
	if (fd < 0)
		return -1;
	if ((f->uid != geteuid() || f->gid != getegid()) && fchown(fd, f->uid, f->gid) < 0)
		mode &= 0700; /* it would be another group that may read it */
	if (fchmod(fd, mode) < 0)
		return err_sys(err, "chmod %s", name);
	if (file_write(fd, str_text(&f->text), f->text.len, name, err) < 0)
		return -1;
	return file_sync_close(&fd, name, err);
}

int config_file_check(const struct config_file *f, struct config *c, config_command_at *command_at,
                      struct err *err)
{
	config_release(c);
	return config_read_text(c, f->path, str_text(&f->text), f->text.len, command_at, err);
}

int config_file_save(struct config_file *f, struct err *err)
{
	AUTO_STR struct str name = STR_INIT(4096);

	(void)str_addf(&name, "%s.new", name_of(f));
	if (str_check(&name, "name of the configuration", err) < 0)
		return -1;
	if (write_file(f, str_text(&name), err) == 0 &&
	    file_rename(f->folder, str_text(&name), name_of(f), err) == 0)
		return file_sync_parent(f->folder, name_of(f), err);
	(void)unlinkat(f->folder, str_text(&name), 0);
	return err_context(err, "%s", f->path);
}

void config_file_close(struct config_file *f)
{
	if (f->folder >= 0)
		(void)close(f->folder);
	f->folder = -1;
	str_release(&f->text);
	free(f->path);
	f->path = NULL;
}
