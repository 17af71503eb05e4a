/*
 * containerd, and what stands on it: nerdctl and k3s. Each name of a registry can be told to mean
 * any URL, also one below a path.
 */
#include "sync/recipe/recipe_internal.h"

#include <ctype.h>
#include <string.h>

#define CERTS_D   "/etc/containerd/certs.d"
#define K3S_CERTS "/etc/rancher/k3s/certs"

/*
 * The name that images of a bucket below a path are called by. It is looked up in no DNS: .internal
 * is kept free for that. It has a dot, by which clients tell a host from a name of Docker Hub.
 */
static void add_made_up_name(struct str *out, const struct endpoint *e)
{
	for (const char *at = e->prefix; *at; at++)
		(void)str_addc(out, isalnum((unsigned char)*at) ? (char)tolower(*at)
		                    : at[1]                     ? '-'
		                                                : '.');
	for (const char *at = e->bucket; *at; at++)
		(void)str_addc(out, *at == '_' ? '-' : (char)tolower(*at));
	(void)str_adds(out, ".internal");
}

static void add_name(struct str *out, const struct recipe_place *p)
{
	if (recipe_is_below_path(p))
		add_made_up_name(out, p->endpoint);
	else
		(void)str_adds(out, p->address->host);
}

/*
 * Whether containerd has to be told anything. It takes http of this machine by itself, if a port is
 * said.
 */
static bool must_be_told(const struct recipe_place *p)
{
	const struct pull_address *a = p->address;
	bool plain =
		a->kind == PULL_HTTP || (a->kind == PULL_LOCAL && strcmp(a->host, a->connect) != 0);

	return recipe_is_below_path(p) || plain || recipe_has_own_ca(p) ||
	       (recipe_is_https(p) && p->no_verify);
}

/* The URL of it: with override_path as it stands, else of the host. */
static void add_url(struct str *out, const struct recipe_place *p)
{
	const char *base = p->address->base;

	if (recipe_is_below_path(p))
		(void)str_addf(out, "%sv2", base);
	else
		(void)str_addf(out, "%.*s", (int)strlen(base) - 1, base);
}

static void add_host_settings(struct str *out, const struct recipe_place *p, const char *name,
                              const char *margin)
{
	(void)str_addf(out, "%scapabilities = [\"pull\", \"resolve\"]\n", margin);
	if (recipe_is_below_path(p))
		(void)str_addf(out, "%soverride_path = true\n", margin);
	if (recipe_is_https(p) && p->no_verify)
		(void)str_addf(out, "%sskip_verify = true\n", margin);
	if (recipe_has_own_ca(p))
		(void)str_addf(out, "%sca = \"" CERTS_D "/%s/ca.crt\"\n", margin, name);
}

/*
 * containerd 1.6 reads no file without a host in it. The server, which is asked last, has to be the
 * same: else that would be what the name says, and its failure the one that is told.
 */
static void write_hosts_toml(struct recipe *r, const struct recipe_place *p, const char *name)
{
	struct recipe_file *file = recipe_add_file(r, "");

	(void)str_addf(&file->path, CERTS_D "/%s/hosts.toml", name);
	(void)str_adds(&file->content, "server = \"");
	add_url(&file->content, p);
	(void)str_adds(&file->content, "\"\n");
	add_host_settings(&file->content, p, name, "");
	(void)str_adds(&file->content, "\n[host.\"");
	add_url(&file->content, p);
	(void)str_adds(&file->content, "\"]\n");
	add_host_settings(&file->content, p, name, "  ");
	if (recipe_has_own_ca(p))
		recipe_add_ca(r, p, CERTS_D, name);
}

int recipe_containerd(struct recipe *r, const struct recipe_place *p, struct err *err)
{
	struct recipe_file *file;
	struct str name = STR_INIT(PULL_ADDRESS_MAX);

	(void)err;
	add_name(&name, p);
	recipe_say_what(r, "containerd", p, must_be_told(p));
	(void)str_addf(&r->image, "%s/NAME:TAG", str_text(&name));
	if (must_be_told(p)) {
		write_hosts_toml(r, p, str_text(&name));
		file = recipe_add_file(
			r, "for Kubernetes and crictl, added to what is there; containerd 2 calls "
			   "the plugin io.containerd.cri.v1.images");
		(void)str_adds(&file->path, "/etc/containerd/config.toml");
		(void)str_adds(&file->content, "version = 2\n"
		                               "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n"
		                               "  config_path = \"" CERTS_D "\"\n");
		(void)str_adds(&r->commands, "systemctl restart containerd\n");
		(void)str_addf(&r->commands,
		               "ctr images pull --hosts-dir " CERTS_D " %s/NAME:TAG\n",
		               str_text(&name));
	} else {
		(void)str_addf(&r->commands, "ctr images pull %s/NAME:TAG\n", str_text(&name));
	}
	str_release(&name);
	return 0;
}

int recipe_nerdctl(struct recipe *r, const struct recipe_place *p, struct err *err)
{
	struct str name = STR_INIT(PULL_ADDRESS_MAX);

	(void)err;
	add_name(&name, p);
	recipe_say_what(r, "nerdctl", p, must_be_told(p));
	(void)str_addf(&r->image, "%s/NAME:TAG", str_text(&name));
	if (must_be_told(p)) {
		write_hosts_toml(r, p, str_text(&name));
		r->files[0].note = "without root: in ~/.config/containerd/certs.d";
	}
	(void)str_addf(&r->commands, "nerdctl pull %s/NAME:TAG\n", str_text(&name));
	str_release(&name);
	return 0;
}

/* Settings of TLS stand by the host of the URL, not by the name that means it. */
static void add_k3s_tls(struct recipe *r, struct recipe_file *file, const struct recipe_place *p,
                        const char *name)
{
	const char *host = p->address->host;

	(void)str_addf(&file->content, "configs:\n  \"%.*s\":\n    tls:\n", (int)strcspn(host, "/"),
	               host);
	if (p->no_verify) {
		(void)str_adds(&file->content, "      insecure_skip_verify: true\n");
	} else {
		(void)str_addf(&file->content, "      ca_file: \"" K3S_CERTS "/%s/ca.crt\"\n",
		               name);
		recipe_add_ca(r, p, K3S_CERTS, name);
	}
}

int recipe_k3s(struct recipe *r, const struct recipe_place *p, struct err *err)
{
	struct str name = STR_INIT(PULL_ADDRESS_MAX);
	struct recipe_file *file;

	(void)err;
	add_name(&name, p);
	recipe_say_what(r, "k3s", p, must_be_told(p));
	(void)str_addf(&r->image, "%s/NAME:TAG", str_text(&name));
	if (must_be_told(p)) {
		file = recipe_add_file(r,
		                       "on every node; where there is one, add the entries to it");
		(void)str_adds(&file->path, "/etc/rancher/k3s/registries.yaml");
		(void)str_addf(&file->content, "mirrors:\n  \"%s\":\n    endpoint:\n      - \"",
		               str_text(&name));
		add_url(&file->content, p);
		(void)str_adds(&file->content, "\"\n");
		if (recipe_is_https(p) && (p->no_verify || p->ca_bundle))
			add_k3s_tls(r, file, p, str_text(&name));
		(void)str_adds(&r->commands, "systemctl restart k3s\n");
	}
	(void)str_addf(&r->commands, "k3s crictl pull %s/NAME:TAG\n", str_text(&name));
	str_release(&name);
	return 0;
}
