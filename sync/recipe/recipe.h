/*
 * recipe: how the machines that pull from a remote are set up, client by client: which files they
 * need, what stands in those, and what is to be typed. Only what is needed: a client that pulls
 * from the bucket's host as it is gets no file.
 *
 *     struct recipe_wish wish = {.client = RECIPE_PODMAN, .options = &options};
 *     struct recipe recipe;
 *     if (recipe_make(&recipe, &wish, err) < 0) …
 *     str_text(&recipe.what) …                            recipe_release(&recipe), in either case
 *
 * Nothing is sent, and nothing is written. What the files mean is said by the clients' manuals:
 * dockerd(8), containers-registries.conf(5), containerd's docs/hosts.md, K3s's "Private Registry
 * Configuration", nginx's ngx_http_proxy_module.
 */
#ifndef DRYDOCK_SYNC_RECIPE_RECIPE_H
#define DRYDOCK_SYNC_RECIPE_RECIPE_H

#include "base/str.h"
#include "sync/run/options.h"

enum recipe_client {
	RECIPE_DOCKER,
	RECIPE_PODMAN, /* and buildah, skopeo, CRI-O */
	RECIPE_CONTAINERD,
	RECIPE_NERDCTL,
	RECIPE_K3S,
	RECIPE_NGINX, /* which stands before a bucket that clients cannot be told of */
	RECIPE_CLIENTS,
	RECIPE_UNKNOWN = RECIPE_CLIENTS,
};

enum { RECIPE_FILES_MAX = 2, RECIPE_TEXT_MAX = 1 << 16 };

struct recipe_file {
	struct str path;    /* where it belongs */
	struct str content; /* all of it, with a line feed at its end */
	const char *note;   /* static; about a file that is there already, or why; "": none */
};

struct recipe {
	struct str what;  /* a sentence, without its full stop */
	struct str image; /* HOST/NAME:TAG, as this client is told it; "" of nginx */
	struct recipe_file files[RECIPE_FILES_MAX];
	unsigned file_count;
	struct str commands; /* to be typed as root when the files are there; a line each */
};

struct recipe_wish { /* borrowed */
	enum recipe_client client;
	const struct sync_options *options; /* where the bucket is */
	const char *pull_host; /* [http[s]://]HOST[:PORT]; NULL: the bucket's own address */
};

/* By one of those names; RECIPE_UNKNOWN. */
enum recipe_client recipe_client_named(const char *name);
const char *recipe_client_name(enum recipe_client client);

/* ERR_CONFIG where the client cannot pull from that address, whatever it is told. */
int recipe_make(struct recipe *recipe, const struct recipe_wish *wish, struct err *err) MUST_CHECK;
void recipe_release(struct recipe *recipe);

#endif
