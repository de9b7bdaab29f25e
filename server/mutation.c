/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/mutation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/vkjson.h"
#include "server/denials.h"

#include "common/banned.h"

enum { PATH_MAX_BYTES = 1024 };

#define OWNER_OF(member_pointer, member)                                                           \
	((struct mutation *)(void *)((char *)(member_pointer)-offsetof(struct mutation, member)))

static void mutation_free(struct mutation *mutation)
{
	if (mutation->release != NULL)
		mutation->release(mutation->data);
	vkjson_free(mutation->body);
	vkjson_free(mutation->answer);
	arena_free(mutation->arena);
	free(mutation);
}

/* Reports come from every host all the time, and failures whenever somebody likes. */
static enum vk_log_level level_of(const struct mutation *mutation, const struct vk_err *err)
{
	bool is_frequent = mutation->caller.kind == IDENTITY_HOST || err->rc != VK_OK;

	return is_frequent ? VK_LOG_DEBUG : VK_LOG_INFO;
}

static void log_end(const struct mutation *mutation, const struct vk_err *err)
{
	enum vk_log_level level = level_of(mutation, err);
	const char *event = mutation->command.name;
	struct vk_buf path;

	vk_buf_init(&path, PATH_MAX_BYTES);
	request_format_path(mutation->req, &path);
	if (err->rc == VK_OK)
		vk_log(level, event, VK_KV("actor", mutation->actor), VK_KV("path", path.data));
	else
		vk_log(level, event, VK_KV("actor", mutation->actor), VK_KV("path", path.data),
			VK_KV("error", vk_rc_name(err->rc)), VK_KV("reason", err->msg));
	vk_buf_release(&path);
}

/* On the worker's thread, and the last that happens. */
static void answer(struct mutation *mutation, const struct vk_err *err)
{
	log_end(mutation, err);
	if (err->rc == VK_EDENIED)
		denials_note(mutation->context->denials, mutation->req, err);
	if (err->rc != VK_OK)
		reply_error(mutation->req, err);
	else if (mutation->answer == NULL)
		reply_empty(mutation->req);
	else
		reply_json(mutation->req, mutation->status, mutation->answer);
	mutation_free(mutation);
}

static void on_done(struct writer_command *command, const struct vk_err *err)
{
	answer(OWNER_OF(command, command), err);
}

static enum vk_rc on_run(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct mutation *mutation = OWNER_OF(command, command);
	enum vk_rc rc = VK_OK;

	if (mutation->caller.kind != IDENTITY_STRANGER)
		rc = store_check_certificate(
			writer_tx_store(tx), mutation->fingerprint, writer_tx_now(tx), err);
	return rc == VK_OK ? mutation->run(mutation, tx, err) : rc;
}

static void on_message(struct worker_message *message)
{
	struct mutation *mutation = OWNER_OF(message, message);

	answer(mutation, &mutation->err);
}

/* On the background thread. */
static void on_job(struct background_job *job)
{
	struct mutation *mutation = OWNER_OF(job, job);
	enum vk_rc rc = mutation->prepare(mutation, &mutation->err);

	if (rc == VK_OK)
		rc = writer_submit(mutation->context->writer, &mutation->command, &mutation->err);
	if (rc != VK_OK)
		worker_post(mutation->command.worker, &mutation->message);
}

struct mutation *mutation_new(struct request *req, const char *name, mutation_run *run)
{
	struct mutation *mutation = xcalloc(1, sizeof(*mutation));
	const struct view_identity *caller = request_identity(req);

	mutation->context = request_context(req);
	mutation->arena = arena_new();
	mutation->caller = *caller;
	mutation->caller.name = mutation_keep(mutation, caller->name);
	mutation->caller.environment = mutation_keep(mutation, caller->environment);
	snprintf(mutation->actor, sizeof(mutation->actor), "%s/%s",
		identity_kind_name(caller->kind), caller->name);
	memcpy(mutation->fingerprint, request_peer_fingerprint(req), sizeof(mutation->fingerprint));
	mutation->status = 200;
	mutation->run = run;
	mutation->req = req;
	mutation->job.run = on_job;
	mutation->message.run = on_message;
	mutation->command = (struct writer_command){
		.name = name,
		.run = on_run,
		.done = on_done,
		.worker = request_worker(req),
	};
	return mutation;
}

enum vk_rc mutation_parse_body(struct mutation *mutation, struct vk_err *err)
{
	return request_json(mutation->req, &mutation->body, err);
}

void mutation_fail(struct mutation *mutation, const struct vk_err *err)
{
	answer(mutation, err);
}

void mutation_start(struct mutation *mutation)
{
	struct context *context = mutation->context;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc;

	request_defer(mutation->req);
	if (mutation->prepare != NULL)
		rc = background_submit(context->background, &mutation->job, &err);
	else
		rc = writer_submit(context->writer, &mutation->command, &err);
	if (rc != VK_OK)
		answer(mutation, &err);
}

const char *mutation_keep(struct mutation *mutation, const char *text)
{
	return arena_strdup(mutation->arena, text != NULL ? text : "");
}

enum vk_rc mutation_audit(struct mutation *mutation, struct writer_tx *tx, const char *action,
	const char *object, struct vkjson *detail, struct vk_err *err)
{
	const struct writer_audit audit = {
		.actor = mutation->actor,
		.action = action,
		.object = object,
		.detail = detail,
	};
	enum vk_rc rc = writer_tx_audit(tx, &audit, err);

	vkjson_free(detail);
	return rc;
}
