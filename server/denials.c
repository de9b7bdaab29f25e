/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/denials.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/audit.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/vkjson.h"
#include "server/request.h"
#include "server/writer.h"

#include "common/banned.h"

enum { PATH_MAX_BYTES = VK_AUDIT_FIELD_MAX_BYTES };

struct denials {
	struct writer *writer;
	pthread_mutex_t lock;
	struct denials_bucket members;	 /* whose certificate the fleet knows */
	struct denials_bucket strangers; /* everybody else */
};

struct denial {
	struct writer_command command; /* first: the writer hands back a pointer to it */
	char actor[VK_NAME_BYTES + 16];
	char *object; /* "path/v1/hosts" */
	struct vkjson *detail;
};

static void fill(struct denials_bucket *bucket, int64_t refill_ms)
{
	bucket->tokens = DENIALS_BURST;
	bucket->refill_ms = refill_ms;
	bucket->filled_ms = vk_clock_monotonic_ms();
}

struct denials *denials_new(struct writer *writer)
{
	struct denials *denials = xcalloc(1, sizeof(*denials));

	denials->writer = writer;
	fill(&denials->members, DENIALS_REFILL_MS);
	fill(&denials->strangers, DENIALS_STRANGERS_REFILL_MS);
	pthread_mutex_init(&denials->lock, NULL);
	return denials;
}

void denials_free(struct denials *denials)
{
	if (denials == NULL)
		return;
	pthread_mutex_destroy(&denials->lock);
	free(denials);
}

bool denials_bucket_take(struct denials_bucket *bucket, int64_t now_ms, uint64_t *omitted)
{
	int64_t earned = (now_ms - bucket->filled_ms) / bucket->refill_ms;

	if (earned > 0) {
		bucket->filled_ms += earned * bucket->refill_ms;
		bucket->tokens = earned > DENIALS_BURST - (int64_t)bucket->tokens
					 ? DENIALS_BURST
					 : bucket->tokens + (unsigned)earned;
	}
	if (bucket->tokens == 0) {
		bucket->omitted++;
		return false;
	}
	bucket->tokens--;
	*omitted = bucket->omitted;
	bucket->omitted = 0;
	return true;
}

static enum vk_rc run(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct denial *denial = (struct denial *)command;
	const struct writer_audit audit = {
		.actor = denial->actor,
		.action = "access.denied",
		.object = denial->object,
		.result = vk_rc_name(VK_EDENIED),
		.detail = denial->detail,
	};

	return writer_tx_audit(tx, &audit, err);
}

static void denial_free(struct denial *denial)
{
	vkjson_free(denial->detail);
	free(denial->object);
	free(denial);
}

static void done(struct writer_command *command, const struct vk_err *err)
{
	if (err->rc != VK_OK)
		vk_log_err(VK_LOG_WARN, "denial-not-recorded", err);
	denial_free((struct denial *)command);
}

/* The path as an object of the audit log, which holds graphic ASCII of a bounded length. */
static char *format_object(const struct request *req)
{
	struct vk_buf path;
	char *object;

	vk_buf_init(&path, PATH_MAX_BYTES);
	vk_buf_adds(&path, "path");
	request_format_path(req, &path);
	for (size_t i = 0; i < path.len; i++) {
		if (path.data[i] <= ' ' || path.data[i] > '~' || strchr("\"\\", path.data[i]))
			path.data[i] = '?';
	}
	object = vk_buf_detach(&path, NULL);
	vk_buf_release(&path);
	return object;
}

/* Nobody: a certificate that this fleet does not know, or not any more. */
static bool is_stranger(const struct view_identity *caller)
{
	return caller == NULL || *caller->name == '\0';
}

static struct denial *denial_new(
	const struct request *req, const struct vk_err *why, uint64_t omitted)
{
	struct denial *denial = xcalloc(1, sizeof(*denial));
	const struct view_identity *caller = request_identity(req);

	denial->command =
		(struct writer_command){.name = "access.denied", .run = run, .done = done};
	if (is_stranger(caller))
		snprintf(denial->actor, sizeof(denial->actor), "stranger/-");
	else
		snprintf(denial->actor, sizeof(denial->actor), "%s/%s",
			identity_kind_name(caller->kind), caller->name);
	denial->object = format_object(req);
	denial->detail = vkjson_object();
	vkjson_set(denial->detail, "method", vkjson_string(request_method(req)));
	vkjson_set(denial->detail, "reason", vkjson_string(why->msg));
	vkjson_set(denial->detail, "address", vkjson_string(request_peer_address(req)));
	if (omitted > 0)
		vkjson_set(denial->detail, "omitted", vkjson_int((int64_t)omitted));
	return denial;
}

void denials_note(struct denials *denials, const struct request *req, const struct vk_err *why)
{
	struct denials_bucket *bucket =
		is_stranger(request_identity(req)) ? &denials->strangers : &denials->members;
	struct vk_err err = VK_ERR_INIT;
	struct denial *denial;
	uint64_t omitted = 0;
	bool is_noted;

	pthread_mutex_lock(&denials->lock);
	is_noted = denials_bucket_take(bucket, vk_clock_monotonic_ms(), &omitted);
	pthread_mutex_unlock(&denials->lock);
	if (!is_noted)
		return;
	denial = denial_new(req, why, omitted);
	vk_log(VK_LOG_WARN, "access-denied", VK_KV("actor", denial->actor),
		VK_KV("method", request_method(req)), VK_KV("object", denial->object),
		VK_KV("reason", why->msg), VK_KV("address", request_peer_address(req)),
		VK_KN("omitted", omitted));
	if (writer_submit(denials->writer, &denial->command, &err) == VK_OK)
		return;
	vk_log_err(VK_LOG_WARN, "denial-not-recorded", &err);
	denial_free(denial);
}
