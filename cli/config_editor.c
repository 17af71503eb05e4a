#include "cli/config_editor.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/ini.h"
#include "cli/config_file.h"
#include "cli/shell_words.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 30 };

#ifdef __APPLE__
extern char **environ; /* no header there has it */
#endif

static const char *editor(void)
{
	const char *visual = getenv("VISUAL"), *plain = getenv("EDITOR");

	if (visual && *visual)
		return visual;
	return plain && *plain ? plain : "vi";
}

static int run_editor(const char *path, struct err *err)
{
	AUTO_FREE char *line = strdup(editor()), *operand = strdup(path);
	char *words[WORDS_MAX + 2] = {NULL};
	pid_t pid;
	int count, failed, status = 0;

	if (!line || !operand)
		return err_memory(err);
	count = shell_words_split(line, words, WORDS_MAX, err);
	if (count < 0)
		return err_context(err, "EDITOR");
	words[count] = operand;
	failed = posix_spawnp(&pid, words[0], NULL, NULL, words, environ);
	if (failed)
		return err_set(err, ERR_CONFIG,
		               "cannot start the editor %s: %s (EDITOR names another)", words[0],
		               strerror(failed));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, "wait for the editor");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(err, ERR_OTHER, "the editor %s did not succeed: nothing is changed",
	               words[0]);
}

/* The copy, unless there is one from before; true in *left then. */
static int make_copy(const struct config_file *f, const char *path, bool *left, struct err *err)
{
	AUTO_CLOSE int fd = -1;

	*left = access(path, F_OK) == 0;
	if (*left)
		return 0;
	fd = file_create(AT_FDCWD, path, FILE_MODE_PRIVATE, err);
	if (fd < 0 || file_write(fd, str_text(&f->text), f->text.len, path, err) < 0)
		return -1;
	return file_sync_close(&fd, path, err);
}

static int check_edited(const struct config_file *f, config_command_at *command_at, struct err *err)
{
	struct config after = {NULL, 0, 0};
	int result = config_file_check(f, &after, command_at, err);

	config_release(&after);
	return result;
}

static bool same_text(const struct str *a, const struct str *b)
{
	return a->len == b->len && memcmp(str_text(a), str_text(b), a->len) == 0;
}

/* What was edited takes its place. `before` is what the file said when the copy was made. */
static int put_back(const char *path, const char *copy, const struct str *before,
                    const struct str *edited, config_command_at *command_at, struct err *err)
{
	struct config_file f;
	int result = config_file_open(&f, path, CONFIG_OPTIONAL, err);

	if (result == 0 && !same_text(&f.text, before))
		result = err_set(err, ERR_CONFIG, "%s has changed meanwhile", path);
	if (result == 0) {
		str_clear(&f.text);
		(void)str_add(&f.text, str_text(edited), edited->len);
		result = str_check(&f.text, path, err);
	}
	if (result == 0)
		result = check_edited(&f, command_at, err);
	if (result == 0)
		result = config_file_save(&f, err);
	config_file_close(&f);
	if (result < 0)
		return err_context(err, "%s is left, and config edit goes on with it", copy);
	return file_remove(AT_FDCWD, copy, err);
}

/* `path` is the file that was read into *before and closed again. */
static int edit(struct cli *cli, const char *path, const char *copy, const struct str *before,
                config_command_at *command_at, struct err *err)
{
	AUTO_STR struct str edited = STR_INIT(INI_FILE_MAX);
	struct err ignored = ERR_INIT;
	int result = run_editor(copy, err);

	if (file_read_all(AT_FDCWD, copy, &edited, result < 0 ? &ignored : err) < 0)
		return -1;
	if (same_text(before, &edited)) {
		if (result == 0)
			event_note(&cli->sink, "%s: nothing is changed", path);
		if (file_remove(AT_FDCWD, copy, result < 0 ? &ignored : err) < 0)
			return -1;
		return result;
	}
	return result < 0 ? -1 : put_back(path, copy, before, &edited, command_at, err);
}

int config_editor_run(struct cli *cli, config_command_at *command_at, struct err *err)
{
	AUTO_FREE char *path = config_file_choose(cli, PLACE_ANY, err);
	AUTO_STR struct str copy = STR_INIT(1 << 16), before = STR_INIT(INI_FILE_MAX);
	struct config_file f;
	bool left = false;
	int result;

	if (!path)
		return -1;
	result = config_file_open(&f, path, CONFIG_OPTIONAL, err);
	if (result == 0) {
		(void)str_addf(&copy, "%s.edit", f.path);
		(void)str_add(&before, str_text(&f.text), f.text.len);
		result = str_check(&copy, "path of the configuration", err);
	}
	if (result == 0)
		result = make_copy(&f, str_text(&copy), &left, err);
	config_file_close(&f);
	if (result < 0)
		return -1;
	if (left)
		event_note(&cli->sink, "going on with %s, which was left", str_text(&copy));
	return edit(cli, path, str_text(&copy), &before, command_at, err);
}
