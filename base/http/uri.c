#include "base/http/uri.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_unreserved(char c)
{
	return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int uri_encode(struct str *out, const char *text, size_t len, enum uri_slash slash)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};

		if (is_unreserved(text[i]) || (c == '/' && slash == URI_KEEP_SLASH))
			(void)str_addc(out, text[i]);
		else
			(void)str_add(out, escaped, sizeof(escaped));
	}
	return out->failed ? -1 : 0;
}

int uri_decode(struct str *out, const char *text, size_t len, bool plus)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)text[i];

		if (byte == '+' && plus)
			byte = ' ';
		if (byte == '%') {
			if (len - i < 3 || hex_parse(text + i + 1, 2, &byte, 1) < 0)
				return -1;
			i += 2;
		}
		if (byte == 0 || str_addc(out, (char)byte) < 0)
			return -1;
	}
	return 0;
}

/* Quotes at most this much of what a user typed. */
enum { QUOTE_MAX = 100 };

static int bad_endpoint(const char *text, const char *why, struct err *err)
{
	/* What stands before an @ may be a password. */
	const char *at = strrchr(text, '@');

	return err_set(err, ERR_CONFIG, "\"%s%.*s\": %s", at ? "…" : "", QUOTE_MAX, at ? at : text,
	               why);
}

/* Splits "host:port" or "[v6]:port" at `len`; the port is 0 when there is none. */
static int split_port(const char *authority, size_t len, size_t *host_len, unsigned *port)
{
	size_t colon = len;
	unsigned value = 0;

	while (colon > 0 && authority[colon - 1] >= '0' && authority[colon - 1] <= '9')
		colon--;
	*port = 0;
	*host_len = len;
	if (colon == 0 || authority[colon - 1] != ':')
		return 0;
	if (colon == len || len - colon > 5)
		return -1;
	for (size_t i = colon; i < len; i++)
		value = value * 10 + (unsigned)(authority[i] - '0');
	if (value == 0 || value > 65535)
		return -1;
	*port = value;
	*host_len = colon - 1;
	return 0;
}

static bool is_ipv6(const char *host, size_t len)
{
	if (len < 4 || host[0] != '[' || host[len - 1] != ']')
		return false;
	for (size_t i = 1; i < len - 1; i++)
		if (!strchr("0123456789abcdef:.", host[i]))
			return false;
	return true;
}

/* Letters, digits, - and _, with no - at an end (RFC 952), where a host would look like an option.
 */
static bool is_label(const char *label, size_t len)
{
	if (len == 0 || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(label[i]) && label[i] != '-' && label[i] != '_')
			return false;
	return true;
}

/* Labels, joined by single dots. */
static bool is_host(const char *host, size_t len)
{
	if (is_ipv6(host, len))
		return true;
	for (size_t at = 0, n; at <= len; at += n + 1) {
		for (n = 0; at + n < len && host[at + n] != '.'; n++)
			;
		if (!is_label(host + at, n))
			return false;
	}
	return true;
}

static int parse_host(struct uri_endpoint *uri, const char *authority, size_t len, const char *text,
                      struct err *err)
{
	size_t host_len;

	if (split_port(authority, len, &host_len, &uri->port) < 0)
		return bad_endpoint(text, "the port must be 1 to 65535", err);
	if (host_len > URI_HOST_MAX)
		return bad_endpoint(text, "the host is too long", err);
	for (size_t i = 0; i < host_len; i++) {
		char c = authority[i];

		uri->host[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	uri->host[host_len] = '\0';
	if (!is_host(uri->host, host_len))
		return bad_endpoint(text, "no valid host name (say https://HOST[:PORT])", err);
	return 0;
}

int uri_parse_endpoint(struct uri_endpoint *uri, const char *text, struct err *err)
{
	const char *rest = text;
	size_t len;

	memset(uri, 0, sizeof(*uri));
	uri->https = true;
	if (strncmp(text, "https://", 8) == 0) {
		rest += 8;
	} else if (strncmp(text, "http://", 7) == 0) {
		rest += 7;
		uri->https = false;
	} else if (strstr(text, "://")) {
		return bad_endpoint(text, "only http and https are spoken", err);
	}
	if (strpbrk(rest, "@"))
		return bad_endpoint(text, "user names do not belong into it", err);
	if (strpbrk(rest, "?#"))
		return bad_endpoint(text, "queries and fragments do not belong into it", err);
	len = strcspn(rest, "/");
	if (parse_host(uri, rest, len, text, err) < 0)
		return -1;
	rest += len;
	for (len = strlen(rest); len > 0 && rest[len - 1] == '/'; len--)
		;
	if (len > URI_PATH_MAX)
		return bad_endpoint(text, "the path is too long", err);
	for (size_t i = 0; i < len; i++)
		if (!is_unreserved(rest[i]) && rest[i] != '/')
			return bad_endpoint(text, "odd characters in the path", err);
	memcpy(uri->path, rest, len);
	return 0;
}

bool uri_host_is_loopback(const char *host)
{
	struct in_addr address;

	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}
