/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/tuf/tuf_fleet.h"
#include "server/signer_message.h"
#include "server/signer_process.h"

#include "common/banned.h"

enum { ANSWER_TIMEOUT_SECONDS = 30 };

struct signer {
	char *log_name;
	pid_t pid;
	int fd;	     /* requests and answers; -1: given up */
	int life_fd; /* end of file when the child is dead */
	struct signer_public_keys keys;

	pthread_mutex_t lock;	  /* one request at a time; guards what follows, and fd */
	int64_t snapshot_version; /* last signed */
	int64_t timestamp_version;
	uint64_t log_size;
	uint8_t *answer; /* SIGNER_MESSAGE_MAX_BYTES */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static enum vk_rc gone(struct vk_err *err)
{
	return vk_err_set(err, VK_EIO, "the signer has ended");
}

/* Waits for one message; *reader reads it until the next one comes. */
static enum vk_rc receive(struct signer *signer, struct signer_reader *reader, struct vk_err *err)
{
	ssize_t got;

	do
		got = recv(signer->fd, signer->answer, SIGNER_MESSAGE_MAX_BYTES, 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0) {
		/* An answer that comes too late would be taken for that of the next request. */
		close_fd(&signer->fd);
		return gone(err);
	}
	*reader = (struct signer_reader){.at = signer->answer, .left = (size_t)got};
	return signer_take_result(reader, err);
}

/* One request and its answer, with the lock held. */
static enum vk_rc ask(struct signer *signer, const struct vk_buf *request,
	struct signer_reader *reader, struct vk_err *err)
{
	ssize_t put;
	enum vk_rc rc = vk_buf_check(request, "a request to the signer", err);

	if (rc != VK_OK)
		return rc;
	if (signer->fd < 0)
		return gone(err);
	do
		put = send(signer->fd, request->data, request->len, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	if (put != (ssize_t)request->len) {
		close_fd(&signer->fd);
		return gone(err);
	}
	return receive(signer, reader, err);
}

static enum vk_rc check_answer(const struct signer_reader *reader, struct vk_err *err)
{
	if (!signer_is_whole(reader))
		return vk_err_set(err, VK_EIO, "the signer's answer makes no sense");
	return VK_OK;
}

static enum vk_rc read_greeting(struct signer *signer, struct vk_err *err)
{
	struct signer_reader reader;
	uint64_t count;
	enum vk_rc rc = receive(signer, &reader, err);

