#include "cli/option_check.h"

#include "base/cleanup.h"
#include "base/name.h"
#include "base/nearest.h"
#include "base/part_size.h"
#include "base/units.h"
#include "cli/shell_words.h"
#include "stage/archive/limits.h"
#include "stage/blob/recipe.h"
#include "stage/document/platform.h"
#include "stage/headers/refresh.h"
#include "stage/registry/reference.h"
#include "stage/serve/listen.h"
#include "stage/serve/server.h"
#include "sync/doctor/pull_address.h"
#include "sync/plan/tag_filter.h"
#include "sync/s3/endpoint.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSFERS_MAX = 256 };

/* The least and the most of numbers, sizes (bytes) and durations (ms); of the others any is
 * allowed. Where nothing can be done with 0, it is no second way to say the default. */
static const struct bounds {
	enum option_id id;
	uint64_t least, most;
} BOUNDS[] = {
	{OPT_TRANSFERS, 1, TRANSFERS_MAX},
	{OPT_PART_SIZE, PART_SIZE_MINIMUM, PART_SIZE_LIMIT},
	{OPT_MULTIPART_THRESHOLD, 1, UINT64_MAX},
	{OPT_GIVE_UP_AFTER, 1, UINT64_MAX},
	{OPT_CONNECT_WAIT, 1, UINT64_MAX},
	{OPT_RETRY_MAX_DELAY, 1, UINT64_MAX},
	{OPT_TIMEOUT, 1, UINT64_MAX},
	{OPT_MAX_CONNECTIONS, 1, SERVE_CONNECTIONS_MAX},
	{OPT_MAX_MANIFEST_SIZE, 1, LIMIT_DOCUMENT_MAX},
	{OPT_MAX_INDEX_SIZE, 1, LIMIT_DOCUMENT_MAX},
	{OPT_MAX_JSON_VALUES, 1, LIMIT_DOCUMENT_MAX},
	{OPT_MAX_JSON_DEPTH, 1, LIMIT_DEPTH_MAX},
	{OPT_MAX_ENTRIES, 1, LIMIT_ENTRIES_MAX},
	{OPT_MAX_UNCOMPRESSED_SIZE, 1, UINT64_MAX},
};

int option_choice_at(const char *choices, const char *value)
{
	size_t len = strlen(value), n;
	int at = 0;

	for (const char *p = choices;; p += n + 1, at++) {
		n = strcspn(p, "|");
		if (n == len && memcmp(p, value, n) == 0)
			return at;
		if (!p[n])
			return -1;
	}
}

int option_truth(const char *text)
{
	if (option_choice_at("1|true|yes|on", text) >= 0)
		return 1;
	return option_choice_at("|0|false|no|off", text) >= 0 ? 0 : -1;
}

int option_number_parse(const char *text, uint64_t *number, struct err *err)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (errno || *end || !isdigit((unsigned char)text[0]))
		return err_set(err, ERR_USAGE, "'%.80s' is not a number", text);
	return 0;
}

size_t option_next_item(const char **list)
{
	*list += strspn(*list, ", \t");
	return strcspn(*list, ", \t");
}

/* ---- what is counted or measured ---- */

static int check_bounds(const struct option_spec *spec, const char *text, uint64_t value,
                        struct err *err)
{
	struct option_spec bound = {.type = spec->type};
	char least[UNITS_TEXT_MAX], most[UNITS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(BOUNDS) / sizeof(BOUNDS[0]); i++) {
		const struct bounds *b = &BOUNDS[i];

		if (b->id != spec->id || (value >= b->least && value <= b->most))
			continue;
		bound.default_value = b->least;
		(void)option_default_text(&bound, least);
		bound.default_value = b->most;
		(void)option_default_text(&bound, most);
		if (b->most == UINT64_MAX)
			return err_set(err, ERR_USAGE, "'%.80s' is too small: at least %s", text,
			               least);
		return err_set(err, ERR_USAGE, "'%.80s' is not within %s and %s", text, least,
		               most);
	}
	return 0;
}

static int check_quantity(const struct option_spec *spec, const char *text, struct err *err)
{
	uint64_t value = 0;
	int64_t ms = 0;
	int result;

	if (spec->type == OPTION_DURATION) {
		result = duration_parse(text, &ms, err);
		value = (uint64_t)ms;
	} else if (spec->type == OPTION_NUMBER) {
		result = option_number_parse(text, &value, err);
	} else {
		result = spec->type == OPTION_RATE ? rate_parse(text, &value, err)
		                                   : size_parse(text, &value, err);
	}
	return result < 0 ? -1 : check_bounds(spec, text, value, err);
}

/* ---- what is named ---- */

static int check_recipe(const char *text, struct err *err)
{
	struct recipe recipe;

	return recipe_parse(&recipe, text, err);
}

static int check_platform(const char *text, struct err *err)
{
	struct platform platform;

	return platform_parse(&platform, text, err);
}

static int check_name(const char *text, struct err *err)
{
	struct reference reference;
	enum name_note note;

	return reference_parse(&reference, text, NAME_KEEP_HOSTS, &note, err);
}

