#include "stage/headers/netlify.h"

#include "base/layout.h"

static const struct site_line TAG = {"", "\n  Content-Type: ", "\n"};
static const struct site_line MANIFEST = {"/v2/*/manifests/", "\n  Content-Type: ", "\n"};

/*
 * Of several rules for one path and header the last and narrowest counts, so that what is said of
 * all comes first. Netlify sends the headers of a path also with what is not there: nothing may be
 * kept for good.
 */
int netlify_write(const struct site *site, struct str *config, struct err *err)
{
	(void)str_adds(config,
	               "# For Netlify: in the folder that is published, as _headers. Make it\n"
	               "# again whenever tags or manifests were staged, moved or removed.\n"
	               "/v2/*\n"
	               "  Cache-Control: " CACHE_CONTROL_TAG "\n"
	               "  Docker-Distribution-API-Version: registry/2.0\n"
	               "  X-Content-Type-Options: nosniff\n"
	               "/v2/\n"
	               "  Content-Type: application/json\n"
	               "/v2/_catalog\n"
	               "  Content-Type: application/json\n"
	               "/v2/*/tags/list\n"
	               "  Content-Type: application/json\n"
	               "/v2/*/blobs/*\n"
	               "  Content-Type: " MT_OCTET_STREAM "\n"
	               "/v2/*/referrers/*\n"
	               "  Content-Type: " MT_OCI_INDEX "\n");
	(void)str_addf(config,
	               "/v2/*/manifests/*\n"
	               "  Content-Type: %s\n",
	               site->tag_type);
	if (site_add_tag_types(site, TAG, config, err) < 0)
		return -1;
	for (enum digest_alg alg = DIGEST_SHA256; alg <= DIGEST_SHA512; alg++)
		(void)str_addf(config,
		               "/v2/*/manifests/%s:*\n"
		               "  Content-Type: %s\n"
		               "/v2/*/manifests/%s-*\n"
		               "  Content-Type: " MT_OCI_INDEX "\n",
		               digest_alg_name(alg), site->type, digest_alg_name(alg));
	return site_add_types(site, MANIFEST, config, err);
}
