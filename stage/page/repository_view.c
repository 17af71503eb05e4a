#include "stage/page/repository_view.h"

#include "base/page_path.h"

#include <stdio.h>

enum { ANCHOR_DIGITS = 20 };

const char *repository_view_anchor(char id[IMAGE_ANCHOR_MAX], const struct digest *image)
{
	char hex[DIGEST_TEXT_MAX];

	(void)snprintf(id, IMAGE_ANCHOR_MAX, "i-%.*s", (int)ANCHOR_DIGITS, digest_hex(image, hex));
	return id;
}

const char *repository_view_link(char link[IMAGE_LINK_MAX], const struct repository_view *view,
                                 uint32_t image)
{
	const struct digest *d = &view->survey->images[image].digest;
	char id[IMAGE_ANCHOR_MAX], file[PAGE_FILE_MAX] = "";

	if (view->digits)
		(void)page_path_images_file(file, d, view->digits);
	(void)snprintf(link, IMAGE_LINK_MAX, "%s#%s", file, repository_view_anchor(id, d));
	return link;
}
