#include "stage/headers/s3_website.h"

/*
 * A website answers /v2/ with the index document of that folder, not with the object of that name.
 * The catalogue is there, is JSON, and says as well as {} that this is a registry.
 */
void s3_website_write(struct str *config)
{
	(void)str_adds(config, "{\n  \"IndexDocument\": {\"Suffix\": \"_catalog\"}\n}\n");
}
