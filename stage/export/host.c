#include "stage/export/host.h"

#include "base/units.h"
#include "stage/headers/site.h"

#include <inttypes.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)

static const struct export_host HOSTS[] = {
	{.name = "netlify",
         .title = "Netlify",
         .headers = HEADERS_NETLIFY,
         .folder_files_max = 54000,
         .lacks = {"no Docker-Content-Digest: clients compute it from what they fetch",
                   "lists come whole (no n and last), referrers unfiltered, and what is not there "
                   "is a plain 404"}},
	{.name = "cloudflare-pages",
         .title = "Cloudflare Pages",
         .headers = HEADERS_CLOUDFLARE_PAGES,
         .file_bytes_max = 25 * MIB,
         .files_max = 100000,
         .files_free = 20000,
         .lacks = {"no Docker-Content-Digest with tags, only with what is named by its digest",
                   "lists come whole (no n and last), referrers unfiltered, and what is not there "
                   "is a plain 404",
                   "blobs come from their beginning only: a pull that was cut begins anew"}},
	{.name = "github-pages",
         .title = "GitHub Pages",
         .headers = HEADERS_UNKNOWN,
         .file_bytes_max = 100 * MIB,
         .site_bytes_max = 1000000000,
         .lacks = {"it sets no Content-Type for manifests, which docker, podman, containerd and "
                   "skopeo need: none of them can pull",
                   "drydock stage docker://… can, and whatever fetches blobs by digest"}},
};

#define HOSTS_COUNT (sizeof(HOSTS) / sizeof(HOSTS[0]))

const struct export_host *export_host_at(size_t i)
{
	return i < HOSTS_COUNT ? &HOSTS[i] : NULL;
}

const struct export_host *export_host_named(const char *name)
{
	for (size_t i = 0; i < HOSTS_COUNT; i++)
		if (strcmp(HOSTS[i].name, name) == 0)
			return &HOSTS[i];
	return NULL;
}

int export_host_check(const struct export_host *host, const struct host_load *load,
                      const struct event_sink *sink, struct err *err)
{
	const uint64_t files = load->files + 1; /* the marker */
	char size[UNITS_TEXT_MAX], most[UNITS_TEXT_MAX];

	if (host->file_bytes_max && load->too_large > 0)
		return err_set(err, ERR_REFUSED,
		               "%s takes files of at most %s: %s has %s (files that are larger: "
		               "%" PRIu64 ")",
		               host->title, size_text(host->file_bytes_max, most), load->largest,
		               size_text(load->largest_bytes, size), load->too_large);
	if (host->files_max && files > host->files_max)
		return err_set(err, ERR_REFUSED,
		               "%s takes at most %" PRIu64 " files, and there are %" PRIu64,
		               host->title, host->files_max, files);
	if (host->folder_files_max && load->folder_files > host->folder_files_max)
		return err_set(err, ERR_REFUSED,
		               "%s takes at most %" PRIu64 " files in a folder: %s has %" PRIu64,
		               host->title, host->folder_files_max, load->folder,
		               load->folder_files);
	if (host->site_bytes_max && load->bytes > host->site_bytes_max)
		return err_set(err, ERR_REFUSED, "%s takes sites of at most %s: this one has %s",
		               host->title, size_text(host->site_bytes_max, most),
		               size_text(load->bytes, size));
	if (host->files_free && files > host->files_free)
		event_warning(sink,
		              "%" PRIu64 " files: %s takes at most %" PRIu64 " with a free plan",
		              files, host->title, host->files_free);
	return 0;
}

/* All that may be wanted, in the order of their keys. */
static const char *const KEYS[HOST_FILES_MAX] = {".nojekyll", "404.html", "_headers",
                                                 "v2/index.html"};
enum { KEY_NOJEKYLL, KEY_404, KEY_HEADERS, KEY_PING };

bool host_files_know(const char *key)
{
	for (size_t i = 0; i < HOST_FILES_MAX; i++)
		if (strcmp(KEYS[i], key) == 0)
			return true;
	return false;
}

static struct str *add_file(struct host_files *files, int key)
{
	struct host_file *file = &files->files[files->count++];

	*file = (struct host_file){KEYS[key], STR_INIT(HEADERS_TEXT_MAX), key == KEY_404};
	return &file->text;
}

static int add_headers(struct host_files *files, const struct export_host *host,
                       const struct root *root, struct err *err)
{
	struct headers_wish wish = {.server = host->headers};
	struct headers_text text = HEADERS_TEXT_INIT;
	int result = headers_write(root, &wish, &text, err);

	if (result == 0)
		(void)str_add(add_file(files, KEY_HEADERS), str_text(&text.config),
		              text.config.len);
	headers_text_release(&text);
	return result;
}

int host_files_make(struct host_files *files, const struct export_host *host,
                    const struct root *root, struct err *err)
{
	*files = (struct host_files){.count = 0};
	if (!host)
		return 0;
	/* Without it GitHub leaves out what begins with _, such as v2/_catalog. */
	if (host->headers == HEADERS_UNKNOWN)
		(void)add_file(files, KEY_NOJEKYLL);
	/* Without one of the site Cloudflare takes what is not there for a page of it. */
	(void)str_adds(add_file(files, KEY_404), SITE_ERROR("NOT_FOUND", "there is no such thing"));
	if (host->headers != HEADERS_UNKNOWN && add_headers(files, host, root, err) < 0)
		return -1;
	(void)str_adds(add_file(files, KEY_PING), "{}");
	for (size_t i = 0; i < files->count; i++)
		if (str_check(&files->files[i].text, files->files[i].key, err) < 0)
			return -1;
	return 0;
}

void host_files_release(struct host_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		str_release(&files->files[i].text);
	files->count = 0;
}
