#include "base/name.h"

#include <string.h>

static bool is_alnum_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_tag_char(char c)
{
	return is_alnum_lower(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
}

/* Length of a separator of the grammar at `p`: one '.', one or two '_', any number of '-'. */
static size_t separator_length(const char *p, size_t len)
{
	size_t n = 0;

	if (len == 0)
		return 0;
	if (p[0] == '.')
		return 1;
	if (p[0] == '_')
		return len > 1 && p[1] == '_' ? 2 : 1;
	while (n < len && p[n] == '-')
		n++;
	return n;
}

static bool component_ok(const char *p, size_t len)
{
	size_t at = 0;

	for (;;) {
		size_t start = at;

		while (at < len && is_alnum_lower(p[at]))
			at++;
		if (at == start)
			return false;
		if (at == len)
			return true;
		start = at;
		at += separator_length(p + at, len - at);
		if (at == start)
			return false;
	}
}

static bool component_reserved(const char *p, size_t len)
{
	static const char *const words[] = {"manifests", "blobs", "tags", "referrers"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len && memcmp(words[i], p, len) == 0)
			return true;
	return false;
}

static int shown(size_t len)
{
	return len > 300 ? 300 : (int)len;
}

int name_check_repo(const char *repo, size_t len, struct err *err)
{
	size_t start = 0;

	if (len == 0 || len > REPO_MAX)
		return err_set(err, ERR_REFUSED,
		               "repository name '%.*s' is %zu bytes long (1 to %d are allowed)",
		               shown(len), repo, len, REPO_MAX);
	for (size_t i = 0; i <= len; i++) {
		if (i < len && repo[i] != '/')
			continue;
		if (!component_ok(repo + start, i - start))
			return err_set(
				err, ERR_REFUSED,
				"repository name '%.*s' is not valid: components are lower-case "
				"letters and digits, separated by one '.', one or two '_', or "
				"any number of '-'",
				shown(len), repo);
		if (component_reserved(repo + start, i - start))
			return err_set(err, ERR_REFUSED,
			               "repository name '%.*s' has the component '%.*s', which a "
			               "static registry cannot tell from its own folders",
			               shown(len), repo, (int)(i - start), repo + start);
		start = i + 1;
	}
	return 0;
}

int name_check_tag(const char *tag, size_t len, struct err *err)
{
	bool ok = len > 0 && len <= TAG_MAX && tag[0] != '.' && tag[0] != '-';

	for (size_t i = 0; ok && i < len; i++)
		ok = is_tag_char(tag[i]);
	if (ok)
		return 0;
	return err_set(err, ERR_REFUSED,
	               "tag '%.*s' is not valid: 1 to %d letters, digits, '_', '.' and '-', not "
	               "beginning with '.' or '-'%s",
	               shown(len), tag, TAG_MAX,
	               len > 0 && memchr(tag, '+', len) ? " (Helm writes '_' for '+')" : "");
}

/* Docker's rule for whether the first component of a reference is a host. */
static bool is_host(const char *p, size_t len)
{
	bool special = len == 9 && memcmp(p, "localhost", 9) == 0;

	for (size_t i = 0; i < len && !special; i++)
		special = p[i] == '.' || p[i] == ':' || (p[i] >= 'A' && p[i] <= 'Z');
	return special;
}

/* A host that may stay in a key: lower case, a dot, no port. */
static bool host_usable(const char *p, size_t len)
{
	if (memchr(p, ':', len) || memchr(p, '[', len) || !memchr(p, '.', len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			return false;
	return true;
}

static bool is_docker_hub(const char *p, size_t len)
{
	return (len == 9 && memcmp(p, "docker.io", 9) == 0) ||
	       (len == 15 && memcmp(p, "index.docker.io", 15) == 0);
}

/* Splits off "@digest" and ":tag" and checks and stores all the parts. */
static int parse_rest(struct reference *ref, const char *text, size_t len, struct err *err)
{
	const char *at = memchr(text, '@', len);
	size_t name_len = at ? (size_t)(at - text) : len;
	size_t colon = name_len;

	if (at && digest_parse(&ref->digest, at + 1, len - name_len - 1, err) < 0)
		return -1;
	while (colon > 0 && text[colon - 1] != ':' && text[colon - 1] != '/')
		colon--;
	if (colon > 0 && text[colon - 1] == ':') {
		size_t tag_len = name_len - colon;

		if (name_check_tag(text + colon, tag_len, err) < 0)
			return -1;
		memcpy(ref->tag, text + colon, tag_len);
		name_len = colon - 1;
	}
	if (name_check_repo(text, name_len, err) < 0)
		return -1;
	memcpy(ref->repo, text, name_len);
	return 0;
}

/*
 * Docker's official images are those of one component below library/; library/a/b is another
 * repository than a/b and keeps its name.
 */
static const char *drop_library(const char *rest)
{
	static const char library[] = "library/";
	size_t len = sizeof(library) - 1;

	return strncmp(rest, library, len) == 0 && !strchr(rest + len, '/') ? rest + len : rest;
}

int reference_parse(struct reference *ref, const char *text, enum name_hosts hosts,
                    enum name_note *note, struct err *err)
{
	const char *rest = text, *slash = strchr(text, '/');
	size_t host_len = slash ? (size_t)(slash - text) : 0;

	memset(ref, 0, sizeof(*ref));
	*note = NAME_UNCHANGED;
	if (slash && is_docker_hub(text, host_len)) {
		rest = drop_library(slash + 1);
	} else if (slash && is_host(text, host_len)) {
		if (hosts == NAME_STRIP_HOSTS || !host_usable(text, host_len)) {
			rest = slash + 1;
			*note = NAME_HOST_DROPPED;
		}
	} else {
		rest = drop_library(rest);
	}
	if (parse_rest(ref, rest, strlen(rest), err) < 0)
		return err_context(err, "reference '%.300s'", text);
	return 0;
}

int reference_parse_plain(struct reference *ref, const char *text, struct err *err)
{
	memset(ref, 0, sizeof(*ref));
	return parse_rest(ref, text, strlen(text), err);
}
