#include "sync/credentials/sts.h"

#include "sync/credentials/patient_fetch.h"
#include "sync/credentials/service_url.h"
#include "sync/credentials/sigv4.h"

#include "base/http/uri.h"
#include "base/xml.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <string.h>

enum {
	ANSWER_MAX = 128 * 1024,
	FORM_MAX = 128 * 1024,
	STS_MS = 10000,
	CODE_MAX = 100,
	TEXT_MAX = 400, /* of a refusal's message */
};

/* An answer's leaves, of either kind. */
struct answer {
	const char *action;
	struct str access_key, secret_key, token; /* owned */
	struct str code, text;                    /* owned; of a refusal */
	int64_t expires_at_ms;
};

static int keep(struct str *to, const struct str *text, struct err *err)
{
	str_clear(to);
	return str_add(to, str_text(text), text->len) < 0 ? err_memory(err) : 0;
}

/* What follows "<action>Result/Credentials/", or NULL. */
static const char *credential_field(const struct answer *a, const char *path)
{
	static const char middle[] = "Result/Credentials/";
	size_t len = strlen(a->action);

	if (strncmp(path, a->action, len) != 0 ||
	    strncmp(path + len, middle, sizeof(middle) - 1) != 0)
		return NULL;
	return path + len + sizeof(middle) - 1;
}

static int take_field(void *context, enum xml_what what, const char *path, const struct str *text,
                      struct err *err)
{
	struct answer *a = context;
	const char *field = credential_field(a, path);

	if (what != XML_LEAF)
		return 0;
	/* One that is too long is left out. */
	if (strcmp(path, "Error/Code") == 0)
		(void)str_add_printable(&a->code, str_text(text), text->len);
	if (strcmp(path, "Error/Message") == 0)
		(void)str_add_printable(&a->text, str_text(text), text->len);
	if (!field)
		return 0;
	if (strcmp(field, "AccessKeyId") == 0)
		return keep(&a->access_key, text, err);
	if (strcmp(field, "SecretAccessKey") == 0)
		return keep(&a->secret_key, text, err);
	if (strcmp(field, "SessionToken") == 0)
		return keep(&a->token, text, err);
	if (strcmp(field, "Expiration") == 0 &&
	    credential_time(str_text(text), &a->expires_at_ms) < 0)
		return err_set(err, ERR_AUTH, "Expiration is no time");
	return 0;
}

static void answer_wipe(struct answer *a)
{
	str_wipe(&a->access_key);
	str_wipe(&a->secret_key);
	str_wipe(&a->token);
	str_release(&a->code);
	str_release(&a->text);
}

/*
 * The text of a refusal is for people, but that of a wrong signature quotes the headers that were
 * signed, the session token among them.
 */
static int refused(const struct sts_request *r, const char *url, int status, const struct answer *a,
                   struct err *err)
{
	bool quotes = strstr(str_text(&a->code), "Signature") != NULL;

	return err_set(err, status >= 500 || status == 429 ? ERR_TEMPORARY : ERR_AUTH,
	               "%s: %s answered %d for role %.200s%s%s%s%s", r->source, url, status,
	               r->role, a->code.len ? ": " : "", str_text(&a->code),
	               a->text.len && !quotes ? ": " : "", quotes ? "" : str_text(&a->text));
}

static int read_answer(const struct sts_request *r, const char *url, int status,
                       const struct str *xml, struct credential *out, struct err *err)
{
	struct answer a = {.action = r->action,
	                   .access_key = STR_INIT(ACCESS_KEY_MAX),
	                   .secret_key = STR_INIT(SECRET_KEY_MAX),
	                   .token = STR_INIT(SESSION_TOKEN_MAX),
	                   .code = STR_INIT(CODE_MAX),
	                   .text = STR_INIT(TEXT_MAX)};
	struct err ignored = ERR_INIT;
	int found;

	if (status != 200) {
		if (xml_walk(str_text(xml), xml->len, take_field, &a, &ignored) < 0)
			str_clear(&a.text); /* no text of half an answer */
		found = refused(r, url, status, &a, err);
	} else if (xml_walk(str_text(xml), xml->len, take_field, &a, err) < 0) {
		found = err_context(err, "%s", r->source);
	} else {
		found = credential_fill(out, r->source, str_text(&a.access_key),
		                        str_text(&a.secret_key), str_text(&a.token), err);
		if (found > 0)
			out->expires_at_ms = a.expires_at_ms;
	}
	answer_wipe(&a);
	return found;
}

