#include "base/http/header.h"

#include <stdbool.h>
#include <string.h>

size_t header_token_length(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                    "!#$%&'*+-.^_`|~");
}

int header_read_value(const char **at, const char *ends, struct str *value, struct err *err)
{
	const char *p = *at;
	bool quoted = *p == '"';

	(void)str_add(value, "", 0); /* so that there is a text if it is empty */
	for (p += quoted; *p; p++) {
		if (quoted ? *p == '"' : strchr(HEADER_BLANK "\"", *p) || strchr(ends, *p))
			break;
		if (quoted && *p == '\\')
			p++; /* to the end of the text at most, which is refused */
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return err_set(err, ERR_MALFORMED, "control character in a value");
		(void)str_addc(value, *p);
	}
	if (quoted && *p != '"')
		return err_set(err, ERR_MALFORMED, "a quoted value does not end");
	*at = p + quoted;
	return str_check(value, "a header's value", err);
}
