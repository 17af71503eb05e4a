/*
 * cloudfront: a template of CloudFormation: a distribution before a bucket that sync has filled,
 * and the functions with which it answers as a registry. Types and caching are those of the
 * objects, digests their metadata (T3), so that it holds for whatever is in the bucket.
 */
#ifndef DRYDOCK_STAGE_HEADERS_CLOUDFRONT_H
#define DRYDOCK_STAGE_HEADERS_CLOUDFRONT_H

#include "base/str.h"

void cloudfront_write(struct str *config);

#endif
