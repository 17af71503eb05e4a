#include "stage/document/platform.h"

#include <stdio.h>
#include <string.h>

static bool part_ok(const char *text, size_t len)
{
	if (len == 0 || len > PLATFORM_PART_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f || text[i] == '/' || text[i] == '"' ||
		    text[i] == '\\')
			return false;
	return true;
}

static void normalise(struct platform *p)
{
	static const struct {
		const char *arch, *variant; /* as written; variant NULL: any */
		const char *to_arch, *to_variant;
	} rules[] = {
		{"x86_64", NULL, "amd64", ""}, {"x86-64", NULL, "amd64", ""},
		{"amd64", "v1", "amd64", ""},  {"aarch64", NULL, "arm64", ""},
		{"arm64", "8", "arm64", ""},   {"arm64", "v8", "arm64", ""},
		{"armhf", NULL, "arm", "v7"},  {"armel", NULL, "arm", "v6"},
		{"arm", "", "arm", "v7"},      {"arm", "5", "arm", "v5"},
		{"arm", "6", "arm", "v6"},     {"arm", "7", "arm", "v7"},
		{"arm", "8", "arm", "v8"},     {"i386", NULL, "386", ""},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(p->arch, rules[i].arch) != 0 ||
		    (rules[i].variant && strcmp(p->variant, rules[i].variant) != 0))
			continue;
		(void)snprintf(p->arch, sizeof(p->arch), "%s", rules[i].to_arch);
		(void)snprintf(p->variant, sizeof(p->variant), "%s", rules[i].to_variant);
		return;
	}
}

int platform_parse(struct platform *p, const char *text, struct err *err)
{
	char *const parts[] = {p->os, p->arch, p->variant};
	const char *at = text;
	size_t count = 0;

	memset(p, 0, sizeof(*p));
	while (count < 3) {
		size_t len = strcspn(at, "/");

		if (!part_ok(at, len))
			break;
		memcpy(parts[count++], at, len);
		at += len;
		if (*at == '\0' || at[1] == '\0')
			break;
		at++;
	}
	if (*at != '\0' || count < 2)
		return err_set(err, ERR_USAGE,
		               "'%.200s' is not a platform: os/architecture[/variant] is wanted, "
		               "as in linux/arm64",
		               text);
	normalise(p);
	return 0;
}

static int read_part(char part[PLATFORM_PART_MAX + 1], const json_t *object, const char *key,
                     const char *path, struct err *err)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_text(object, key);

	part[0] = '\0';
	if (!value || (text && *text == '\0'))
		return 0;
	if (!text || !part_ok(text, strlen(text)))
		return err_set(err, ERR_MALFORMED, "%s: \"%s\" is not a word of at most %d letters",
		               path, key, PLATFORM_PART_MAX);
	memcpy(part, text, strlen(text) + 1);
	return 0;
}

int platform_read(struct platform *p, const json_t *object, const char *path, struct err *err)
{
	memset(p, 0, sizeof(*p));
	if (!object)
		return 0;
	if (!json_is_object(object))
		return err_set(err, ERR_MALFORMED, "%s is not an object", path);
	if (read_part(p->os, object, "os", path, err) < 0 ||
	    read_part(p->arch, object, "architecture", path, err) < 0 ||
	    read_part(p->variant, object, "variant", path, err) < 0)
		return -1;
	return 0;
}

const char *platform_text(const struct platform *p, char text[PLATFORM_TEXT_MAX])
{
	text[0] = '\0';
	if (p->os[0] && p->arch[0])
		(void)snprintf(text, PLATFORM_TEXT_MAX, "%s/%s%s%s", p->os, p->arch,
		               p->variant[0] ? "/" : "", p->variant);
	return text;
}

bool platform_matches(const struct platform *wanted, const struct platform *have)
{
	struct platform other = *have;

	normalise(&other);
	if (strcmp(wanted->os, other.os) != 0 || strcmp(wanted->arch, other.arch) != 0)
		return false;
	return !wanted->variant[0] || strcmp(wanted->variant, other.variant) == 0;
}

bool platform_is_unknown(const struct platform *p)
{
	return strcmp(p->os, "unknown") == 0 && strcmp(p->arch, "unknown") == 0;
}
