#include "sync/s3/request.h"

static const struct {
	const char *name;
	enum http_method method;
	enum request_kind kind;
} ops[S3_OPS] = {
	[S3_LIST] = {"ListObjectsV2", HTTP_GET, REQUEST_LIST},
	[S3_HEAD] = {"HeadObject", HTTP_HEAD, REQUEST_HEAD},
	[S3_HEAD_BUCKET] = {"HeadBucket", HTTP_HEAD, REQUEST_HEAD},
	[S3_GET] = {"GetObject", HTTP_GET, REQUEST_GET},
	[S3_PUT] = {"PutObject", HTTP_PUT, REQUEST_PUT},
	[S3_DELETE] = {"DeleteObject", HTTP_DELETE, REQUEST_DELETE},
	[S3_COPY] = {"CopyObject", HTTP_PUT, REQUEST_COPY},
	[S3_CREATE_UPLOAD] = {"CreateMultipartUpload", HTTP_POST, REQUEST_POST},
	[S3_PUT_PART] = {"UploadPart", HTTP_PUT, REQUEST_PUT},
	[S3_COPY_PART] = {"UploadPartCopy", HTTP_PUT, REQUEST_COPY},
	[S3_COMPLETE] = {"CompleteMultipartUpload", HTTP_POST, REQUEST_POST},
	[S3_ABORT] = {"AbortMultipartUpload", HTTP_DELETE, REQUEST_DELETE},
	[S3_LIST_PARTS] = {"ListParts", HTTP_GET, REQUEST_LIST},
	[S3_LIST_UPLOADS] = {"ListMultipartUploads", HTTP_GET, REQUEST_LIST},
};

const char *s3_op_name(enum s3_op op)
{
	return ops[op].name;
}

enum http_method s3_op_method(enum s3_op op)
{
	return ops[op].method;
}

enum request_kind s3_op_kind(enum s3_op op)
{
	return ops[op].kind;
}
