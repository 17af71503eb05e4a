#include "base/json.h"

#include <openssl/crypto.h>
#include <string.h>

const struct json_limits JSON_LIMITS_MANIFEST = {
	.max_bytes = JSON_MANIFEST_BYTES, .max_values = JSON_VALUES, .max_depth = JSON_DEPTH};
const struct json_limits JSON_LIMITS_INDEX = {
	.max_bytes = JSON_INDEX_BYTES, .max_values = JSON_VALUES, .max_depth = JSON_DEPTH};

static const char *hint(const char *text)
{
	return text ? text : "";
}

/*
 * Counts values and depth in one pass without judging the grammar: outside of strings every '{' and
 * '[' opens a level, and every string and every run of other non-punctuation characters is a value.
 */
static int scan(const char *text, size_t len, const struct json_limits *limits, struct err *err)
{
	size_t values = 0;
	unsigned depth = 0;
	bool in_word = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '"') {
			for (i++; i < len && text[i] != '"'; i++)
				if (text[i] == '\\')
					i++;
			values++;
			in_word = false;
		} else if (c == '{' || c == '[') {
			values++;
			in_word = false;
			if (++depth > limits->max_depth)
				return err_set(err, ERR_REFUSED,
				               "JSON is nested deeper than %u levels%s",
				               limits->max_depth, hint(limits->depth_hint));
		} else if (c == '}' || c == ']' || c == ',' || c == ':' || c == ' ' || c == '\t' ||
		           c == '\n' || c == '\r') {
			if ((c == '}' || c == ']') && depth > 0)
				depth--;
			in_word = false;
		} else if (!in_word) {
			values++;
			in_word = true;
		}
		if (values > limits->max_values)
			return err_set(err, ERR_REFUSED, "JSON holds more than %zu values%s",
			               limits->max_values, hint(limits->values_hint));
	}
	return 0;
}

json_t *json_parse_limited(const char *text, size_t len, const struct json_limits *limits,
                           struct err *err)
{
	json_error_t why;
	char *quote;
	json_t *doc;

	if (len > limits->max_bytes) {
		(void)err_set(err, ERR_REFUSED,
		              "JSON document has %zu bytes, at most %zu are allowed%s", len,
		              limits->max_bytes, hint(limits->bytes_hint));
		return NULL;
	}
	if (scan(text, len, limits, err) < 0)
		return NULL;
	doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (doc)
		return doc;
	/* jansson ends its messages with what it has read last, as in "… near '"abc"'". */
	quote = strstr(why.text, " near ");
	if (limits->secret && quote)
		*quote = '\0';
	(void)err_set(err, ERR_MALFORMED, "not valid JSON: line %d: %s", why.line, why.text);
	return NULL;
}

/* The next character of a key as Unicode's simple case folding sees it, where that is ASCII. */
static unsigned char fold_next(const char **p)
{
	const unsigned char *at = (const unsigned char *)*p;

	if (at[0] == 0xC5 && at[1] == 0xBF) { /* U+017F, the long s */
		*p += 2;
		return 's';
	}
	if (at[0] == 0xE2 && at[1] == 0x84 && at[2] == 0xAA) { /* U+212A, the Kelvin sign */
		*p += 3;
		return 'k';
	}
	*p += 1;
	return at[0] >= 'A' && at[0] <= 'Z' ? (unsigned char)(at[0] - 'A' + 'a') : at[0];
}

static bool equal_folded(const char *a, const char *b)
{
	while (*a && *b)
		if (fold_next(&a) != fold_next(&b))
			return false;
	return *a == *b;
}

int json_check_key_case(const json_t *object, const char *const *known, size_t known_count,
                        const char *path, struct err *err)
{
	const char *key;
	json_t *value;

	/* jansson's iteration takes a non-const object but does not change it. */
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		for (size_t i = 0; i < known_count; i++)
			if (equal_folded(key, known[i]) && strcmp(key, known[i]) != 0)
				return err_set(err, ERR_REFUSED,
				               "%s: key \"%s\" differs from \"%s\" only in case",
				               path, key, known[i]);
	}
	return 0;
}

bool json_may_begin(char first)
{
	switch (first) {
	case '{':
	case '[':
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		return true;
	default:
		return false;
	}
}

const char *json_text(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return NULL;
	return json_string_value(value);
}

const char *json_need_text(const json_t *object, const char *key, const char *path, struct err *err)
{
	const char *text = json_text(object, key);

	if (!text)
		(void)err_set(err, ERR_MALFORMED, "%s: \"%s\" is missing or not a string", path,
		              key);
	return text;
}

int json_need_size(const json_t *object, const char *key, uint64_t *size, const char *path,
                   struct err *err)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return err_set(err, ERR_MALFORMED,
		               "%s: \"%s\" is missing or not a non-negative integer", path, key);
	*size = (uint64_t)json_integer_value(value);
	return 0;
}

/* As deep as the limits let a document be. */
static void wipe_strings(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach (json, key, value)
		wipe_strings(value);
	json_array_foreach (json, i, value)
		wipe_strings(value);
	if (json_is_string(json)) /* jansson's own memory, which it allocated for writing */
		OPENSSL_cleanse((char *)(uintptr_t)json_string_value(json),
		                json_string_length(json));
}

void json_wipe(json_t **json)
{
	wipe_strings(*json);
	json_decref(*json);
	*json = NULL;
}
