#include "sync/s3/request.h"

static const struct {
	const char *name;
	enum http_method method;
	enum request_kind kind;
	const char *permission;
} ops[S3_OPS] = {
	[S3_LIST] = {"ListObjectsV2", HTTP_GET, REQUEST_LIST, "s3:ListBucket"},
	[S3_HEAD] = {"HeadObject", HTTP_HEAD, REQUEST_HEAD, "s3:GetObject"},
	[S3_HEAD_BUCKET] = {"HeadBucket", HTTP_HEAD, REQUEST_HEAD, "s3:ListBucket"},
	[S3_GET] = {"GetObject", HTTP_GET, REQUEST_GET, "s3:GetObject"},
	[S3_PUT] = {"PutObject", HTTP_PUT, REQUEST_PUT, "s3:PutObject"},
	[S3_DELETE] = {"DeleteObject", HTTP_DELETE, REQUEST_DELETE, "s3:DeleteObject"},
	[S3_COPY] = {"CopyObject", HTTP_PUT, REQUEST_COPY, "s3:GetObject and s3:PutObject"},
	[S3_CREATE_UPLOAD] = {"CreateMultipartUpload", HTTP_POST, REQUEST_POST, "s3:PutObject"},
	[S3_PUT_PART] = {"UploadPart", HTTP_PUT, REQUEST_PUT, "s3:PutObject"},
	[S3_COPY_PART] = {"UploadPartCopy", HTTP_PUT, REQUEST_COPY,
                          "s3:GetObject and s3:PutObject"},
	[S3_COMPLETE] = {"CompleteMultipartUpload", HTTP_POST, REQUEST_POST, "s3:PutObject"},
	[S3_ABORT] = {"AbortMultipartUpload", HTTP_DELETE, REQUEST_DELETE,
                      "s3:AbortMultipartUpload"},
	[S3_LIST_PARTS] = {"ListParts", HTTP_GET, REQUEST_LIST, "s3:ListMultipartUploadParts"},
	[S3_LIST_UPLOADS] = {"ListMultipartUploads", HTTP_GET, REQUEST_LIST,
                             "s3:ListBucketMultipartUploads"},
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

const char *s3_op_permission(enum s3_op op)
{
	return ops[op].permission;
}

bool s3_op_of_bucket(enum s3_op op)
{
	return op == S3_LIST || op == S3_LIST_UPLOADS || op == S3_HEAD_BUCKET;
}
