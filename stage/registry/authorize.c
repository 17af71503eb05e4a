#include "stage/registry/authorize.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/units.h"
#include "base/user_file.h"
#include "stage/registry/challenge.h"
#include "stage/registry/find_credentials.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX = 96 * 1024 };

static void scope_free(struct registry_scope *scope)
{
	registry_credentials_release(&scope->credentials);
	registry_token_release(&scope->token);
	free(scope->repo);
	free(scope->text);
	free(scope);
}

void registry_auth_release(struct registry_auth *auth)
{
	while (auth->scopes) {
		struct registry_scope *scope = auth->scopes;

		auth->scopes = scope->next;
		scope_free(scope);
	}
	free(STEAL(auth->realm));
	free(STEAL(auth->service));
}

struct registry_scope *registry_auth_scope(struct registry_auth *auth, const char *repo,
                                           struct err *err)
{
	static const struct registry_scope fresh = {.credentials = REGISTRY_CREDENTIALS_INIT,
	                                            .token = REGISTRY_TOKEN_INIT};
	struct registry_scope **at = &auth->scopes, *scope;

	/* The last that was asked for stands first. */
	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->repo, repo) == 0) {
			struct registry_scope *found = *at;

			*at = found->next;
			found->next = auth->scopes;
			auth->scopes = found;
			return found;
		}
	scope = malloc(sizeof(*scope));
	if (scope) {
		*scope = fresh;
		scope->repo = strdup(repo);
	}
	if (!scope || !scope->repo) {
		free(scope);
		(void)err_memory(err);
		return NULL;
	}
	scope->next = auth->scopes;
	auth->scopes = scope;
	return scope;
}

bool registry_auth_needs_token(const struct registry_auth *auth, const struct registry_scope *scope)
{
	return auth->scheme == REGISTRY_BEARER && scope->repo[0] &&
	       registry_token_is_stale(&scope->token, monotonic_ms());
}

static int look_for(struct registry_auth *auth, struct registry_scope *scope, struct err *err)
{
	struct registry_credentials_options options = {.authfile = auth->options->authfile,
	                                               .env = auth->options->env,
	                                               .deadline_ms = auth->options->deadline_ms};

	if (scope->looked)
		return 0;
	if (registry_credentials_find(&options, auth->host, scope->repo, &scope->credentials, err) <
	    0)
		return -1;
	/* What a helper gave is from no file. */
	if (auth->sink && scope->credentials.kind != REGISTRY_CREDENTIALS_NONE)
		user_file_warn_exposed(str_text(&scope->credentials.from), "a password",
		                       auth->sink);
	scope->looked = true;
	return 0;
}

/* RFC 7617. */
static int add_basic(const struct registry_credentials *c, struct str *line, struct err *err)
{
	AUTO_WIPE struct str pair = STR_INIT(REGISTRY_USERNAME_MAX + 1 + REGISTRY_SECRET_MAX);
	char *to;

	(void)str_adds(&pair, str_text(&c->username));
	(void)str_addc(&pair, ':');
	(void)str_adds(&pair, str_text(&c->secret));
	(void)str_adds(line, "Authorization: Basic ");
	if (str_check(&pair, "credentials", err) < 0)
		return -1;
	to = str_reserve(line, 4 * (pair.len / 3) + 5);
	if (to)
		str_grew(line, strlen(base64_text((const uint8_t *)pair.data, pair.len, to)));
	return str_check(line, "credentials", err);
}

int registry_auth_header(struct registry_auth *auth, struct registry_scope *scope, struct str *line,
                         struct err *err)
{
	if (auth->scheme == REGISTRY_BEARER && scope->token.text)
		(void)str_addf(line, "Authorization: Bearer %s", scope->token.text);
	if (auth->scheme != REGISTRY_BASIC)
		return str_check(line, "a header", err);
	if (look_for(auth, scope, err) < 0)
		return -1;
	if (scope->credentials.kind == REGISTRY_CREDENTIALS_PASSWORD)
		return add_basic(&scope->credentials, line, err);
	return 0;
}

static int replace(char **to, const char *text, struct err *err)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return err_memory(err);
	free(*to);
	*to = copy;
	return 0;
}