/* ---- the request ---- */

void sts_add(struct str *form, const char *name, const char *value)
{
	(void)str_addf(form, "&%s=", name);
	(void)uri_encode(form, value, strlen(value), URI_ENCODE_SLASH);
}

#define FORM_TYPE "application/x-www-form-urlencoded"
enum { LINES = 4 };

/* The header lines of a request, each in memory of its own. */
struct lines {
	struct str texts[LINES];
	const char *lines[LINES];
	size_t count;
};

static void add_line(struct lines *l, const char *name, const char *value)
{
	struct str *text = &l->texts[l->count];

	str_init(text, 2 * SESSION_TOKEN_MAX);
	(void)str_addf(text, "%s: %s", name, value);
	l->lines[l->count++] = str_text(text);
}

static int add_signature(struct lines *l, const struct service_url *at, const struct str *form,
                         const struct credential *signer, struct err *err)
{
	AUTO_WIPE struct str authorization = STR_INIT(4096);
	struct sigv4_signer key = SIGV4_SIGNER_INIT;
	char date[SIGV4_DATE_MAX], hex[2 * SHA256_BYTES + 1];
	uint8_t sha256[SHA256_BYTES];
	struct sigv4_pair headers[] = {{"host", str_text(&at->host)},
	                               {"content-type", FORM_TYPE},
	                               {"x-amz-date", date},
	                               {"x-amz-security-token", signer->session_token}};
	struct sigv4_request r = {.method = "POST",
	                          .path = str_text(&at->path),
	                          .query = "",
	                          .headers = headers,
	                          .header_count = signer->session_token[0] ? 4 : 3,
	                          .payload = hex,
	                          .access_key = signer->access_key,
	                          .secret_key = signer->secret_key,
	                          .region = at->region,
	                          .service = "sts",
	                          .date = date};
	int status = hash_once(HASH_SHA256, str_text(form), form->len, sha256, err);

	(void)hex_text(sha256, sizeof(sha256), hex);
	(void)sigv4_date(now_ms() / 1000, date);
	if (status == 0)
		status = sigv4_sign(&key, &r, &authorization, err);
	sigv4_signer_wipe(&key);
	if (status < 0)
		return -1;
	add_line(l, "X-Amz-Date", date);
	if (signer->session_token[0])
		add_line(l, "X-Amz-Security-Token", signer->session_token);
	add_line(l, "Authorization", str_text(&authorization));
	return 0;
}

static int ask(const struct credentials_settings *settings, const struct sts_request *r,
               const struct service_url *at, const struct str *form, struct credential *out,
               struct err *err)
{
	AUTO_WIPE struct str answer = STR_INIT(ANSWER_MAX);
	struct lines l = {.count = 0};
	struct http_fetch fetch = {.method = HTTP_POST,
	                           .url = str_text(&at->url),
	                           .headers = l.lines,
	                           .body = str_text(form),
	                           .timeout_ms = STS_MS,
	                           .ca_bundle = credentials_ca_bundle(settings)};
	int status = 0;

	add_line(&l, "Content-Type", FORM_TYPE);
	if (r->signer)
		status = add_signature(&l, at, form, r->signer, err);
	for (size_t i = 0; status == 0 && i < l.count; i++)
		status = str_check(&l.texts[i], r->source, err);
	fetch.header_count = l.count;
	if (status == 0)
		status = patient_fetch(&fetch, &answer, err);
	for (size_t i = 0; i < l.count; i++)
		str_wipe(&l.texts[i]);
	if (status < 0)
		return err_context(err, "%s: %s", r->source, str_text(&at->url));
	return read_answer(r, str_text(&at->url), status, &answer, out, err);
}

int sts_assume(const struct credentials_settings *settings, const struct sts_request *r,
               struct credential *out, struct err *err)
{
	AUTO_WIPE struct str form = STR_INIT(FORM_MAX);
	struct service_url at;
	int status;

	(void)str_addf(&form, "Action=%s&Version=2011-06-15", r->action);
	(void)str_add(&form, str_text(r->form), r->form->len);
	if (r->form->failed || str_check(&form, r->source, err) < 0)
		return err_memory(err);
	status = service_url_make(&at, settings->config, "sts", "sts", NULL, err);
	if (status < 0)
		(void)err_context(err, "%s", r->source);
	else
		status = ask(settings, r, &at, &form, out, err);
	service_url_release(&at);
	return status;
}
