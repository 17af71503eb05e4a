#include "sync/credentials/source.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/units.h"
#include "base/user_file.h"

#include <fcntl.h>
#include <string.h>

static bool copy_word(char *out, size_t max, const char *text)
{
	size_t len = strlen(text);

	if (len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x21 || (unsigned char)text[i] > 0x7E)
			return false;
	memcpy(out, text, len + 1);
	return true;
}

int credential_fill(struct credential *out, const char *source, const char *access_key,
                    const char *secret_key, const char *token, struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->source = source;
	if (!access_key || !*access_key || !copy_word(out->access_key, ACCESS_KEY_MAX, access_key))
		return err_set(err, ERR_CONFIG, "%s: the access key id is missing or malformed",
		               source);
	if (!secret_key || !*secret_key || !copy_word(out->secret_key, SECRET_KEY_MAX, secret_key))
		return err_set(err, ERR_CONFIG, "%s: the secret access key is missing or malformed",
		               source);
	if (token && !copy_word(out->session_token, SESSION_TOKEN_MAX, token))
		return err_set(err, ERR_CONFIG, "%s: the session token is malformed", source);
	return 1;
}

int credential_from_json(struct credential *out, const char *source, const char *json, size_t len,
                         const char *token_key, struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = 64 * 1024, .max_values = 200, .max_depth = 8, .secret = true};
	AUTO_JSON_WIPE json_t *doc = json_parse_limited(json, len, &limits, err);
	const char *expires;

	if (!doc)
		return err_context(err, "%s", source);
	if (credential_fill(out, source, json_text(doc, "AccessKeyId"),
	                    json_text(doc, "SecretAccessKey"), json_text(doc, token_key), err) < 0)
		return -1;
	expires = json_text(doc, "Expiration");
	if (expires && credential_time(expires, &out->expires_at_ms) < 0)
		return err_set(err, ERR_CONFIG, "%s: Expiration is no time", source);
	return 1;
}

int credential_time(const char *text, int64_t *ms)
{
	static const char *const ends[] = {"+00:00", "UTC"};
	char utc[UNITS_TEXT_MAX];
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (len < end || len - end + 2 > sizeof(utc) ||
		    strcmp(text + len - end, ends[i]) != 0)
			continue;
		memcpy(utc, text, len - end);
		memcpy(utc + len - end, "Z", 2);
		return time_parse(utc, ms);
	}
	return time_parse(text, ms);
}

const char *credentials_ca_bundle(const struct credentials_settings *settings)
{
	return settings->ca_bundle ? settings->ca_bundle : aws_config_ca_bundle(settings->config);
}

int credential_read_token(const char *path, size_t max, struct str *token, struct err *err)
{
	AUTO_WIPE struct str text = STR_INIT(max);

	if (user_file_read(path, &text, err) < 0)
		return -1;
	while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
		text.len--;
	return str_add(token, text.data, text.len) < 0 ? err_memory(err) : 0;
}

/* Half a pair is a mistake worth telling, not a reason to look elsewhere. */
static int from_texts(struct credential *out, const char *source, const char *access_key,
                      const char *secret_key, const char *token, struct err *err)
{
	if (!access_key && !secret_key)
		return 0;
	return credential_fill(out, source, access_key, secret_key, token, err);
}

int credential_from_env(const struct credentials_settings *settings, struct credential *out,
                        struct err *err)
{
	const struct aws_config *config = settings->config;

	return from_texts(out, "environment", aws_config_env(config, "AWS_ACCESS_KEY_ID"),
	                  aws_config_env(config, "AWS_SECRET_ACCESS_KEY"),
	                  aws_config_env(config, "AWS_SESSION_TOKEN"), err);
}

static int from_file(const struct aws_config *config, enum aws_file file, const char *source,
                     struct credential *out, struct err *err)
{
	return from_texts(out, source, aws_config_get(config, file, "aws_access_key_id"),
	                  aws_config_get(config, file, "aws_secret_access_key"),
	                  aws_config_get(config, file, "aws_session_token"), err);
}

int credential_from_shared(const struct credentials_settings *settings, struct credential *out,
                           struct err *err)
{
	return from_file(settings->config, AWS_FILE_CREDENTIALS, "shared credentials file", out,
	                 err);
}

int credential_from_config(const struct credentials_settings *settings, struct credential *out,
                           struct err *err)
{
	return from_file(settings->config, AWS_FILE_CONFIG, "config file", out, err);
}
