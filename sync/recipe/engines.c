/* docker and podman, which pull from the root of a host alone: from no path below it. */
#include "sync/recipe/recipe_internal.h"

#include <string.h>

static int refuse_path(const char *client, const struct recipe_place *p, struct err *err)
{
	return err_set(err, ERR_CONFIG,
	               "%s knows hosts, and %sv2/ is below a path: let a web server show it at a "
	               "host of its own (drydock recipe nginx), and give that by --pull-host",
	               client, p->address->base);
}

int recipe_docker(struct recipe *r, const struct recipe_place *p, struct err *err)
{
	const char *host = p->address->host;
	bool insecure = p->address->kind == PULL_HTTP || (recipe_is_https(p) && p->no_verify);
	struct recipe_file *file;

	if (recipe_is_below_path(p))
		return refuse_path("docker", p, err);
	recipe_say_what(r, "docker", p, insecure || recipe_has_own_ca(p));
	(void)str_addf(&r->image, "%s/NAME:TAG", host);
	if (insecure) {
		file = recipe_add_file(r, "where there is one, add the member to it");
		(void)str_adds(&file->path, "/etc/docker/daemon.json");
		(void)str_addf(&file->content, "{\n  \"insecure-registries\": [\"%s\"]\n}\n", host);
		(void)str_adds(&r->commands, "systemctl reload docker\n");
	} else if (recipe_has_own_ca(p)) {
		recipe_add_ca(r, p, "/etc/docker/certs.d", host);
	}
	(void)str_addf(&r->commands, "docker pull %s/NAME:TAG\n", host);
	return 0;
}

/* A host as a file's name: what a path or a shell could take otherwise becomes a dash. */
static void add_name(struct str *out, const char *host)
{
	static const char taken[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";

	for (; *host; host++)
		(void)str_addc(out, strchr(taken, *host) ? *host : '-');
}

int recipe_podman(struct recipe *r, const struct recipe_place *p, struct err *err)
{
	const char *host = p->address->host;
	bool insecure = !recipe_is_https(p) || p->no_verify;
	struct recipe_file *file;

	if (recipe_is_below_path(p))
		return refuse_path("podman", p, err);
	recipe_say_what(r, "podman", p, insecure || recipe_has_own_ca(p));
	(void)str_addf(&r->image, "%s/NAME:TAG", host);
	if (insecure) {
		file = recipe_add_file(r, "of one user: in ~/.config/containers/registries.conf.d");
		(void)str_adds(&file->path, "/etc/containers/registries.conf.d/");
		add_name(&file->path, host);
		(void)str_adds(&file->path, ".conf");
		(void)str_addf(&file->content, "[[registry]]\nlocation = \"%s\"\ninsecure = true\n",
		               host);
	} else if (recipe_has_own_ca(p)) {
		recipe_add_ca(r, p, "/etc/containers/certs.d", host);
	}
	(void)str_addf(&r->commands, "podman pull %s/NAME:TAG\n", host);
	return 0;
}
