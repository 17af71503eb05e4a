#include "stage/image/list_images.h"

#include "base/array.h"

#include <string.h>

struct image *list_add_image(struct image_list *list, struct err *err)
{
	struct image *image;

	if (array_room(&list->images, list->count, &list->cap, err) < 0)
		return NULL;
	image = &list->images[list->count++];
	memset(image, 0, sizeof(*image));
	return image;
}

struct image *list_find_image(const struct image_list *list, uint32_t node)
{
	uint32_t at;

	if (!node || !digest_map_get(&list->by_node, &graph_node(&list->graph, node)->digest, &at))
		return NULL;
	return &list->images[at];
}

struct image *list_image_of(struct image_list *list, uint32_t node, struct err *err)
{
	struct image *image = list_find_image(list, node);

	if (image)
		return image;
	image = list_add_image(list, err);
	if (!image || digest_map_put(&list->by_node, &graph_node(&list->graph, node)->digest,
	                             (uint32_t)list->count - 1, err) < 0)
		return NULL;
	image->node = node;
	return image;
}
