#include "sync/doctor/findings.h"

#include "base/cleanup.h"

#include <stdio.h>

enum { WHAT_MAX = ERR_MESSAGE_MAX, REMEDY_MAX = 16 << 10 };

static const struct {
	const char *name, *why;
} checks[DOCTOR_CHECKS] = {
	[CHECK_CREDENTIALS] = {"credentials", "without a key nothing can be sent"},
	[CHECK_ENDPOINT] = {"endpoint",
                            "the S3 service must be there, under a certificate that holds"},
	[CHECK_CLOCK] = {"clock",
                         "signatures are good for 15 minutes; drydock goes by the server's "
                         "clock, other tools and certificates do not"},
	[CHECK_REGION] = {"region", "signatures name it; finding it out costs each run a request"},
	[CHECK_KEY] = {"key", "the server must know the key, and the signature must fit"},
	[CHECK_LIST] = {"list", "sync compares the bucket's listing with the root"},
	[CHECK_PUT] = {"put", "sync sends every object this way"},
	[CHECK_GET] = {"get",
                       "sync reads lists before it unites them, and verify reads everything"},
	[CHECK_CONDITIONS] = {"conditions",
                              "two roots that write one list do not overwrite each other by them"},
	[CHECK_MULTIPART] = {"multipart",
                             "large blobs go in parts, which a lost link does not lose"},
	[CHECK_ABORT] = {"abort", "uploads that nothing needs any more cost money until they go"},
	[CHECK_DELETE] = {"delete", "sync --delete and tags that were untagged need it"},
	[CHECK_ADDRESS] = {"address", "container clients ask for /v2/ at a host, not below a path"},
	[CHECK_REACH] = {"reach", "clients must get there, and trust the certificate"},
	[CHECK_PING] = {"v2/", "podman, skopeo, CRI-O and others ask for it first; docker does not "
                               "mind"},
	[CHECK_MISSING] = {"missing",
                           "clients ask for signatures and referrers that are not there: "
                           "only 404 says so"},
	[CHECK_MANIFESTS] = {"manifests", "what cannot be read cannot be pulled"},
	[CHECK_TYPES] = {"types", "Content-Type alone tells clients what a manifest is"},
	[CHECK_BYTES] = {"bytes", "clients hash what they get, and refuse all else"},
	[CHECK_GZIP] = {"gzip",
                        "what is compressed on the way loses its length, for some clients its "
                        "digest"},
	[CHECK_RANGE] = {"range",
                         "a pull that broke off goes on with it, and lazy pulling needs it"},
	[CHECK_RANGES] = {"ranges", "podman with enable_partial_images asks for several at once, "
                                    "and fails where only the first comes"},
	[CHECK_TAGS] = {"tags/list", "by it people and tools find the tags"},
	[CHECK_REFERRERS] = {"referrers",
                             "cosign, oras and others find signatures and SBOMs of an image by "
                             "them"},
	[CHECK_CACHE] = {"cache", "a tag that is cached too long shows its old image"},
	[CHECK_CORS] = {"cors", "pages of other hosts that show a registry need it"},
	[CHECK_PULL] = {"pull", "nothing shows better than a pull that a pull works"},
	[CHECK_REDIRECT] = {"redirect", "clients follow redirects, but not from https to http"},
};

const char *doctor_verdict_name(enum doctor_verdict verdict)
{
	static const char *const names[DOCTOR_VERDICTS] = {"pass", "warn", "fail", "skip"};

	return names[verdict];
}

void findings_front(struct findings *f, const char *front)
{
	f->place->front = front;
}

void findings_image(struct findings *f, const char *image)
{
	f->place->image = image;
}

static void tell(struct findings *f, struct doctor_finding *finding, enum doctor_check check,
                 enum remedy remedy)
{
	AUTO_STR struct str text = STR_INIT(REMEDY_MAX);

	remedy_add(&text, remedy, f->place);
	finding->side = check < CHECK_ADDRESS ? "writer" : "client";
	finding->name = checks[check].name;
	finding->why = checks[check].why;
	finding->remedy = str_text(&text);
	f->counts[finding->verdict]++;
	if (finding->verdict == DOCTOR_FAIL)
		f->worst = err_worse(f->worst, finding->code);
	f->tell(f->context, finding);
}

PRINTF_LIKE(5, 0)
static void add(struct findings *f, enum doctor_check check, struct doctor_finding *finding,
                enum remedy remedy, const char *fmt, va_list args)
{
	char what[WHAT_MAX];

	(void)vsnprintf(what, sizeof(what), fmt, args);
	finding->what = what;
	tell(f, finding, check, remedy);
}

void findings_add(struct findings *f, enum doctor_check check, enum doctor_verdict verdict,
                  enum remedy remedy, const char *fmt, ...)
{
	struct doctor_finding finding = {.verdict = verdict, .code = ERR_OTHER};
	va_list args;

	va_start(args, fmt);
	add(f, check, &finding, remedy, fmt, args);
	va_end(args);
}

void findings_fail(struct findings *f, enum doctor_check check, enum err_code code,
                   enum remedy remedy, const char *fmt, ...)
{
	struct doctor_finding finding = {.verdict = DOCTOR_FAIL, .code = code};
	va_list args;

	va_start(args, fmt);
	add(f, check, &finding, remedy, fmt, args);
	va_end(args);
}

void findings_skip(struct findings *f, enum doctor_check first, enum doctor_check last,
                   const char *because)
{
	for (int check = (int)first; check <= (int)last; check++)
		findings_add(f, (enum doctor_check)check, DOCTOR_SKIP, REMEDY_NONE, "%s", because);
}
