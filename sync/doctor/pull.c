#include "sync/doctor/pull.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/stop.h"
#include "base/units.h"
#include "base/user_file.h"
#include "sync/doctor/client_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
	WORDS_MAX = 32,
	TOLD_MAX = 16 << 10, /* of what the client prints */
	DESCRIPTORS = 16,    /* of nftw */
	TMPDIR_MAX = 24,     /* podman puts up with 50 bytes of what is called below it */
	REF_MAX = PULL_ADDRESS_MAX + KEY_MAX,
};

#define ANY_POLICY "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}"

/* What one pull needs. All that it writes lies in `folder`. */
struct pull {
	struct client *client;
	char folder[PATH_MAX];
	char ref[REF_MAX]; /* HOST[:PORT]/NAME:TAG, or @DIGEST */
	const char *image; /* in it: what follows the host */
	bool https;
	struct str output;   /* owned: what the program prints */
	struct str errors;   /* owned */
	const char *program; /* that ran */
	int status;
};

/* Words for a program; texts of its own are kept until words_release. */
struct words {
	char *word[WORDS_MAX + 1];
	size_t count;
	bool failed;
};

static void words_add(struct words *w, const char *text)
{
	if (w->count < WORDS_MAX)
		w->word[w->count] = strdup(text);
	if (w->count == WORDS_MAX || !w->word[w->count])
		w->failed = true;
	else
		w->count++;
}

/* PREFIX and the path of NAME in the folder, as one word. */
static void words_add_path(struct words *w, const struct pull *p, const char *prefix,
                           const char *name)
{
	AUTO_STR struct str text = STR_INIT(PATH_MAX + 100);

	if (str_addf(&text, "%s%s/%s", prefix, p->folder, name) < 0)
		w->failed = true;
	else
		words_add(w, str_text(&text));
}

static void words_release(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->word[i]);
}

static void skopeo_words(struct words *w, const struct pull *p)
{
	AUTO_STR struct str from = STR_INIT(REF_MAX + 20);

	words_add(w, "skopeo");
	words_add(w, "--insecure-policy"); /* as to signatures: there is no policy here */
	words_add_path(w, p, "--registries-conf=", "registries.conf");
	words_add_path(w, p, "--tmpdir=", "");
	words_add(w, "copy");
	words_add(w, "--quiet");
	words_add(w, "--src-no-creds");
	words_add_path(w, p, "--src-cert-dir=", "certs");
	words_add(w, p->https ? "--src-tls-verify=true" : "--src-tls-verify=false");
	if (str_addf(&from, "docker://%s", p->ref) < 0)
		w->failed = true;
	words_add(w, str_text(&from));
	words_add_path(w, p, "dir:", "image");
}

/* Storage of its own, without a driver that mounts anything. */
static void podman_storage_words(struct words *w, const struct pull *p)
{
	words_add(w, "podman");
	words_add_path(w, p, "--registries-conf=", "registries.conf");
	words_add_path(w, p, "--root=", "root");
	words_add_path(w, p, "--runroot=", "run");
	words_add_path(w, p, "--tmpdir=", "tmp");
	words_add(w, "--storage-driver=vfs");
	words_add(w, "--storage-opt=vfs.ignore_chown_errors=true");
}

static void podman_words(struct words *w, const struct pull *p)
{
	podman_storage_words(w, p);
	words_add(w, "pull");
	words_add(w, "--quiet");
	words_add_path(w, p, "--authfile=", "auth.json");
	words_add_path(w, p, "--signature-policy=", "policy.json");
	words_add_path(w, p, "--cert-dir=", "certs");
	words_add(w, p->https ? "--tls-verify=true" : "--tls-verify=false");
	words_add(w, p->ref);
}

/* Of another user than root, layers hold files that only podman itself may remove. */
static void podman_clean_words(struct words *w, const struct pull *p)
{
	podman_storage_words(w, p);
	words_add(w, "rmi");
	words_add(w, "--all");
	words_add(w, "--force");
}

typedef void words_fn(struct words *w, const struct pull *p);

