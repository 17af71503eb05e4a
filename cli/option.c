#include "cli/option.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/nearest.h"
#include "base/units.h"
#include "cli/option_check.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void options_init(struct options *o)
{
	memset(o, 0, sizeof(*o));
	for (int i = 0; i < OPTION_COUNT; i++)
		assert(OPTION_TABLE[i].id == (enum option_id)i);
}

void options_release(struct options *o)
{
	for (size_t i = 0; i < o->arena_count; i++)
		free(o->arena[i]);
	free(o->arena);
	free(o->operands);
	memset(o, 0, sizeof(*o));
}

/* A copy that lives as long as the options. */
static char *keep(struct options *o, const char *text, size_t len, struct err *err)
{
	char *copy;

	if (array_room(&o->arena, o->arena_count, &o->arena_cap, err) < 0)
		return NULL;
	copy = strndup(text, len);
	if (!copy)
		(void)err_memory(err);
	else
		o->arena[o->arena_count++] = copy;
	return copy;
}

/* ~/x below the home folder; any other path is itself. The shell leaves --root=~/x alone. */
static const char *expand_path(struct options *o, const char *path, struct err *err)
{
	AUTO_STR struct str expanded = STR_INIT(1 << 16);
	const char *home = getenv("HOME");

	if (path[0] != '~' || (path[1] && path[1] != '/'))
		return path;
	if (!home || !*home) {
		(void)err_set(err, ERR_CONFIG, "'%.200s': HOME is not set", path);
		return NULL;
	}
	(void)str_addf(&expanded, "%s%s", home, path + 1);
	if (str_check(&expanded, "path", err) < 0)
		return NULL;
	return keep(o, str_text(&expanded), expanded.len, err);
}

/* Adds one value. */
static int add_value(struct options *o, const struct option_spec *spec, const char *value,
                     const char *origin, struct err *err)
{
	struct option_value *v = &o->values[spec->id];
	bool many = spec->type == OPTION_LIST || spec->type == OPTION_COUNT_UP;

	if (v->count && strcmp(v->origin, origin) != 0)
		return 0; /* a stronger source has spoken */
	if (option_check(spec, value, err) < 0)
		return err_context(err, "%s", origin);
	if (many && v->count == OPTION_LIST_MAX)
		return err_set(err, ERR_USAGE, "%s: given more than %d times", origin,
		               OPTION_LIST_MAX);
	if (spec->type == OPTION_PATH)
		value = expand_path(o, value, err);
	if (!value)
		return err_context(err, "%s", origin);
	if (!many)
		v->count = 0; /* the last one wins, as everywhere */
	v->values[v->count++] = value;
	(void)snprintf(v->origin, sizeof(v->origin), "%s", origin);
	return 0;
}

/* `name` of `len` bytes, without its dashes, as a long option. */
static int unknown(unsigned command, const char *word, const char *name, size_t len,
                   struct err *err)
{
	AUTO_STR struct str cut = STR_INIT(1 << 16);
	char hint[NEAREST_HINT_MAX];
	struct nearest n;

	if (len > 0 && option_find(name, len, command) && !memchr(name, '_', len))
		return err_set(err, ERR_USAGE, "%s is an option of other commands (see --help)",
		               word);
	(void)str_add(&cut, name, len);
	nearest_init(&n, str_text(&cut));
	for (int i = 0; i < OPTION_COUNT; i++)
		if (OPTION_TABLE[i].commands & command)
			nearest_offer(&n, OPTION_TABLE[i].name);
	if (OPTION_TABLE[OPT_NAME].commands & command)
		nearest_offer_as(&n, "tag", OPTION_TABLE[OPT_NAME].name);
	return err_set(err, ERR_USAGE, "unknown option %s%s (see --help)", word,
	               nearest_hint(&n, "--", hint));
}

/* --name, --name=value, --name value. *at is the position in argv. */
static int parse_long(struct options *o, unsigned command, int argc, char **argv, int *at,
                      struct err *err)
{
	const char *word = argv[*at] + 2, *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_spec *spec =
		memchr(word, '_', len) ? NULL : option_find(word, len, command);
	char origin[ORIGIN_MAX];
	const char *value = equals ? equals + 1 : "";

