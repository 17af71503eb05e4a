#include "stage/headers/cloudflare_pages.h"

#include "base/layout.h"

#include <inttypes.h>

/* Of several rules for one path all count, one value behind the other: what was said is unsaid. */
#define AGAIN "  ! Content-Type\n  Content-Type: "

static const struct site_line TAG = {"", "\n" AGAIN, "\n"};

/* With what is not there are sent the headers of its path: nothing may be kept for good. */
static void add_all(const struct site *site, struct str *out)
{
	(void)str_addf(
		out,
		"# For Cloudflare Pages: in the folder that is published, as _headers. Make\n"
		"# it again whenever tags or manifests were staged, moved or removed.\n"
		"/v2/*\n"
		"  Cache-Control: " CACHE_CONTROL_TAG "\n"
		"  Docker-Distribution-API-Version: registry/2.0\n"
		"/v2/\n"
		"  Content-Type: application/json\n"
		"/v2/_catalog\n"
		"  Content-Type: application/json\n"
		"/v2/*/tags/list\n"
		"  Content-Type: application/json\n"
		"/v2/*/manifests/:tag\n"
		"  Content-Type: %s\n",
		site->tag_type);
}

/*
 * A colon and a letter begin a placeholder, also in the middle of a digest, and a path has one
 * asterisk. So a manifest is named by its digits alone, for every folder that they may stand in,
 * and the rules of the other folders follow.
 */
static int add_digits(void *context, const struct digest *d, const char *type, struct err *err)
{
	char text[DIGEST_TEXT_MAX];

	(void)err;
	(void)str_addf(context, "/v2/*%s\n" AGAIN "%s\n", digest_hex(d, text), type);
	return 0;
}

static void add_folders(struct str *out)
{
	for (enum digest_alg alg = DIGEST_SHA256; alg <= DIGEST_SHA512; alg++)
		(void)str_addf(out, "/v2/*/manifests/%s-:hex\n" AGAIN MT_OCI_INDEX "\n",
		               digest_alg_name(alg));
	(void)str_adds(out, "/v2/*/blobs/:digest\n" AGAIN MT_OCTET_STREAM "\n"
	                    "  Docker-Content-Digest: :digest\n"
	                    "/v2/*/referrers/:digest\n" AGAIN MT_OCI_INDEX "\n");
}

int cloudflare_pages_write(const struct site *site, struct str *config, struct err *err)
{
	const uint64_t patterns = 11; /* those of add_all, of manifests by digest, of add_folders */
	uint64_t rules = patterns + site->other_tags + site->others;

	if (rules > CLOUDFLARE_PAGES_RULES)
		return err_set(
			err, ERR_REFUSED,
			"Cloudflare Pages takes %d header rules, and this root needs %" PRIu64
			": one for each tag (%" PRIu64 ") and manifest (%" PRIu64
			") of another type than most",
			CLOUDFLARE_PAGES_RULES, rules, site->other_tags, site->others);
	add_all(site, config);
	if (site_add_tag_types(site, TAG, config, err) < 0)
		return -1;
	for (enum digest_alg alg = DIGEST_SHA256; alg <= DIGEST_SHA512; alg++)
		(void)str_addf(config,
		               "/v2/*/manifests/%s::hex\n" AGAIN "%s\n"
		               "  Docker-Content-Digest: %s::hex\n",
		               digest_alg_name(alg), site->type, digest_alg_name(alg));
	if (site_each_type(site, add_digits, config, err) < 0)
		return -1;
	add_folders(config);
	return 0;
}