/* 1 it ran to its end, 0 it is not installed, -1. */
static int run(struct pull *p, words_fn *make_words, struct err *err)
{
	struct words w = {0};
	struct process process = {
		.words = w.word, .input = "", .deadline_ms = monotonic_ms() + PULL_MS};
	int result = 0;

	make_words(&w, p);
	str_clear(&p->output);
	str_clear(&p->errors);
	if (w.failed)
		result = err_memory(err);
	else if (process_run(&process, &p->output, &p->errors, &p->status, err) == 0)
		result =
			WIFEXITED(p->status) && WEXITSTATUS(p->status) == PROCESS_NOT_FOUND ? 0 : 1;
	else
		result = err->code == ERR_CONFIG && err->sys_errno == ENOENT ? 0 : -1;
	words_release(&w);
	return result;
}

/* ---- the folder */

static int put_text(const struct pull *p, const char *name, const char *text, struct err *err)
{
	AUTO_STR struct str path = STR_INIT(PATH_MAX);
	AUTO_CLOSE int fd = -1;

	if (str_addf(&path, "%s/%s", p->folder, name) < 0)
		return err_memory(err);
	fd = file_create(AT_FDCWD, str_text(&path), FILE_MODE_PRIVATE, err);
	return fd < 0 ? -1 : file_write(fd, text, strlen(text), str_text(&path), err);
}

/* Clients take every *.crt of the folder for an authority. */
static int put_certs(const struct pull *p, struct err *err)
{
	const char *ca_bundle = p->client->settings->options->ca_bundle;
	AUTO_STR struct str path = STR_INIT(PATH_MAX), certs = STR_INIT(1 << 22);

	if (str_addf(&path, "%s/certs", p->folder) < 0)
		return err_memory(err);
	if (file_make_dir(AT_FDCWD, str_text(&path), DIR_MODE_PRIVATE, err) < 0)
		return -1;
	if (!ca_bundle)
		return 0;
	return user_file_read(ca_bundle, &certs, err) < 0
	               ? -1
	               : put_text(p, "certs/ca.crt", str_text(&certs), err);
}

static int make_folder(struct pull *p, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	int len;

	if (!tmp || !*tmp || strlen(tmp) > TMPDIR_MAX)
		tmp = "/tmp";
	len = snprintf(p->folder, sizeof(p->folder), "%s/drydock-doctor.XXXXXX", tmp);
	if (len < 0 || (size_t)len >= sizeof(p->folder) || !mkdtemp(p->folder)) {
		p->folder[0] = '\0';
		return err_sys(err, "a temporary folder");
	}
	if (put_text(p, "registries.conf", "", err) < 0 ||
	    put_text(p, "auth.json", "{}", err) < 0 ||
	    put_text(p, "policy.json", ANY_POLICY, err) < 0)
		return -1;
	return put_certs(p, err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path);
	return 0;
}

static void remove_folder(struct pull *p)
{
	if (p->folder[0])
		(void)nftw(p->folder, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* ---- what came of it */

/* The client's last line, which says what went wrong, without the fields before it. */
static const char *complaint(struct str *errors)
{
	char *text = errors->data, *line, *message;
	size_t len = errors->len;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '"'))
		text[--len] = '\0';
	if (len == 0)
		return "it gave no reason";
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	message = strstr(line, " msg=\"");
	return message ? message + strlen(" msg=\"") : line;
}

static void tell(struct pull *p, const struct manifests *m)
{
	struct findings *f = p->client->findings;
	char size[UNITS_TEXT_MAX];

	if (WIFEXITED(p->status) && WEXITSTATUS(p->status) == 0) {
		findings_add(f, CHECK_PULL, DOCTOR_PASS, REMEDY_NONE,
		             "%s pulls %s, of %s, and nothing stays here", p->program, p->image,
		             size_text(m->image_bytes, size));
		return;
	}
	client_breaks(p->client, CLIENT_PODMAN);
	findings_image(f, p->image);
	findings_fail(f, CHECK_PULL, ERR_OTHER, REMEDY_PULL, "%s cannot pull %s: %.300s",
	              p->program, p->image, complaint(&p->errors));
}