static int check_image(const char *text, struct err *err)
{
	return *text ? 0 : err_set(err, ERR_USAGE, "'' names no image");
}

static int check_mirror(const char *text, struct err *err)
{
	struct registry_mirror mirror;

	return registry_mirror_parse(&mirror, text, err);
}

static int check_region(const char *text, struct err *err)
{
	const struct endpoint_settings settings = {.bucket = "any", .region = text};
	struct endpoint endpoint;

	return endpoint_make(&endpoint, &settings, err);
}

static int check_provider(const char *text, struct err *err)
{
	const struct endpoint_settings settings = {
		.bucket = "any", .provider = text, .url = "https://localhost"};
	struct endpoint endpoint;

	return endpoint_make(&endpoint, &settings, err);
}

static int check_tag(const char *text, struct err *err)
{
	struct reference reference;

	if (reference_parse_plain(&reference, text, err) < 0)
		return -1;
	return reference.tag[0] ? 0 : err_set(err, ERR_USAGE, "'%.300s' is not NAME:TAG", text);
}

static int check_listen(const char *text, struct err *err)
{
	struct listen_address address;

	return listen_parse(&address, text, err);
}

static int check_pull_host(const char *text, struct err *err)
{
	struct pull_address address;

	return *text ? pull_address_make(&address, text, NULL, err) : 0;
}

static int check_headers(const char *text, struct err *err)
{
	struct headers_file file;

	return headers_file_parse(&file, text, err);
}

static const struct {
	enum option_id id;
	int (*check)(const char *text, struct err *err);
} FORMS[] = {
	{OPT_NAME, check_name},
	{OPT_IMAGE, check_image},
	{OPT_PLATFORM, check_platform},
	{OPT_COMPRESS, check_recipe},
	{OPT_REGISTRY_MIRROR, check_mirror},
	{OPT_ENDPOINT_URL, endpoint_check_url},
	{OPT_REGION, check_region},
	{OPT_PROVIDER, check_provider},
	{OPT_INCLUDE, tag_filter_check},
	{OPT_EXCLUDE, tag_filter_check},
	{OPT_FORCE_TAG, check_tag},
	{OPT_NOTIFY, shell_words_check},
	{OPT_LISTEN, check_listen},
	{OPT_PULL_HOST, check_pull_host},
	{OPT_HEADERS, check_headers},
};

static int check_form(const struct option_spec *spec, const char *text, struct err *err)
{
	for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
		if (FORMS[i].id != spec->id || FORMS[i].check(text, err) == 0)
			continue;
		/* An archive's own name, say, would be refused instead. */
		if (err->code != ERR_MEMORY)
			err->code = ERR_USAGE;
		return -1;
	}
	return 0;
}

/* ---- */

static int not_chosen(const struct option_spec *spec, const char *value, struct err *err)
{
	char hint[NEAREST_HINT_MAX];
	struct nearest n;

	nearest_init(&n, value);
	nearest_offer_choices(&n, spec->choices, strlen(spec->choices));
	return err_set(err, ERR_USAGE, "'%.80s' is not one of %s%s", value, spec->choices,
	               nearest_hint(&n, "", hint));
}

int option_check(const struct option_spec *spec, const char *value, struct err *err)
{
	switch (spec->type) {
	case OPTION_CHOICE:
	case OPTION_OPTIONAL:
		if (!*value || option_choice_at(spec->choices, value) >= 0)
			return 0;
		return not_chosen(spec, value, err);
	case OPTION_NUMBER:
	case OPTION_SIZE:
	case OPTION_RATE:
	case OPTION_DURATION:
		return check_quantity(spec, value, err);
	case OPTION_FLAG:
	case OPTION_COUNT_UP:
		return 0;
	case OPTION_PATH:
		if (!*value)
			return err_set(err, ERR_USAGE, "'' is no path");
		break;
	case OPTION_TEXT:
	case OPTION_LIST:
		break;
	}
	return check_form(spec, value, err);
}

static int check_items(const struct option_spec *spec, const char *list, struct err *err)
{
	for (size_t n; (n = option_next_item(&list)) > 0; list += n) {
		AUTO_FREE char *item = strndup(list, n);

		if (!item)
			return err_memory(err);
		if (option_check(spec, item, err) < 0)
			return -1;
	}
	return 0;
}

int option_check_text(const struct option_spec *spec, const char *text, const char *origin,
                      struct err *err)
{
	int result;

	if (spec->type == OPTION_LIST)
		result = check_items(spec, text, err);
	else if (spec->type != OPTION_FLAG && spec->type != OPTION_COUNT_UP)
		result = option_check(spec, text, err);
	else if (option_truth(text) < 0)
		result = err_set(err, ERR_CONFIG, "'%.80s' is neither yes nor no", text);
	else
		return 0;
	if (result == 0)
		return 0;
	if (err->code == ERR_USAGE)
		err->code = ERR_CONFIG;
	return err_context(err, "%s", origin);
}
