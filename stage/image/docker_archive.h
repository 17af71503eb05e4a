/*
 * docker_archive: manifest.json of a docker-archive and the images in it (I2, D1, D3).
 *
 *     [{"Config":"<id>.json","RepoTags":["app:1"],"Layers":["<id>/layer.tar"],
 *       "LayerSources":{…}}]            the last only since Docker 25: then index.json is there
 *                                       too, but was made without looking at the layers
 *
 * There is no specification; sources: Docker's image/spec v1.2 and what docker load accepts.
 *
 *     docker_archive_open(&archive, import, err)         1, or 0: no manifest.json
 *     for (i = 0; i < docker_archive_count(&archive); i++)
 *             docker_image_open(&image, &archive, i, err);   reads and keeps the config
 *             docker_layers_build(&image, import, format, &text, err);   see docker_layers.h
 *             docker_image_release(&image);
 *     docker_archive_close(&archive);
 */
#ifndef DRYDOCK_STAGE_IMAGE_DOCKER_ARCHIVE_H
#define DRYDOCK_STAGE_IMAGE_DOCKER_ARCHIVE_H

#include "stage/document/config.h"
#include "stage/document/docker_manifest.h"
#include "stage/image/import.h"

struct docker_archive {
	json_t *json; /* owned: manifest.json */
};

#define DOCKER_ARCHIVE_INIT                                                                        \
	{                                                                                          \
		NULL                                                                               \
	}

/* 1 found, 0 there is no manifest.json, or it is no list (a dir: folder has an object), -1. */
int docker_archive_open(struct docker_archive *archive, struct import *import,
                        struct err *err) MUST_CHECK;
void docker_archive_close(struct docker_archive *archive);

size_t docker_archive_count(const struct docker_archive *archive);
/* Whether docker save since 25 wrote it: then it is the truth, not index.json (D1). */
bool docker_archive_has_layer_sources(const struct docker_archive *archive);

struct docker_image {
	char path[24]; /* "manifest.json[3]", for messages */
	struct manifest_blob config;
	struct platform platform;
	struct digest *diff_ids; /* owned */
	const json_t *layers;    /* borrowed from the archive: paths */
	size_t layer_count;
	const char **repo_tags; /* owned; the texts are borrowed */
	size_t repo_tag_count;
};

int docker_image_open(struct docker_image *image, const struct docker_archive *archive,
                      struct import *import, size_t index, struct err *err) MUST_CHECK;
void docker_image_release(struct docker_image *image);

#endif
