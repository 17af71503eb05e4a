#include "sync/s3/etag_meaning.h"

#include "sync/s3/etag.h"

#include <string.h>

/* By a key of the service or of the customer: the ETag is then no MD5. */
static bool is_encrypted(const struct s3_head *head)
{
	return head->sse_customer || (head->sse && strncmp(head->sse, "aws:kms", 7) == 0);
}

enum etag_meaning etag_meaning(const struct provider *provider, const char *etag,
                               const struct s3_head *head)
{
	struct etag parsed;

	if (!provider_has(provider, PROVIDER_MD5_ETAG) || (head && is_encrypted(head)))
		return ETAG_IS_OPAQUE;
	if (!provider_has(provider, PROVIDER_COMPOSITE_ETAG) && etag_parse(&parsed, etag) &&
	    parsed.parts > 0)
		return ETAG_IS_OPAQUE;
	return !head && provider_has(provider, PROVIDER_KMS) ? ETAG_MAY_TELL : ETAG_TELLS;
}
