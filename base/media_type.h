/*
 * media_type: the media types of manifests, and the few of layers that stage must understand.
 * Sources: OCI image-spec media-types.md; distribution's "Image Manifest V2, Schema 2".
 */
#ifndef DRYDOCK_BASE_MEDIA_TYPE_H
#define DRYDOCK_BASE_MEDIA_TYPE_H

#include <stdbool.h>

#define MT_OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define MT_OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define MT_OCI_ARTIFACT    "application/vnd.oci.artifact.manifest.v1+json"
#define MT_OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define MT_OCI_EMPTY       "application/vnd.oci.empty.v1+json"
#define MT_OCI_LAYER       "application/vnd.oci.image.layer.v1.tar"
#define MT_OCI_LAYER_GZIP  "application/vnd.oci.image.layer.v1.tar+gzip"
#define MT_OCI_LAYER_ZSTD  "application/vnd.oci.image.layer.v1.tar+zstd"
#define MT_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MT_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define MT_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define MT_DOCKER_LAYER    "application/vnd.docker.image.rootfs.diff.tar.gzip"
#define MT_DOCKER_SCHEMA1  "application/vnd.docker.distribution.manifest.v1+json"
#define MT_DOCKER_SCHEMA1S "application/vnd.docker.distribution.manifest.v1+prettyjws"
#define MT_OCTET_STREAM    "application/octet-stream"
#define MT_JSON            "application/json"

enum manifest_kind {
	MANIFEST_NONE = 0, /* not the media type of a manifest */
	MANIFEST_IMAGE,    /* refers to a config and layers */
	MANIFEST_INDEX,    /* refers to manifests */
	MANIFEST_ARTIFACT, /* refers to blobs: of image-spec 1.1's release candidates, notation 1.0
	                    */
	MANIFEST_SCHEMA1,  /* no registry supports it any more: refused by name */
};

enum manifest_kind media_type_manifest(const char *media_type);
/* The same text, which outlives what was read; NULL when it is not the media type of a manifest. */
const char *media_type_constant(const char *media_type);

/*
 * Layers that are not distributed with the image: every client gets them from their urls. Of other
 * layers no client follows the urls.
 */
bool media_type_is_foreign_layer(const char *media_type);

#endif