	if (rc != VK_OK)
		return rc;
	signer_take_exactly(&reader, signer->keys.snapshot, VK_PUBLIC_KEY_BYTES);
	signer_take_exactly(&reader, signer->keys.timestamp, VK_PUBLIC_KEY_BYTES);
	signer_take_exactly(&reader, signer->keys.log, VK_PUBLIC_KEY_BYTES);
	count = signer_take_number(&reader);
	if (count > SIGNER_MAX_CAS)
		return vk_err_set(err, VK_EIO, "the signer's answer makes no sense");
	for (signer->keys.ca.count = 0; signer->keys.ca.count < count; signer->keys.ca.count++)
		signer_take_exactly(&reader, signer->keys.ca.digests[signer->keys.ca.count],
			VK_SHA256_BYTES);
	return check_answer(&reader, err);
}

/* Room for the largest message in each direction, and an end to waiting. */
static void configure(int fd)
{
	const struct timeval timeout = {.tv_sec = ANSWER_TIMEOUT_SECONDS};
	const int bytes = 2 * SIGNER_MESSAGE_MAX_BYTES;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

static enum vk_rc start_child(
	struct signer *signer, const struct signer_options *options, struct vk_err *err)
{
	int pair[2] = {-1, -1}, life[2] = {-1, -1};
	pid_t parent = getpid();
	enum vk_rc rc = VK_OK;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
		pipe2(life, O_CLOEXEC) != 0) {
		rc = vk_err_errno(err, VK_EIO, errno, "cannot talk to the signer");
		goto out;
	}
	configure(pair[0]);
	signer->pid = fork();
	if (signer->pid == 0)
		signer_process_run(options, pair[1], life[1], parent);
	if (signer->pid < 0) {
		rc = vk_err_errno(err, VK_EIO, errno, "cannot start the signer");
		goto out;
	}
	signer->fd = pair[0];
	signer->life_fd = life[0];
	pair[0] = life[0] = -1;
out:
	for (int i = 0; i < 2; i++) {
		close_fd(&pair[i]);
		close_fd(&life[i]);
	}
	return rc;
}

enum vk_rc signer_start(
	const struct signer_options *options, struct signer **out, struct vk_err *err)
{
	struct signer *signer = xcalloc(1, sizeof(*signer));
	enum vk_rc rc;

	signer->pid = -1;
	signer->fd = -1;
	signer->life_fd = -1;
	signer->answer = xmalloc(SIGNER_MESSAGE_MAX_BYTES);
	signer->log_name = tuf_fleet_log_name(options->fleet, options->log_number);
	pthread_mutex_init(&signer->lock, NULL);
	rc = start_child(signer, options, err);
	if (rc == VK_OK)
		rc = read_greeting(signer, err);
	if (rc == VK_OK)
		*out = signer;
	else
		signer_stop(signer);
	return rc;
}

void signer_stop(struct signer *signer)
{
	if (signer == NULL)
		return;
	close_fd(&signer->fd); /* the child ends when it sees that */
	if (signer->pid > 0) {
		while (waitpid(signer->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	close_fd(&signer->life_fd);
	pthread_mutex_destroy(&signer->lock);
	free(signer->log_name);
	free(signer->answer);
	free(signer);
}

int signer_fd(const struct signer *signer)
{
	return signer->life_fd;
}

pid_t signer_pid(const struct signer *signer)
{
	return signer->pid;
}

void signer_get_public_keys(const struct signer *signer, struct signer_public_keys *out)
{
	*out = signer->keys;
}

const char *signer_log_name(const struct signer *signer)
{
	return signer->log_name;
}

static int64_t next_version(struct signer *signer, const int64_t *last, int64_t stored)
{
	int64_t version;

	pthread_mutex_lock(&signer->lock);
	version = (*last > stored ? *last : stored) + 1;
	pthread_mutex_unlock(&signer->lock);
	return version;
}

int64_t signer_next_snapshot_version(struct signer *signer, int64_t stored)
{
	return next_version(signer, &signer->snapshot_version, stored);
}

int64_t signer_next_timestamp_version(struct signer *signer, int64_t stored)
{
	return next_version(signer, &signer->timestamp_version, stored);
}

uint64_t signer_log_size(struct signer *signer)
{
	uint64_t size;

	pthread_mutex_lock(&signer->lock);
	size = signer->log_size;
	pthread_mutex_unlock(&signer->lock);
	return size;
}

enum vk_rc signer_sign_snapshot(struct signer *signer, int64_t version, const char *signed_part,
	size_t len, uint8_t sig[VK_SIGNATURE_BYTES], struct vk_err *err)
{
	uint8_t answer[VK_SIGNATURE_BYTES];
	struct signer_reader reader;
	struct vk_buf request;
	enum vk_rc rc;

	vk_buf_init(&request, SIGNER_MESSAGE_MAX_BYTES);
	signer_put_byte(&request, SIGNER_SIGN_SNAPSHOT);
	signer_put_bytes(&request, signed_part, len);
	pthread_mutex_lock(&signer->lock);
	rc = ask(signer, &request, &reader, err);
	if (rc == VK_OK) {
		signer_take_exactly(&reader, answer, sizeof(answer));
		rc = check_answer(&reader, err);
	}
	if (rc == VK_OK) {
		signer->snapshot_version = version;
		memcpy(sig, answer, sizeof(answer));
	}
	pthread_mutex_unlock(&signer->lock);
	vk_buf_release(&request);
	return rc;
}

enum vk_rc signer_make_timestamp(struct signer *signer, const struct signer_timestamp *timestamp,
	struct vk_buf *signed_part, uint8_t sig[VK_SIGNATURE_BYTES], struct vk_err *err)
{
	uint8_t answer[VK_SIGNATURE_BYTES];
	struct signer_reader reader;
	struct vk_buf request;
	const void *part;
	size_t part_len;
	enum vk_rc rc;

	vk_buf_init(&request, SIGNER_MESSAGE_MAX_BYTES);
	signer_put_byte(&request, SIGNER_MAKE_TIMESTAMP);
	signer_put_number(&request, (uint64_t)timestamp->version);
	signer_put_number(&request, (uint64_t)timestamp->expires);
	signer_put_number(&request, (uint64_t)timestamp->snapshot_version);
	signer_put_number(&request, (uint64_t)timestamp->snapshot_length);
	signer_put_bytes(&request, timestamp->snapshot_sha256, VK_SHA256_BYTES);
	pthread_mutex_lock(&signer->lock);
	rc = ask(signer, &request, &reader, err);
	if (rc == VK_OK) {
		part = signer_take_bytes(&reader, SIGNER_MESSAGE_MAX_BYTES, &part_len);
		signer_take_exactly(&reader, answer, sizeof(answer));
		rc = check_answer(&reader, err);
	}
	if (rc == VK_OK) {
		signer->timestamp_version = timestamp->version;
		vk_buf_add(signed_part, part, part_len);
		memcpy(sig, answer, sizeof(answer));
	}
	pthread_mutex_unlock(&signer->lock);
	vk_buf_release(&request);
	return rc;
}

/* Sends a request whose answer is one text; it is appended to out. With the lock held. */
static enum vk_rc ask_for_text(
	struct signer *signer, const struct vk_buf *request, struct vk_buf *out, struct vk_err *err)
{
	struct signer_reader reader;
	const void *text;
	size_t len;
	enum vk_rc rc = ask(signer, request, &reader, err);

	if (rc != VK_OK)
		return rc;
	text = signer_take_bytes(&reader, SIGNER_MESSAGE_MAX_BYTES, &len);
	rc = check_answer(&reader, err);
	if (rc == VK_OK)
		vk_buf_add(out, text, len);
	return rc == VK_OK ? vk_buf_check(out, "the signer's answer", err) : rc;
}

enum vk_rc signer_make_checkpoint(struct signer *signer, uint64_t size,
	const uint8_t root[VK_SHA256_BYTES], const struct merkle_proof *proof, struct vk_buf *note,
	struct vk_err *err)
{
	struct vk_buf request;
	enum vk_rc rc;

	vk_buf_init(&request, SIGNER_MESSAGE_MAX_BYTES);
	signer_put_byte(&request, SIGNER_MAKE_CHECKPOINT);
	signer_put_number(&request, size);
	signer_put_bytes(&request, root, VK_SHA256_BYTES);
	signer_put_number(&request, proof->count);
	for (size_t i = 0; i < proof->count; i++)
		signer_put_bytes(&request, proof->hashes[i], MERKLE_HASH_BYTES);
	pthread_mutex_lock(&signer->lock);
	rc = ask_for_text(signer, &request, note, err);
	if (rc == VK_OK)
		signer->log_size = size;
	pthread_mutex_unlock(&signer->lock);
	vk_buf_release(&request);
	return rc;
}

enum vk_rc signer_issue_certificate(struct signer *signer,
	const struct signer_certificate *certificate, struct vk_buf *pem, struct vk_err *err)
{
	static const uint8_t first[VK_SHA256_BYTES];
	struct vk_buf request;
	size_t count = 0;
	enum vk_rc rc;

	while (certificate->names != NULL && certificate->names[count] != NULL)
		count++;
	vk_buf_init(&request, SIGNER_MESSAGE_MAX_BYTES);
	signer_put_byte(&request, SIGNER_ISSUE_CERTIFICATE);
	signer_put_bytes(&request, certificate->issuer != NULL ? certificate->issuer : first,
		VK_SHA256_BYTES);
	signer_put_bytes(&request, certificate->spki, certificate->spki_len);
	signer_put_byte(&request, (uint8_t)certificate->kind);
	signer_put_bytes(&request, certificate->name, strlen(certificate->name));
	signer_put_number(&request, (uint64_t)certificate->not_before);
	signer_put_number(&request, (uint64_t)certificate->not_after);
	signer_put_number(&request, count);
	for (size_t i = 0; i < count; i++)
		signer_put_bytes(&request, certificate->names[i], strlen(certificate->names[i]));
	pthread_mutex_lock(&signer->lock);
	rc = ask_for_text(signer, &request, pem, err);
	pthread_mutex_unlock(&signer->lock);
	vk_buf_release(&request);
	return rc;
}
