/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request that changes something: the road from the handler through the
 * writer back to the reply, once for all routes.
 *
 *   worker       handler: mutation_new() takes what it needs from the request,
 *                mutation_start() defers it
 *   background   prepare(), if there is one: what takes long (reading a tree, rendering)
 *   writer       run(): the change itself and its audit entry, in one transaction; the
 *                caller's certificate and roles are looked at once more, so that
 *                nothing happens on behalf of somebody after his revocation
 *   worker       the reply: answer with status, or the error of whoever failed
 *
 * All that the mutation needs stands in its arena and dies with it.
 */
#ifndef VK_MUTATION_H
#define VK_MUTATION_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/name.h"
#include "server/background.h"
#include "server/context.h"
#include "server/request.h"
#include "server/store/store_certificate.h"
#include "server/writer.h"

struct vkjson;
struct mutation;

typedef enum vk_rc mutation_step(struct mutation *mutation, struct vk_err *err);
typedef enum vk_rc mutation_run(
	struct mutation *mutation, struct writer_tx *tx, struct vk_err *err);

struct mutation {
	/* For run() and prepare(): */
	struct context *context;
	struct arena *arena;
	struct view_identity caller;   /* its texts are in the arena */
	char actor[VK_NAME_BYTES + 8]; /* "user/alice" */
	uint8_t fingerprint[STORE_FINGERPRINT_BYTES]; /* of the caller's certificate */
	struct vkjson *body;	       /* the parsed body, or NULL */
	void *data;		       /* the route's own, in the arena */
	void (*release)(void *data);   /* what of data is not in the arena; may be NULL */

	/* Filled in by run(), findings by prepare(), too: */
	struct vkjson *answer; /* NULL: 204 */
	struct vkjson *findings; /* of a failure: what the problem document lists; or NULL */
	int status;	       /* of success; 200 if nobody says otherwise */

	/* The road: */
	mutation_step *prepare;
	mutation_run *run;
	struct request *req;
	struct background_job job;
	struct writer_command command;
	struct worker_message message;
	struct vk_err err;
};

/* name: for logs, "change.approve". Nothing is deferred yet: mutation_fail() replies with an error.
 */
struct mutation *mutation_new(struct request *req, const char *name, mutation_run *run);

/* Parses the body as a JSON object into mutation->body. */
VK_CHECKED enum vk_rc mutation_parse_body(struct mutation *mutation, struct vk_err *err);

/* Before mutation_start(): replies with the error and frees the mutation. */
void mutation_fail(struct mutation *mutation, const struct vk_err *err);

/* Defers the request and sends the mutation on its way. */
void mutation_start(struct mutation *mutation);

/* A copy of text in the mutation's arena. */
const char *mutation_keep(struct mutation *mutation, const char *text);

/* Appends the audit entry of this mutation: actor as noted, result ok; detail (may be NULL) is
 * taken. */
VK_CHECKED enum vk_rc mutation_audit(struct mutation *mutation, struct writer_tx *tx,
	const char *action, const char *object, struct vkjson *detail, struct vk_err *err);

#endif
