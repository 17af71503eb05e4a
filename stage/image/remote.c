#include "stage/image/remote.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void remote_release(struct remote *remote)
{
	for (size_t i = 0; i < remote->count; i++)
		free(remote->blobs[i].url);
	free(remote->blobs);
	digest_map_release(&remote->by_digest);
	digest_map_release(&remote->left_out);
	digest_map_release(&remote->absent);
	memset(remote, 0, sizeof(*remote));
}

int remote_promise(struct remote *remote, const struct descriptor *d, struct err *err)
{
	struct remote_blob *blob;

	if (remote_promised(remote, &d->digest))
		return 0;
	if (array_room(&remote->blobs, remote->count, &remote->cap, err) < 0 ||
	    digest_map_put(&remote->by_digest, &d->digest, (uint32_t)remote->count, err) < 0)
		return -1;
	blob = &remote->blobs[remote->count++];
	*blob = (struct remote_blob){.digest = d->digest, .size_bytes = d->size_bytes};
	if (!d->foreign || !d->url)
		return 0;
	blob->url = strdup(d->url);
	return blob->url ? 0 : err_memory(err);
}

const struct remote_blob *remote_promised(const struct remote *remote, const struct digest *digest)
{
	uint32_t at;

	return digest_map_get(&remote->by_digest, digest, &at) ? &remote->blobs[at] : NULL;
}

static bool is_wanted(const struct remote *remote, const struct platform *have)
{
	for (size_t i = 0; i < remote->platform_count; i++)
		if (platform_matches(&remote->platforms[i], have))
			return true;
	return false;
}

int remote_leaves_out(struct remote *remote, const struct descriptor *d, struct err *err)
{
	uint32_t ignored;

	if (!remote->session || remote->platform_count == 0)
		return 0;
	if (d->attestation)
		return d->attested.alg != DIGEST_NONE &&
		       digest_map_get(&remote->left_out, &d->attested, &ignored);
	if (!d->platform.os[0] || !d->platform.arch[0] || is_wanted(remote, &d->platform))
		return 0;
	return digest_map_put(&remote->left_out, &d->digest, 0, err) < 0 ? -1 : 1;
}

int remote_note_absent(struct remote *remote, const struct digest *digest, struct err *err)
{
	return digest_map_put(&remote->absent, digest, 0, err);
}

void remote_note_failure(struct remote *remote, const struct digest *digest, const struct err *why)
{
	if (remote->failure.code != ERR_NONE)
		return;
	remote->failed = *digest;
	remote->failure = *why;
}

int remote_may_have(const struct remote *remote, const struct digest *digest, struct err *err)
{
	uint32_t ignored;

	if (digest_map_get(&remote->absent, digest, &ignored))
		return 0;
	if (remote->failure.code == ERR_NONE || !digest_equal(&remote->failed, digest))
		return 1;
	*err = remote->failure;
	return -1;
}