static int learn_bearer(struct registry_auth *auth, struct registry_scope *scope,
                        const struct challenge *c, bool https, struct err *err)
{
	if (registry_token_check_realm(c->realm, https, err) < 0)
		return -1;
	auth->scheme = REGISTRY_BEARER;
	registry_token_release(&scope->token);
	if (replace(&auth->realm, c->realm, err) < 0 ||
	    replace(&auth->service, c->service, err) < 0)
		return -1;
	return scope->repo[0] && c->scope ? replace(&scope->text, c->scope, err) : 0;
}

static int learn_basic(struct registry_auth *auth, struct registry_scope *scope, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(ERR_MESSAGE_MAX);
	bool tried = auth->scheme == REGISTRY_BASIC && scope->looked; /* and were sent */

	auth->scheme = REGISTRY_BASIC;
	if (look_for(auth, scope, err) < 0)
		return -1;
	if (!tried && scope->credentials.kind == REGISTRY_CREDENTIALS_PASSWORD)
		return 0;
	registry_auth_tell(scope, &text);
	return err_set(err, ERR_AUTH,
	               "the registry wants a user and a password%s; docker login or "
	               "skopeo login keeps them",
	               str_text(&text));
}

int registry_auth_challenged(struct registry_auth *auth, struct registry_scope *scope,
                             const struct str *headers, bool https, struct err *err)
{
	struct challenge_list list = CHALLENGE_LIST_INIT;
	const struct challenge *bearer, *basic;
	int result = challenge_list_read(&list, headers, err);

	bearer = challenge_find(&list, CHALLENGE_BEARER);
	basic = challenge_find(&list, CHALLENGE_BASIC);
	if (result == 0 && bearer)
		result = learn_bearer(auth, scope, bearer, https, err);
	else if (result == 0 && basic)
		result = learn_basic(auth, scope, err);
	else if (result == 0)
		result = err_set(err, ERR_AUTH,
		                 "the registry asks for credentials (401) without saying how");
	challenge_list_release(&list);
	return result;
}

void registry_auth_note(struct registry_auth *auth, const struct str *headers, bool https)
{
	struct challenge_list list = CHALLENGE_LIST_INIT;
	struct err ignored = ERR_INIT;
	bool read = challenge_list_read(&list, headers, &ignored) == 0;
	const struct challenge *bearer = challenge_find(&list, CHALLENGE_BEARER);

	if (read && bearer && registry_token_check_realm(bearer->realm, https, &ignored) == 0 &&
	    replace(&auth->realm, bearer->realm, &ignored) == 0 &&
	    replace(&auth->service, bearer->service, &ignored) == 0)
		auth->scheme = REGISTRY_BEARER;
	else if (read && !bearer && challenge_find(&list, CHALLENGE_BASIC))
		auth->scheme = REGISTRY_BASIC;
	challenge_list_release(&list);
}

int registry_auth_token_request(struct registry_auth *auth, struct registry_scope *scope,
                                struct registry_token_request *request, struct err *err)
{
	const struct registry_credentials *c = &scope->credentials;
	AUTO_STR struct str text = STR_INIT(TOKEN_URL_MAX);
	const char *scopes[1], *user = NULL;

	str_init(&request->url, TOKEN_URL_MAX);
	str_init(&request->form, HEADER_MAX);
	str_init(&request->header, HEADER_MAX);
	if (look_for(auth, scope, err) < 0)
		return -1;
	(void)str_addf(&text, "repository:%s:pull", scope->repo);
	scopes[0] = scope->text ? scope->text : str_text(&text);
	if (c->kind == REGISTRY_CREDENTIALS_IDENTITY_TOKEN) {
		(void)str_adds(&request->url, auth->realm);
		return registry_token_form(&request->form, auth->service, scopes, 1,
		                           str_text(&c->secret), err);
	}
	if (c->kind == REGISTRY_CREDENTIALS_PASSWORD) {
		user = str_text(&c->username);
		if (add_basic(c, &request->header, err) < 0)
			return -1;
	}
	return registry_token_url(&request->url, auth->realm, auth->service, scopes, 1, user, err);
}

void registry_token_request_release(struct registry_token_request *request)
{
	str_wipe(&request->url);
	str_wipe(&request->form);
	str_wipe(&request->header);
}

void registry_auth_tell(const struct registry_scope *scope, struct str *text)
{
	const struct registry_credentials *c = &scope->credentials;

	if (!scope->looked)
		return;
	(void)str_addf(text,
	               c->kind == REGISTRY_CREDENTIALS_NONE ? " (no credentials in %s)"
	                                                    : " (tried the credentials from %s)",
	               str_text(&c->from));
}
