/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writer: one thread owns the only connection that may write. Others hand it
 * commands; it takes what has queued up, runs each command inside a savepoint of
 * one transaction, commits with full durability, signs the log's checkpoint,
 * publishes (the hook builds and swaps the view) and only then answers. So
 * whoever got an answer can read its own write, in the view too.
 *
 * A command that fails is undone alone, audit entries included; the others of the
 * group go on. A commit that fails answers the whole group with its error (disk
 * full, I/O error: VK_EIO) and the process goes on.
 *
 *   struct approve {
 *           struct writer_command command;        first, or use container_of
 *           struct request *req;
 *           ...
 *   };
 *   a->command = (struct writer_command){.name = "change.approve", .run = run,
 *           .done = done, .worker = request_worker(req)};
 *   request_defer(req);
 *   rc = writer_submit(writer, &a->command, &err);  on failure: done() is never called
 *
 * run() is called once, on the writer's thread: it touches the store, the signer and
 * its own struct, nothing else. A success of run() is not yet the command's success.
 * done() is called once, on the thread of the worker that is named in the command
 * (on the writer's thread where none is named), and may free the command.
 */
#ifndef VK_SERVER_WRITER_H
#define VK_SERVER_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "server/store/store.h"
#include "server/worker.h"

struct signer;
struct vkjson;
struct writer;
struct writer_tx;

enum {
	WRITER_QUEUE_MAX = 4096, /* commands that wait; more are refused with VK_EUNAVAIL */
	WRITER_GROUP_MAX = 256,	 /* commands in one transaction */
};

/* What a group of commands has changed, for the publish hook. */
enum writer_changes {
	WRITER_CHANGED_LOG = 1 << 0,	     /* there is a new checkpoint */
	WRITER_CHANGED_IDENTITIES = 1 << 1,  /* certificates, roles, revocations, hosts */
	WRITER_CHANGED_PUBLICATION = 1 << 2, /* TUF files, releases, environments */
};

struct writer_command {
	const char *name; /* for logs: "change.approve" */
	enum vk_rc (*run)(struct writer_tx *tx, struct writer_command *command, struct vk_err *err);
	/* err->rc is VK_OK after success. NULL: nobody waits. */
	void (*done)(struct writer_command *command, const struct vk_err *err);
	struct worker *worker; /* where done() runs; NULL: on the writer's thread */

	/* The writer's own: */
	struct worker_message message;
	struct writer_command *next;
	struct vk_err err;
};

struct writer_options {
	struct store *store;   /* opened with STORE_WRITE; taken */
	struct signer *signer; /* borrowed */
	const char *fleet;
	int64_t timestamp_seconds; /* life of a TUF timestamp: setting timestamp-lifetime */
	/* Called on the writer's thread after each commit that changed something, before answers go
	 * out. changes: enum writer_changes. May be NULL. */
	void (*publish)(void *ctx, struct store *store, unsigned changes);
	void *publish_ctx;
	/* worker_post(); tests give their own. May be NULL if no command names a worker. */
	void (*post)(struct worker *worker, struct worker_message *message);
};

/* No thread yet: until writer_start(), writer_execute() runs commands on the caller's thread. */
struct writer *writer_new(const struct writer_options *options);

/* Signs (and publishes) the checkpoint that a crash may have left out, then starts the thread. */
VK_CHECKED enum vk_rc writer_start(struct writer *writer, struct vk_err *err);

/* Any thread. The command belongs to the writer until done() is called. VK_EUNAVAIL when the
 * queue is full or the writer stops: try again later; done() is then not called. */
VK_CHECKED enum vk_rc writer_submit(
	struct writer *writer, struct writer_command *command, struct vk_err *err);

/* Runs one command and waits for its end; done() is not called. Any thread but the writer's. */
VK_CHECKED enum vk_rc writer_execute(
	struct writer *writer, struct writer_command *command, struct vk_err *err);

/* Takes no more commands, finishes what is queued, waits for the thread. */
void writer_stop(struct writer *writer);

/* Stops if need be; closes the store. NULL does nothing. */
void writer_free(struct writer *writer);

/* For /metrics; any thread. */
struct writer_stats {
	uint64_t commands_total;
	uint64_t groups_total;
	uint64_t failed_commits_total;
	uint64_t queued; /* now */
};
void writer_get_stats(struct writer *writer, struct writer_stats *out);

/* For run(): */
struct store *writer_tx_store(struct writer_tx *tx);
struct signer *writer_tx_signer(struct writer_tx *tx);
const char *writer_tx_fleet(struct writer_tx *tx);

int64_t writer_tx_timestamp_seconds(struct writer_tx *tx);

/* One time for the whole group. */
int64_t writer_tx_now(struct writer_tx *tx);

/* For results of the domain functions; lives as long as the command runs. */
struct arena *writer_tx_arena(struct writer_tx *tx);

/* Tells the publish hook what this command has changed (the log is noticed by itself). */
void writer_tx_changed(struct writer_tx *tx, enum writer_changes changes);

/* Appends an audit entry to the log, undone with the command. detail (may be NULL) stays the
 * caller's; result is "ok" or vk_rc_name(). */
struct writer_audit {
	const char *actor;  /* "user/alice" */
	const char *action; /* "change.approve" */
	const char *object; /* "change/117" */
	const char *result; /* NULL: "ok" */
	const struct vkjson *detail;
};
VK_CHECKED enum vk_rc writer_tx_audit(
	struct writer_tx *tx, const struct writer_audit *audit, struct vk_err *err);

#endif
