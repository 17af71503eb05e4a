#include "sync/recipe/recipe_internal.h"

#include "base/cleanup.h"
#include "sync/run/session.h"

#include <string.h>

static const struct {
	const char *name;
	int (*write)(struct recipe *r, const struct recipe_place *p, struct err *err);
} clients[RECIPE_CLIENTS] = {
	[RECIPE_DOCKER] = {"docker", recipe_docker},
	[RECIPE_PODMAN] = {"podman", recipe_podman},
	[RECIPE_CONTAINERD] = {"containerd", recipe_containerd},
	[RECIPE_NERDCTL] = {"nerdctl", recipe_nerdctl},
	[RECIPE_K3S] = {"k3s", recipe_k3s},
	[RECIPE_NGINX] = {"nginx", recipe_nginx},
};

enum recipe_client recipe_client_named(const char *name)
{
	for (int i = 0; i < RECIPE_CLIENTS; i++)
		if (strcmp(clients[i].name, name) == 0)
			return (enum recipe_client)i;
	return RECIPE_UNKNOWN;
}

const char *recipe_client_name(enum recipe_client client)
{
	return clients[client].name;
}

void recipe_init(struct recipe *r)
{
	memset(r, 0, sizeof(*r));
	str_init(&r->what, RECIPE_TEXT_MAX);
	str_init(&r->image, RECIPE_TEXT_MAX);
	str_init(&r->commands, RECIPE_TEXT_MAX);
}

void recipe_release(struct recipe *r)
{
	str_release(&r->what);
	str_release(&r->image);
	str_release(&r->commands);
	for (unsigned i = 0; i < r->file_count; i++) {
		str_release(&r->files[i].path);
		str_release(&r->files[i].content);
	}
}

struct recipe_file *recipe_add_file(struct recipe *r, const char *note)
{
	struct recipe_file *file = &r->files[r->file_count++];

	str_init(&file->path, RECIPE_TEXT_MAX);
	str_init(&file->content, RECIPE_TEXT_MAX);
	file->note = note;
	return file;
}

void recipe_say_what(struct recipe *r, const char *client, const struct recipe_place *p, bool told)
{
	const struct pull_address *a = p->address;
	const char *how = ", as it is";

	if (told && recipe_is_below_path(p))
		how = ", which is below a path: the name stands for it";
	else if (told && !recipe_is_https(p))
		how = ", by http, which it refuses unless it is told";
	else if (told && p->no_verify)
		how = ", whose certificate it would refuse unless it is told";
	else if (told)
		how = ", under a certificate of whose authority it must be told";
	(void)str_addf(&r->what, "%s pulls from %s%s", client, a->host, how);
}

void recipe_add_ca(struct recipe *r, const struct recipe_place *p, const char *folder,
                   const char *name)
{
	(void)str_adds(&r->commands, "install -D -m 644 ");
	(void)str_add_shell_word(&r->commands, p->ca_bundle);
	(void)str_addf(&r->commands, " %s/%s/ca.crt\n", folder, name);
}

int recipe_write(struct recipe *r, enum recipe_client client, const struct recipe_place *p,
                 struct err *err)
{
	if (clients[client].write(r, p, err) < 0 || str_check(&r->what, "recipe", err) < 0 ||
	    str_check(&r->image, "recipe", err) < 0 || str_check(&r->commands, "recipe", err) < 0)
		return -1;
	for (unsigned i = 0; i < r->file_count; i++)
		if (str_check(&r->files[i].path, "recipe", err) < 0 ||
		    str_check(&r->files[i].content, "recipe", err) < 0)
			return -1;
	return 0;
}

static int write_of_session(struct recipe *r, const struct recipe_wish *wish,
                            const struct session *session, struct err *err)
{
	const struct endpoint *e = &session->endpoint;
	AUTO_STR struct str object_url = STR_INIT(4096), object_host = STR_INIT(1024);
	struct pull_address address;
	struct recipe_place place = {.address = &address,
	                             .endpoint = e,
	                             .url = wish->options->url,
	                             .ca_bundle = wish->options->ca_bundle,
	                             .no_verify = wish->options->tls == TLS_NO_VERIFY,
	                             .host_given = wish->pull_host && *wish->pull_host};

	if (pull_address_make(&address, wish->pull_host, e, err) < 0)
		return -1;
	if (endpoint_origin(e, &object_url) < 0 || endpoint_path(e, "", &object_url) < 0 ||
	    endpoint_host(e, &object_host) < 0)
		return err_memory(err);
	place.object_url = str_text(&object_url);
	place.object_host = str_text(&object_host);
	return recipe_write(r, wish->client, &place, err);
}

int recipe_make(struct recipe *r, const struct recipe_wish *wish, struct err *err)
{
	struct session session = SESSION_INIT;
	int result = session_open(&session, wish->options, err);

	recipe_init(r);
	if (result == 0)
		result = write_of_session(r, wish, &session, err);
	session_close(&session);
	return result;
}
