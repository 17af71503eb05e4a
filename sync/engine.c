#include "sync/engine.h"

#include "base/part_size.h"

#include <stdio.h>
#include <string.h>

uint64_t engine_part_size(const struct engine *e, uint64_t size_bytes)
{
	return part_size(size_bytes, e->part_size_min_bytes, engine_provider(e)->max_parts);
}

uint64_t engine_part_total(const struct engine *e, uint64_t size_bytes)
{
	if (size_bytes <= e->threshold_bytes)
		return 0;
	return part_count(size_bytes, engine_part_size(e, size_bytes));
}

const char *engine_source_key(const struct plan_item *item, char key[KEY_MAX])
{
	struct key_parts parts;

	if (item->object_class == CLASS_TAG && layout_parse(&parts, item->key))
		return layout_manifest(key, parts.repo, &item->digest);
	(void)snprintf(key, KEY_MAX, "%s", item->key);
	return key;
}

void engine_object_failed(struct engine *e, const struct err *err)
{
	event_error(e->sink, err);
	e->summary->failed++;
	e->worst = e->worst == ERR_NONE ? err->code : err_worse(e->worst, err->code);
}

int engine_make_token(char token[TOKEN_TEXT_MAX], struct err *err)
{
	uint8_t bits[16];

	if (random_bytes(bits, sizeof(bits), err) < 0)
		return -1;
	(void)hex_text(bits, sizeof(bits), token);
	return 0;
}
