/*
 * recipe_internal: what the files of this folder share: the facts of a remote that recipes are made
 * of, and a function for each client. Pure.
 */
#ifndef DRYDOCK_SYNC_RECIPE_RECIPE_INTERNAL_H
#define DRYDOCK_SYNC_RECIPE_RECIPE_INTERNAL_H

#include "sync/doctor/pull_address.h"
#include "sync/recipe/recipe.h"

struct recipe_place { /* borrowed */
	const struct pull_address *address;
	const struct endpoint *endpoint;
	const char *url;         /* s3://BUCKET[/PREFIX] */
	const char *object_url;  /* http[s]://…/ of the prefix in the bucket */
	const char *object_host; /* its Host header */
	const char *ca_bundle;   /* NULL: the authorities that everybody knows */
	bool no_verify;          /* its certificate cannot be checked */
	bool host_given;         /* --pull-host: not the bucket's own address */
};

/* Whether clients can be given a host, or could only be given a path below one. */
static inline bool recipe_is_below_path(const struct recipe_place *p)
{
	return p->address->kind == PULL_BELOW_PATH || p->address->kind == PULL_DOTTED;
}

static inline bool recipe_is_https(const struct recipe_place *p)
{
	return p->address->base[4] == 's';
}

/* Whether a certificate is shown of which clients must be told the authority. */
static inline bool recipe_has_own_ca(const struct recipe_place *p)
{
	return recipe_is_https(p) && p->ca_bundle && !p->no_verify;
}

/* Of the clients that are spoken of: ", by http" and the like, or ", as it is" without `told`. */
void recipe_say_what(struct recipe *r, const char *client, const struct recipe_place *p, bool told);
/* The next file; `note` is static. */
struct recipe_file *recipe_add_file(struct recipe *r, const char *note);
/* install -D … of the authority's certificates to `folder`/`name`/ca.crt. */
void recipe_add_ca(struct recipe *r, const struct recipe_place *p, const char *folder,
                   const char *name);

int recipe_docker(struct recipe *r, const struct recipe_place *p, struct err *err) MUST_CHECK;
int recipe_podman(struct recipe *r, const struct recipe_place *p, struct err *err) MUST_CHECK;
int recipe_containerd(struct recipe *r, const struct recipe_place *p, struct err *err) MUST_CHECK;
int recipe_nerdctl(struct recipe *r, const struct recipe_place *p, struct err *err) MUST_CHECK;
int recipe_k3s(struct recipe *r, const struct recipe_place *p, struct err *err) MUST_CHECK;
int recipe_nginx(struct recipe *r, const struct recipe_place *p, struct err *err) MUST_CHECK;

/* The recipe of `client`, which recipe_make makes: for tests. */
int recipe_write(struct recipe *r, enum recipe_client client, const struct recipe_place *p,
                 struct err *err) MUST_CHECK;
void recipe_init(struct recipe *r);

#endif
