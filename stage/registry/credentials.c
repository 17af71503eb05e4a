#include "stage/registry/credentials.h"

#include <stdbool.h>
#include <string.h>

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7F;
}

static bool username_is_fine(const char *text)
{
	for (; *text; text++)
		if (is_control(*text) || *text == ':')
			return false;
	return true;
}

/* A refresh token has visible characters and spaces only (RFC 6749, appendix A.17). */
static bool token_is_fine(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (is_control(*text) || (unsigned char)*text > 0x7E)
			return false;
	return true;
}

int registry_credentials_set(struct registry_credentials *c, enum registry_credentials_kind kind,
                             const char *username, const char *secret, struct err *err)
{
	bool token = kind == REGISTRY_CREDENTIALS_IDENTITY_TOKEN;
	size_t username_len = strlen(username), secret_len = strlen(secret);

	if (username_len > REGISTRY_USERNAME_MAX || !username_is_fine(username))
		return err_set(err, ERR_CONFIG,
		               "the user name is too long, or has a colon or control character");
	if (!token && username_len == 0)
		return err_set(err, ERR_CONFIG, "there is a password without a user name");
	if (secret_len > REGISTRY_SECRET_MAX)
		return err_set(err, ERR_CONFIG, "the %s is longer than %d bytes",
		               token ? "identity token" : "password", REGISTRY_SECRET_MAX);
	if (token && !token_is_fine(secret))
		return err_set(err, ERR_CONFIG, "the identity token is empty or malformed");
	str_wipe(&c->username);
	str_wipe(&c->secret);
	if (str_add(&c->username, username, username_len) < 0 ||
	    str_add(&c->secret, secret, secret_len) < 0)
		return err_memory(err);
	c->kind = kind;
	return 0;
}

void registry_credentials_release(struct registry_credentials *c)
{
	str_wipe(&c->username);
	str_wipe(&c->secret);
	str_release(&c->from);
	*c = (struct registry_credentials)REGISTRY_CREDENTIALS_INIT;
}
