#include "stage/page/kind.h"

#include "base/media_type.h"
#include "stage/document/config.h"

#include <stddef.h>
#include <string.h>

#define HELM_CONFIG "application/vnd.cncf.helm.config.v1+json"

/* A type matches when it begins so: versions follow. */
static const struct {
	const char *type, *name;
} ARTIFACTS[] = {
	{"application/vnd.dev.cosign.artifact.sig", "cosign signature"},
	{"application/vnd.dev.cosign.artifact.att", "cosign attestation"},
	{"application/vnd.dev.cosign.artifact.sbom", "cosign SBOM"},
	{"application/vnd.dev.sigstore.bundle", "Sigstore bundle"},
	{"application/vnd.cncf.notary.signature", "Notation signature"},
	{"application/spdx+json", "SPDX SBOM"},
	{"text/spdx", "SPDX SBOM"},
	{"application/vnd.cyclonedx", "CycloneDX SBOM"},
	{"application/vnd.in-toto", "in-toto attestation"},
	{HELM_CONFIG, "Helm chart"},
	{"application/vnd.wasm.config", "WebAssembly module"},
	{"https://slsa.dev/provenance/", "SLSA provenance"},
	{"https://spdx.dev/Document", "SPDX SBOM"},
	{"https://cyclonedx.org/bom", "CycloneDX SBOM"},
};

const char *kind_of_artifact(const char *type)
{
	for (size_t i = 0; i < sizeof(ARTIFACTS) / sizeof(ARTIFACTS[0]); i++)
		if (strncmp(type, ARTIFACTS[i].type, strlen(ARTIFACTS[i].type)) == 0)
			return ARTIFACTS[i].name;
	return type;
}

const char *kind_of_layer(const char *media_type)
{
	static const struct {
		const char *end, *name;
	} ends[] = {{".tar+gzip", "gzip"},
	            {".tar.gzip", "gzip"},
	            {".tar+zstd", "zstd"},
	            {".tar.zstd", "zstd"},
	            {".tar", "tar"}};
	size_t len = strlen(media_type);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i].end);

		if (len >= end && strcmp(media_type + len - end, ends[i].end) == 0)
			return ends[i].name;
	}
	return media_type;
}

enum kind_of_pull kind_of_pull(const char *config_type)
{
	if (!config_type || image_config_is_known(config_type))
		return PULL_CONTAINER;
	return strcmp(config_type, HELM_CONFIG) == 0 ? PULL_HELM : PULL_ORAS;
}
