/*
 * bare_upload: what libcurl alone takes to PUT many files: no hash of them, no state, no retry.
 *
 *     bare_upload URL TRANSFERS [unsigned|same] <LIST        LIST: lines of FILE <tab> KEY
 *
 * A floor for what drydock may take. With `same` the objects become what a registry serves: they
 * have the headers of a blob that drydock sends, which cost the server time; without it they are
 * bytes alone. libcurl signs the requests, with UNSIGNED-PAYLOAD and the
 * credentials of the environment; unsigned ones need a bucket that everybody may write. libcurl
 * 7.88 signs the path as it is given, so the only odd character of a key, the colon, is encoded
 * here.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_MAX_BYTES = 8192, TRANSFERS_MAX = 256 };

struct transfer {
	CURL *easy;
	FILE *file; /* NULL: idle */
	char line[LINE_MAX_BYTES];
};

struct uploader {
	const char *url;
	CURLM *multi;
	struct curl_slist *headers;
	const char *user; /* ACCESS:SECRET; NULL: unsigned */
	struct transfer *transfers;
	int count, flying;
};

static void die(const char *what, const char *on)
{
	(void)fprintf(stderr, "bare_upload: %s: %s\n", what, on);
	exit(1);
}

static void set_url(const struct uploader *u, struct transfer *t, const char *key)
{
	char url[4 * LINE_MAX_BYTES];
	size_t len = (size_t)snprintf(url, sizeof(url), "%s/", u->url);

	for (; *key && len + 4 < sizeof(url); key++) {
		if (*key == ':') {
			memcpy(url + len, "%3A", 3);
			len += 3;
		} else {
			url[len++] = *key;
		}
	}
	url[len] = '\0';
	curl_easy_setopt(t->easy, CURLOPT_URL, url);
}

/* Starts the next file of the list; 0 when there is none left. */
static int start(struct uploader *u, struct transfer *t)
{
	struct stat st;
	char *tab;

	if (!fgets(t->line, sizeof(t->line), stdin))
		return 0;
	t->line[strcspn(t->line, "\n")] = '\0';
	tab = strchr(t->line, '\t');
	if (!tab)
		die("no tab in the line", t->line);
	*tab = '\0';
	t->file = fopen(t->line, "rb");
	if (!t->file || fstat(fileno(t->file), &st) < 0)
		die("cannot be read", t->line);
	set_url(u, t, tab + 1);
	if (u->user) {
		curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:s3");
		curl_easy_setopt(t->easy, CURLOPT_USERPWD, u->user);
	}
	curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, u->headers);
	curl_easy_setopt(t->easy, CURLOPT_READDATA, t->file);
	curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)st.st_size);
	curl_easy_setopt(t->easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	if (curl_multi_add_handle(u->multi, t->easy) != CURLM_OK)
		die("libcurl refuses", t->line);
	u->flying++;
	return 1;
}

/* Ends what is done and starts others in its place. */
static void reap(struct uploader *u)
{
	struct transfer *t;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(u->multi, &left))) {
		CURL *easy = msg->easy_handle;
		CURLcode code = msg->data.result;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
		if (code != CURLE_OK)
			die(t->line, curl_easy_strerror(code));
		(void)curl_multi_remove_handle(u->multi, easy);
		(void)fclose(t->file);
		u->flying--;
		(void)start(u, t);
	}
}

static void run(struct uploader *u)
{
	int running;

	for (int i = 0; i < u->count; i++) {
		u->transfers[i].easy = curl_easy_init();
		if (!u->transfers[i].easy)
			die("out of memory", "curl_easy_init");
		(void)start(u, &u->transfers[i]);
	}
	while (u->flying > 0) {
		(void)curl_multi_perform(u->multi, &running);
		reap(u);
		if (u->flying > 0)
			(void)curl_multi_poll(u->multi, NULL, 0, 1000, NULL);
	}
}

/* As sync/run/object_headers.h says; the values are anybody's. */
static const char *const same_headers[] = {
	"Content-Type: application/octet-stream",
	"Cache-Control: public, max-age=31536000, immutable, no-transform",
	"x-amz-meta-drydock-token: 00112233445566778899aabbccddeeff",
	"x-amz-meta-drydock-sha256: "
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
};

int main(int argc, char **argv)
{
	struct uploader u = {0};
	bool same = argc == 4 && strcmp(argv[3], "same") == 0;
	char user[512];
	const char *access = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");

	u.count = argc == 3 || argc == 4 ? atoi(argv[2]) : 0;
	if (u.count < 1 || u.count > TRANSFERS_MAX || ((argc == 3 || same) && !(access && secret)))
		die("usage", "bare_upload URL TRANSFERS [unsigned|same] <LIST");
	if (argc == 3 || same) {
		(void)snprintf(user, sizeof(user), "%s:%s", access, secret);
		u.user = user;
	}
	u.url = argv[1];
	curl_global_init(CURL_GLOBAL_DEFAULT);
	u.multi = curl_multi_init();
	/* No "Expect:" here: this libcurl would sign the header that it does not send. */
	u.headers = curl_slist_append(NULL, "x-amz-content-sha256: UNSIGNED-PAYLOAD");
	for (size_t i = 0; same && i < sizeof(same_headers) / sizeof(*same_headers); i++)
		u.headers = curl_slist_append(u.headers, same_headers[i]);
	u.transfers = calloc((size_t)u.count, sizeof(*u.transfers));
	if (!u.multi || !u.headers || !u.transfers)
		die("out of memory", "start");
	run(&u);
	for (int i = 0; i < u.count; i++)
		curl_easy_cleanup(u.transfers[i].easy);
	curl_multi_cleanup(u.multi);
	curl_slist_free_all(u.headers);
	free(u.transfers);
	return 0;
}
