/* s3_website: the configuration of a bucket as a website, for `aws s3api put-bucket-website`. */
#ifndef DRYDOCK_STAGE_HEADERS_S3_WEBSITE_H
#define DRYDOCK_STAGE_HEADERS_S3_WEBSITE_H

#include "base/str.h"

void s3_website_write(struct str *config);

#endif
