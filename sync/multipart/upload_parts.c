#include "sync/multipart/upload_parts.h"

#include "sync/run/root_file.h"

#include "base/part_size.h"
#include "db/state/blob.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct multipart_upload *multipart_upload_new(struct sync_run *run, const struct upload_row *row,
                                              struct err *err)
{
	struct multipart_upload *m = calloc(1, sizeof(*m));

	if (!m) {
		(void)err_memory(err);
		return NULL;
	}
	m->run = run;
	m->row = *row;
	m->facts.adopted = row->adopted != 0;
	m->parts = (uint32_t)part_count(row->size_bytes, row->part_size_bytes);
	m->state = calloc(m->parts, sizeof(*m->state));
	m->etag = calloc(m->parts, sizeof(*m->etag));
	m->task.owner = m;
	m->task.weight = TASK_LIGHT;
	if (!m->state || !m->etag) {
		multipart_upload_free(m);
		(void)err_memory(err);
		return NULL;
	}
	return m;
}

void multipart_upload_forget_parts(struct multipart_upload *m)
{
	for (uint32_t i = 0; i < m->parts && m->etag; i++) {
		free(m->etag[i]);
		m->etag[i] = NULL;
	}
	if (m->state)
		memset(m->state, 0, m->parts);
	m->there = m->flying = m->next = 0;
	m->facts.parts_known = false;
}

void multipart_upload_free(struct multipart_upload *m)
{
	if (!m)
		return;
	multipart_upload_forget_parts(m);
	free(m->etag);
	free(m->state);
	free(m->md5);
	free(m->complete);
	free(m);
}

uint64_t multipart_upload_part_bytes(const struct multipart_upload *m, uint32_t index)
{
	return part_length(m->row.size_bytes, m->row.part_size_bytes, index + 1);
}

/* Another part size than stage's: one more read, whose result is kept. */
static int hash_parts(struct multipart_upload *m, int fd, struct err *err)
{
	struct blob_sums sums = {.what = SUM_PART_MD5,
	                         .size_bytes = m->row.size_bytes,
	                         .part_bytes = m->row.part_size_bytes,
	                         .part_count = m->parts};
	int result = 0;

	m->md5 = calloc(m->parts, sizeof(*m->md5));
	if (!m->md5)
		return err_memory(err);
	for (uint32_t i = 0; i < m->parts && result == 0; i++)
		result = root_file_hash(fd, i * m->row.part_size_bytes,
		                        multipart_upload_part_bytes(m, i), HASH_MD5, m->md5[i],
		                        m->row.key, err);
	if (result < 0 || m->probing)
		return result;
	sums.part_md5 = m->md5;
	return blob_parts_put(m->run->db, &m->row.digest, &sums, err);
}

int multipart_upload_load_parts(struct multipart_upload *m, int fd, struct err *err)
{
	struct etag whole;
	uint32_t count = 0;
	int got = blob_parts_get(m->run->db, &m->row.digest, m->row.part_size_bytes, &m->md5,
	                         &count, err);

	if (got < 0)
		return -1;
	if (got > 0 && count != m->parts)
		return err_set(err, ERR_NO_STATE,
		               "%s: the state records %" PRIu32
		               " parts of a blob that has %" PRIu32,
		               m->row.key, count, m->parts);
	if (got == 0 && hash_parts(m, fd, err) < 0)
		return -1;
	if (etag_of_parts(&whole, (const uint8_t(*)[MD5_BYTES])m->md5, m->parts, err) < 0)
		return -1;
	(void)etag_text(&whole, m->expected);
	return 0;
}

int64_t multipart_upload_next_part(struct multipart_upload *m)
{
	if (m->row.state != MULTIPART_OPEN || m->there + m->flying == m->parts)
		return -1;
	while (m->next < m->parts && m->state[m->next] != PART_MISSING)
		m->next++;
	if (m->next == m->parts)
		return -1;
	m->state[m->next] = PART_FLYING;
	m->flying++;
	return m->next;
}

void multipart_upload_part_lost(struct multipart_upload *m, uint32_t index)
{
	m->state[index] = PART_MISSING;
	m->flying--;
	if (index < m->next)
		m->next = index;
}

bool multipart_upload_is_part_md5(const struct multipart_upload *m, uint32_t index,
                                  const char *text)
{
	return etag_is_md5(text, m->md5[index]);
}

int multipart_upload_part_there(struct multipart_upload *m, uint32_t index, const char *etag,
                                struct err *err)
{
	char usual[2 * MD5_BYTES + 1];

	if (m->state[index] == PART_FLYING)
		m->flying--;
	if (m->state[index] != PART_THERE)
		m->there++;
	m->state[index] = PART_THERE;
	free(m->etag[index]);
	m->etag[index] = NULL;
	/* Kept as the server wrote it, which is how Complete must name it. */
	if (strcmp(etag, hex_text(m->md5[index], MD5_BYTES, usual)) == 0)
		return 0;
	m->etag[index] = strdup(etag);
	return m->etag[index] ? 0 : err_memory(err);
}