	if (!spec || !(spec->commands & command))
		return unknown(command, argv[*at], word, len, err);
	(void)snprintf(origin, sizeof(origin), "--%s", spec->name);
	if (equals && (spec->type == OPTION_FLAG || spec->type == OPTION_COUNT_UP))
		return err_set(err, ERR_USAGE, "%s takes no value", origin);
	if (!equals && option_takes_value(spec)) {
		if (*at + 1 >= argc)
			return err_set(err, ERR_USAGE, "%s needs a value: %s", origin,
			               spec->argument);
		value = argv[++*at];
	}
	return add_value(o, spec, option_takes_value(spec) || equals ? value : "", origin, err);
}

/* -q, -qv, -j8, -j 8. */
static int parse_short(struct options *o, unsigned command, int argc, char **argv, int *at,
                       struct err *err)
{
	const char *p = argv[*at] + 1;

	while (*p) {
		const struct option_spec *spec = option_find_short(*p);
		char origin[ORIGIN_MAX];
		const char *value = "";

		if (!spec || !(spec->commands & command))
			return unknown(command, argv[*at], "", 0, err);
		(void)snprintf(origin, sizeof(origin), "--%s", spec->name);
		p++;
		if (option_takes_value(spec)) {
			if (!*p && *at + 1 >= argc)
				return err_set(err, ERR_USAGE, "-%c needs a value: %s",
				               spec->short_name, spec->argument);
			value = *p ? p : argv[++*at];
			p = "";
		}
		if (add_value(o, spec, value, origin, err) < 0)
			return -1;
	}
	return 0;
}