/* docker://NAME/… is docker's own hub when NAME could be no host. */
static const char *host_of(const struct pull_address *a)
{
	return strpbrk(a->host, ".:") || strcmp(a->host, "localhost") == 0 ? a->host : a->connect;
}

static int make_ref(struct pull *p, const char *key, struct err *err)
{
	const struct pull_address *a = p->client->settings->address;
	struct key_parts parts;
	char digest[DIGEST_TEXT_MAX];
	bool by_tag;

	(void)layout_parse(&parts, key);
	by_tag = parts.object_class == CLASS_TAG;
	(void)snprintf(p->ref, sizeof(p->ref), "%s/%s%c%s", host_of(a), parts.repo,
	               by_tag ? ':' : '@', by_tag ? parts.tag : digest_text(&parts.digest, digest));
	p->image = p->ref + strlen(host_of(a)) + 1;
	p->https = strncmp(a->base, "https:", 6) == 0;
	return stop_check(err);
}

/* 1 it ran, 0 neither is installed, -1. */
static int run_either(struct pull *p, struct err *err)
{
	struct err ignored = ERR_INIT;
	int ran;

	p->program = "skopeo";
	ran = run(p, skopeo_words, err);
	if (ran != 0)
		return ran;
	*err = (struct err)ERR_INIT;
	p->program = "podman";
	ran = run(p, podman_words, err);
	if (ran > 0) {
		struct pull clean = *p;

		clean.output = clean.errors = (struct str)STR_INIT(TOLD_MAX);
		(void)run(&clean, podman_clean_words, &ignored);
		str_release(&clean.output);
		str_release(&clean.errors);
	}
	return ran;
}

static int pull(struct pull *p, const struct manifests *m, struct err *err)
{
	struct findings *f = p->client->findings;
	int ran;

	if (make_ref(p, m->image_key, err) < 0)
		return -1;
	if (make_folder(p, err) < 0) {
		findings_add(f, CHECK_PULL, DOCTOR_WARN, REMEDY_NONE, "%s", err->message);
		return 0;
	}
	ran = run_either(p, err);
	if (ran < 0 && err->code != ERR_CONFIG && err->code != ERR_MAX_DURATION)
		return -1;
	if (ran < 0)
		findings_add(f, CHECK_PULL, DOCTOR_WARN, REMEDY_NONE, "%s: %s", p->program,
		             err->message);
	else if (ran == 0)
		findings_skip(f, CHECK_PULL, CHECK_PULL, "neither skopeo nor podman is installed");
	else
		tell(p, m);
	return 0;
}

/* NULL: there is something that can be pulled. */
static const char *reason_not_to(const struct client *c, const struct manifests *m, char text[100])
{
	const struct pull_address *a = c->settings->address;
	char size[UNITS_TEXT_MAX];

	if (c->settings->pull == CLIENT_DOES_NOT_PULL)
		return "left out (--no-pull)";
	if (a->kind == PULL_BELOW_PATH || a->kind == PULL_DOTTED || a->host[0] == '[')
		return "no client can be told this address";
	if (!m->image_key[0])
		return "no image for one platform was among what was looked at";
	if (m->image_bytes <= PULL_BYTES_MAX)
		return NULL;
	(void)snprintf(text, 100, "the smallest image has %s, and so much is not pulled for this",
	               size_text(m->image_bytes, size));
	return text;
}

int pull_check(struct client *c, const struct manifests *m, struct err *err)
{
	struct pull p = {.client = c, .output = STR_INIT(TOLD_MAX), .errors = STR_INIT(TOLD_MAX)};
	char text[100];
	const char *reason = reason_not_to(c, m, text);
	int result = 0;

	if (reason)
		findings_skip(c->findings, CHECK_PULL, CHECK_PULL, reason);
	else
		result = pull(&p, m, err);
	findings_image(c->findings, "");
	remove_folder(&p);
	str_release(&p.output);
	str_release(&p.errors);
	return result;
}
