#include "base/page_path.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define REPOSITORY_FILE "_index.html"
#define IMAGES_BEFORE   "_images-"
#define IMAGES_BEHIND   ".html"

const char *page_path_repository(char path[PAGE_PATH_MAX], const char *repo)
{
	(void)snprintf(path, PAGE_PATH_MAX, PAGE_FOLDER "/%s/" REPOSITORY_FILE, repo);
	return path;
}

const char *page_path_images_file(char file[PAGE_FILE_MAX], const struct digest *image,
                                  unsigned digits)
{
	char hex[DIGEST_TEXT_MAX];

	(void)snprintf(file, PAGE_FILE_MAX, IMAGES_BEFORE "%.*s" IMAGES_BEHIND, (int)digits,
	               digest_hex(image, hex));
	return file;
}

const char *page_path_images(char path[PAGE_PATH_MAX], const char *repo, const struct digest *image,
                             unsigned digits)
{
	char file[PAGE_FILE_MAX];

	(void)snprintf(path, PAGE_PATH_MAX, PAGE_FOLDER "/%s/%s", repo,
	               page_path_images_file(file, image, digits));
	return path;
}

static bool is_file(const char *name)
{
	size_t digits;

	if (strcmp(name, REPOSITORY_FILE) == 0)
		return true;
	if (strncmp(name, IMAGES_BEFORE, strlen(IMAGES_BEFORE)) != 0)
		return false;
	name += strlen(IMAGES_BEFORE);
	digits = strspn(name, "0123456789abcdef");
	return digits > 0 && digits <= PAGE_DIGITS_MAX && strcmp(name + digits, IMAGES_BEHIND) == 0;
}

bool page_path_is_one(const char *path)
{
	static const size_t before = sizeof(PAGE_FOLDER "/") - 1;
	const char *last = strrchr(path, '/');
	struct err ignored = ERR_INIT;

	if (strcmp(path, PAGE_INDEX) == 0)
		return true;
	if (!last || strncmp(path, PAGE_FOLDER "/", before) != 0 || last < path + before)
		return false;
	return is_file(last + 1) &&
	       name_check_repo(path + before, (size_t)(last - path) - before, &ignored) == 0;
}

const char *page_path_repo_of(char repo[REPO_MAX + 1], const char *path)
{
	static const size_t before = sizeof(PAGE_FOLDER "/") - 1;
	const char *last = strrchr(path, '/');

	(void)snprintf(repo, REPO_MAX + 1, "%.*s", (int)(last - path - (ptrdiff_t)before),
	               path + before);
	return repo;
}

const char *page_path_up(char up[PAGE_UP_MAX], const char *repo)
{
	size_t len = 0;

	memcpy(up, "../../", sizeof("../../"));
	len = strlen(up);
	for (; *repo; repo++)
		if (*repo == '/' && len + sizeof("../") <= PAGE_UP_MAX) {
			memcpy(up + len, "../", sizeof("../"));
			len += 3;
		}
	return up;
}

bool page_path_is_ours(const char *text)
{
	const char *mark = strstr(text, PAGE_MARK);

	return mark && mark - text < PAGE_MARK_WITHIN;
}
