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
#include "server/store/store_user.h"

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
	vkjson_free(mutation->findings);
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
		reply_error_findings(mutation->req, err, mutation->findings);
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

static bool has_same_roles(const struct view_identity *caller, const struct store_user *user)
{
	if (caller->roles != user->roles || caller->scope_count != user->scope_count)
		return false;
	for (size_t i = 0; i < user->scope_count; i++) {
		if (caller->scopes[i].roles != user->scopes[i].roles ||
			strcmp(caller->scopes[i].environment, user->scopes[i].environment) != 0)
			return false;
	}
	return true;
}

/* What the caller was permitted by the view must still be so in this transaction. */
static enum vk_rc check_caller(
	const struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	struct store *store = writer_tx_store(tx);
	struct store_user user;
	enum vk_rc rc;

	if (mutation->caller.kind == IDENTITY_STRANGER)
		return VK_OK;
	rc = store_check_certificate(store, mutation->fingerprint, writer_tx_now(tx), err);
	if (rc != VK_OK || mutation->caller.kind != IDENTITY_USER)
		return rc;
	rc = store_get_user(store, mutation->caller.name, writer_tx_arena(tx), &user, err);
	if (rc != VK_OK || has_same_roles(&mutation->caller, &user))
		return rc;
	vk_err_set(err, VK_EDENIED, "the roles of '%s' have just changed", user.name);
	vk_err_hint(err, "'vkcfg user list' shows them; try again");
	return VK_EDENIED;
}

static enum vk_rc on_run(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct mutation *mutation = OWNER_OF(command, command);
	enum vk_rc rc = check_caller(mutation, tx, err);

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

/* The caller with all that he points to in the arena: the view may be replaced meanwhile. */
static void keep_caller(struct mutation *mutation, const struct view_identity *caller)
{
	struct identity_scope *scopes =
		arena_calloc(mutation->arena, caller->scope_count + 1, sizeof(*scopes));

	for (size_t i = 0; i < caller->scope_count; i++) {
		scopes[i].roles = caller->scopes[i].roles;
		scopes[i].environment = mutation_keep(mutation, caller->scopes[i].environment);
	}
	mutation->caller = *caller;
	mutation->caller.name = mutation_keep(mutation, caller->name);
	mutation->caller.environment = mutation_keep(mutation, caller->environment);
	mutation->caller.scopes = scopes;
}

struct mutation *mutation_new(struct request *req, const char *name, mutation_run *run)
{
	struct mutation *mutation = xcalloc(1, sizeof(*mutation));
	const struct view_identity *caller = request_identity(req);

	mutation->context = request_context(req);
	mutation->arena = arena_new();
	keep_caller(mutation, caller);
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
