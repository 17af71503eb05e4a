/*
 * page_path: where the pages of the catalogue are that people look at, below a root or a remote's
 * prefix, beside the registry's keys:
 *
 *     index.html                         the repositories
 *     page/<name>/_index.html            the tags of one
 *     page/<name>/_images-<hex>.html     its images whose digests begin so, where one page would be
 *                                        too long
 *
 * No page is in the way of another, or of a folder: no part of a repository's name begins with `_`.
 * All parts of a path can stand in a URL as they are.
 */
#ifndef DRYDOCK_BASE_PAGE_PATH_H
#define DRYDOCK_BASE_PAGE_PATH_H

#include "base/digest.h"
#include "base/name.h"

#include <stdbool.h>

#define PAGE_INDEX  "index.html"
#define PAGE_FOLDER "page"

/* What every page has within its first KiB, by which drydock knows its own. */
#define PAGE_MARK "<meta name=\"generator\" content=\"drydock page\">"
enum { PAGE_MARK_WITHIN = 1024 };

#define PAGE_TYPE "text/html; charset=utf-8" /* with which they are served */

enum {
	PAGE_DIGITS_MAX = 8, /* hex digits in the name of a page of images */
	PAGE_FILE_MAX = 32,  /* "_images-" + digits + ".html" + NUL, with room to spare */
	PAGE_PATH_MAX = 5 + REPO_MAX + 1 + PAGE_FILE_MAX,
};

/* Each writes a text and returns it. `digits`: how many of the image's digest; 1 to the maximum. */
const char *page_path_repository(char path[PAGE_PATH_MAX], const char *repo);
const char *page_path_images(char path[PAGE_PATH_MAX], const char *repo, const struct digest *image,
                             unsigned digits);
/* The last part of that path alone: a link from one page of a repository to another. */
const char *page_path_images_file(char file[PAGE_FILE_MAX], const struct digest *image,
                                  unsigned digits);

/* Whether it is the path of a page, and so may be opened below a root. */
bool page_path_is_one(const char *path);

/* Whose page it is, of the path of one but the index. */
const char *page_path_repo_of(char repo[REPO_MAX + 1], const char *path);

/* Whether a file with that text is one of drydock's pages. */
bool page_path_is_ours(const char *text);

/* "../" for each folder that a repository's pages are below the root; at most 3 * REPO_MAX. */
enum { PAGE_UP_MAX = 3 * (REPO_MAX / 2 + 3) };
const char *page_path_up(char up[PAGE_UP_MAX], const char *repo);

#endif