int options_parse(struct options *o, unsigned command, int argc, char **argv, struct err *err)
{
	bool only_operands = false;

	o->operands = calloc((size_t)argc + 1, sizeof(*o->operands));
	if (!o->operands)
		return err_memory(err);
	for (int at = 0; at < argc; at++) {
		const char *word = argv[at];
		int result = 0;

		if (!only_operands && strcmp(word, "--") == 0)
			only_operands = true;
		else if (only_operands || word[0] != '-' || !word[1])
			o->operands[o->operand_count++] = word;
		else if (word[1] == '-')
			result = parse_long(o, command, argc, argv, &at, err);
		else
			result = parse_short(o, command, argc, argv, &at, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int add_list(struct options *o, const struct option_spec *spec, const char *value,
                    const char *origin, struct err *err)
{
	for (size_t n; (n = option_next_item(&value)) > 0; value += n) {
		const char *item = keep(o, value, n, err);

		if (!item || add_value(o, spec, item, origin, err) < 0)
			return -1;
	}
	return 0;
}

int options_add(struct options *o, enum option_id id, const char *value, const char *origin,
                struct err *err)
{
	const struct option_spec *spec = &OPTION_TABLE[id];
	const char *copy;
	int yes;

	switch (spec->type) {
	case OPTION_FLAG:
	case OPTION_COUNT_UP:
		yes = option_truth(value);
		if (yes < 0)
			return option_check_text(spec, value, origin, err);
		/* A "no" is a value too: it keeps weaker sources from saying yes. */
		return add_value(o, spec, yes ? "" : "no", origin, err);
	case OPTION_LIST:
		return add_list(o, spec, value, origin, err);
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_NUMBER:
	case OPTION_SIZE:
	case OPTION_RATE:
	case OPTION_DURATION:
	case OPTION_CHOICE:
	case OPTION_OPTIONAL:
		break;
	}
	copy = keep(o, value, strlen(value), err);
	if (!copy)
		return -1;
	if (add_value(o, spec, copy, origin, err) < 0) {
		err->code = ERR_CONFIG;
		return -1;
	}
	return 0;
}

#ifdef __APPLE__
extern char **environ; /* no header there has it */
#endif

enum { VARIABLE_MAX = 64 };
#define VARIABLE_PREFIX "DRYDOCK_"

/* "DRYDOCK_PART_SIZE". Returns `name`. */
static const char *variable_of(const struct option_spec *spec, char name[VARIABLE_MAX])
{
	int n = snprintf(name, VARIABLE_MAX, VARIABLE_PREFIX "%s", spec->name);

	for (int k = 0; k < n; k++)
		name[k] = name[k] == '-' ? '_' : (char)toupper((unsigned char)name[k]);
	return name;
}

/* A variable that means nothing is a mistake, as an option would be that does not exist; and so is
 * a value that is none, also where the command has no such option. */
static int check_variable(const char *name, const char *value, struct err *err)
{
	char hint[NEAREST_HINT_MAX], variable[VARIABLE_MAX];
	struct nearest n;

	nearest_init(&n, name + strlen(VARIABLE_PREFIX));
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (i == OPT_HELP)
			continue;
		(void)variable_of(&OPTION_TABLE[i], variable);
		if (strcmp(variable, name) == 0)
			return *value ? option_check_text(&OPTION_TABLE[i], value, name, err) : 0;
		nearest_offer(&n, variable + strlen(VARIABLE_PREFIX));
	}
	return err_set(err, ERR_CONFIG, "%.100s: there is no option for this variable%s", name,
	               nearest_hint(&n, VARIABLE_PREFIX, hint));
}

static int check_variables(struct err *err)
{
	static const char *const others[] = {VARIABLE_PREFIX "DEMO_", VARIABLE_PREFIX "TEST_"};

	for (char **variable = environ; variable && *variable; variable++) {
		AUTO_STR struct str name = STR_INIT(1 << 17);
		size_t len = strcspn(*variable, "=");

		if (strncmp(*variable, VARIABLE_PREFIX, strlen(VARIABLE_PREFIX)) != 0 ||
		    strncmp(*variable, others[0], strlen(others[0])) == 0 ||
		    strncmp(*variable, others[1], strlen(others[1])) == 0)
			continue;
		(void)str_add(&name, *variable, len);
		if (check_variable(str_text(&name), *variable + len + ((*variable)[len] == '='),
		                   err) < 0)
			return -1;
	}
	return 0;
}

int options_environment(struct options *o, unsigned command, struct err *err)
{
	if (check_variables(err) < 0)
		return -1;
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *spec = &OPTION_TABLE[i];
		char name[VARIABLE_MAX];
		const char *value = getenv(variable_of(spec, name));

		if (!value || !*value || !(spec->commands & command) || spec->id == OPT_HELP)
			continue;
		if (options_add(o, spec->id, value, name, err) < 0)
			return -1;
	}
	return 0;
}

bool option_given(const struct options *o, enum option_id id)
{
	return o->values[id].count > 0;
}

bool option_flag(const struct options *o, enum option_id id)
{
	return option_given(o, id) && strcmp(o->values[id].values[0], "no") != 0;
}

unsigned option_count(const struct options *o, enum option_id id)
{
	return option_flag(o, id) ? (unsigned)o->values[id].count : 0;
}

const char *option_text(const struct options *o, enum option_id id)
{
	return option_given(o, id) ? o->values[id].values[0] : NULL;
}

int option_size(const struct options *o, enum option_id id, uint64_t *bytes, struct err *err)
{
	bool rate = OPTION_TABLE[id].type == OPTION_RATE;
	const char *text = option_text(o, id);

	if (text && (rate ? rate_parse(text, bytes, err) : size_parse(text, bytes, err)) < 0)
		return err_context(err, "%s", o->values[id].origin);
	return 0;
}

int option_duration(const struct options *o, enum option_id id, int64_t *ms, struct err *err)
{
	if (option_given(o, id) && duration_parse(option_text(o, id), ms, err) < 0)
		return err_context(err, "%s", o->values[id].origin);
	return 0;
}

int option_number(const struct options *o, enum option_id id, uint64_t *number, struct err *err)
{
	if (option_given(o, id) && option_number_parse(option_text(o, id), number, err) < 0)
		return err_context(err, "%s", o->values[id].origin);
	return 0;
}

int option_choice(const struct options *o, enum option_id id, int otherwise)
{
	const char *text = option_text(o, id);

	if (!text)
		return otherwise;
	return *text ? option_choice_at(OPTION_TABLE[id].choices, text) : 0;
}
