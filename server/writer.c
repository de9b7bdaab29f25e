/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/mem.h"
#include "server/log.h"

#include "common/banned.h"

/* Commands in the order in which they came. */
struct queue {
	struct writer_command *first;
	struct writer_command **end;
	size_t count;
};

struct writer {
	struct writer_options options;
	char *fleet;
	pthread_t thread;
	bool is_running; /* the thread has been started; changed by its owner only */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wakeup;
	struct queue queue;
	bool is_stopping;
	struct writer_stats stats;
};

/* What a command's run() sees: the group's transaction and its own arena. */
struct writer_tx {
	struct writer *writer;
	struct arena *arena; /* of the command */
	int64_t now;
	unsigned changes;	  /* of the group, commands that failed excepted */
	unsigned command_changes; /* of the command that runs */
};

static void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
	queue->count = 0;
}

static void queue_add(struct queue *queue, struct writer_command *command)
{
	command->next = NULL;
	*queue->end = command;
	queue->end = &command->next;
	queue->count++;
}

static struct writer_command *queue_take(struct queue *queue)
{
	struct writer_command *command = queue->first;

	queue->first = command->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	queue->count--;
	command->next = NULL;
	return command;
}

struct writer *writer_new(const struct writer_options *options)
{
	struct writer *writer = xcalloc(1, sizeof(*writer));

	writer->options = *options;
	writer->fleet = xstrdup(options->fleet);
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->wakeup, NULL);
	queue_init(&writer->queue);
	return writer;
}

/* Runs one command in a savepoint. *is_lost: the engine has ended the whole transaction (a full
 * disk does that), so that nothing of the group is left. */
static enum vk_rc run_command(
	struct writer_tx *tx, struct writer_command *command, bool *is_lost, struct vk_err *err)
{
	struct store *store = tx->writer->options.store;
	struct vk_err undo = VK_ERR_INIT;
	enum vk_rc rc = store_savepoint(store, err);

	if (rc != VK_OK) {
		*is_lost = true;
		return rc;
	}
	tx->arena = arena_new();
	tx->command_changes = 0;
	rc = command->run(tx, command, err);
	arena_free(tx->arena);
	tx->arena = NULL;
	*is_lost = !store_is_in_transaction(store);
	if (rc == VK_OK && !*is_lost)
		rc = store_release_savepoint(store, err);
	else if (!*is_lost && store_undo_savepoint(store, &undo) != VK_OK)
		*is_lost = true;
	if (rc == VK_OK && *is_lost)
		rc = vk_err_set(err, VK_EIO, "the transaction was lost");
	if (rc == VK_OK)
		tx->changes |= tx->command_changes;
	return rc;
}

/* Runs the commands of a group in one transaction, up to the commit. Each command's own result
 * goes to its err; the return value is the group's. */
static enum vk_rc run_group(struct writer_tx *tx, struct queue *group, struct vk_err *err)
{
	struct store *store = tx->writer->options.store;
	enum vk_rc rc = store_begin(store, err);

	for (struct writer_command *c = group->first; rc == VK_OK && c != NULL; c = c->next) {
		bool is_lost = false;

		c->err = (struct vk_err)VK_ERR_INIT;
		c->err.rc = run_command(tx, c, &is_lost, &c->err);
		fault_point("writer.command");
		if (is_lost) {
			*err = c->err;
			rc = err->rc;
		}
	}
	if (rc == VK_OK)
		rc = store_commit(store, err);
	fault_point("writer.commit");
	if (rc != VK_OK)
		store_rollback(store);
	return rc;
}

/* A failed commit is everybody's failure, also of those that had succeeded so far. */
static void fail_group(struct writer *writer, struct queue *group, const struct vk_err *err)
{
	for (struct writer_command *c = group->first; c != NULL; c = c->next)
		c->err = *err;
	pthread_mutex_lock(&writer->lock);
	writer->stats.failed_commits_total++;
	pthread_mutex_unlock(&writer->lock);
	vk_log_err(VK_LOG_ERROR, "commit-failed", err);
}

/* Signs a checkpoint over what has been committed. It has a transaction of its own, after that of
 * the entries: a checkpoint that was signed but not committed could be of a log that never came to
 * be, and the signer would refuse every other from then on. Were it lost in a power cut, the next
 * start would sign the same bytes again; so it does not wait for the disk. */
static enum vk_rc sign_checkpoint(struct writer *writer, bool *is_new, struct vk_err *err)
{
	struct store *store = writer->options.store;
	enum vk_rc rc = store_begin_light(store, err);

	if (rc == VK_OK)
		rc = log_checkpoint(store, writer->options.signer, vk_clock_now(), is_new, err);
	if (rc == VK_OK)
		rc = store_commit(store, err);
	if (rc != VK_OK)
		store_rollback(store);
	return rc;
}

static void publish(struct writer *writer, unsigned changes)
{
	if (changes != 0 && writer->options.publish != NULL)
		writer->options.publish(
			writer->options.publish_ctx, writer->options.store, changes);
}

/* The actions are committed: no checkpoint is no reason to deny them. */
static void sign_and_publish(struct writer *writer, unsigned changes)
{
	struct vk_err err = VK_ERR_INIT;
	bool is_new;

	if ((changes & WRITER_CHANGED_LOG) != 0 &&
		sign_checkpoint(writer, &is_new, &err) != VK_OK) {
		vk_log_err(VK_LOG_ERROR, "checkpoint-not-signed", &err);
		changes &= ~(unsigned)WRITER_CHANGED_LOG;
	}
	fault_point("writer.checkpoint");
	publish(writer, changes);
}

/* The transaction of a group; afterwards each command holds its result. */
static void execute_group(struct writer *writer, struct queue *group)
{
	struct writer_tx tx = {.writer = writer, .now = vk_clock_now()};
	struct vk_err err = VK_ERR_INIT;

	if (run_group(&tx, group, &err) != VK_OK) {
		/* Whoever submitted cannot do anything about it: the disk's fault or the signer's.
		 */
		err.rc = err.rc == VK_EUNAVAIL ? VK_EUNAVAIL : VK_EIO;
		fail_group(writer, group, &err);
	} else {
		sign_and_publish(writer, tx.changes);
	}
	pthread_mutex_lock(&writer->lock);
	writer->stats.groups_total++;
	writer->stats.commands_total += group->count;
	pthread_mutex_unlock(&writer->lock);
}

static void run_done(struct worker_message *message)
{
	struct writer_command *command =
		(struct writer_command *)((char *)message -
					  offsetof(struct writer_command, message));
	const struct vk_err err = command->err; /* done() may free the command */

	command->done(command, &err);
}

static void answer(struct writer *writer, struct writer_command *command)
{
	if (command->done == NULL)
		return;
	command->message.run = run_done;
	if (command->worker != NULL)
		writer->options.post(command->worker, &command->message);
	else
		run_done(&command->message);
}

/* Waits for commands; false: the writer stops and nothing is left to do. */
static bool take_group(struct writer *writer, struct queue *group)
{
	queue_init(group);
	pthread_mutex_lock(&writer->lock);
	while (writer->queue.count == 0 && !writer->is_stopping)
		pthread_cond_wait(&writer->wakeup, &writer->lock);
	while (writer->queue.count > 0 && group->count < WRITER_GROUP_MAX)
		queue_add(group, queue_take(&writer->queue));
	writer->stats.queued = writer->queue.count;
	pthread_mutex_unlock(&writer->lock);
	return group->count > 0;
}

static void *writer_main(void *arg)
{
	struct writer *writer = arg;
	struct queue group;

	while (take_group(writer, &group)) {
		execute_group(writer, &group);
		while (group.count > 0)
			answer(writer, queue_take(&group));
	}
	return NULL;
}

enum vk_rc writer_start(struct writer *writer, struct vk_err *err)
{
	bool is_new = false;
	enum vk_rc rc = sign_checkpoint(writer, &is_new, err);
	int code;

	if (rc != VK_OK)
		return rc;
	publish(writer, is_new ? WRITER_CHANGED_LOG : 0);
	code = pthread_create(&writer->thread, NULL, writer_main, writer);
	if (code != 0)
		return vk_err_errno(err, VK_EIO, code, "cannot start the writer's thread");
	writer->is_running = true;
	return VK_OK;
}

enum vk_rc writer_submit(struct writer *writer, struct writer_command *command, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	assert(command->worker == NULL || writer->options.post != NULL);
	pthread_mutex_lock(&writer->lock);
	if (writer->is_stopping)
		rc = vk_err_set(err, VK_EUNAVAIL, "the server is stopping");
	else if (writer->queue.count >= WRITER_QUEUE_MAX)
		rc = vk_err_set(err, VK_EUNAVAIL, "too many changes wait to be written");
	else
		queue_add(&writer->queue, command);
	writer->stats.queued = writer->queue.count;
	pthread_cond_signal(&writer->wakeup);
	pthread_mutex_unlock(&writer->lock);
	return rc;
}

/* writer_execute() on the thread: a command of its own runs the caller's and tells when it is over.
 */
struct execution {
	struct writer_command command; /* first */
	struct writer_command *inner;
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool is_over;
};

static enum vk_rc run_inner(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct execution *execution = (struct execution *)command;

	return execution->inner->run(tx, execution->inner, err);
}

static void inner_done(struct writer_command *command, const struct vk_err *err)
{
	struct execution *execution = (struct execution *)command;

	pthread_mutex_lock(&execution->lock);
	execution->inner->err = *err;
	execution->is_over = true;
	pthread_cond_signal(&execution->over);
	pthread_mutex_unlock(&execution->lock);
}

static enum vk_rc execute_on_thread(
	struct writer *writer, struct writer_command *command, struct vk_err *err)
{
	struct execution execution = {
		.command = {.name = command->name, .run = run_inner, .done = inner_done},
		.inner = command,
	};
	enum vk_rc rc;

	pthread_mutex_init(&execution.lock, NULL);
	pthread_cond_init(&execution.over, NULL);
	rc = writer_submit(writer, &execution.command, err);
	if (rc == VK_OK) {
		pthread_mutex_lock(&execution.lock);
		while (!execution.is_over)
			pthread_cond_wait(&execution.over, &execution.lock);
		pthread_mutex_unlock(&execution.lock);
	}
	pthread_cond_destroy(&execution.over);
	pthread_mutex_destroy(&execution.lock);
	return rc;
}

enum vk_rc writer_execute(struct writer *writer, struct writer_command *command, struct vk_err *err)
{
	struct queue group;

	if (writer->is_running) {
		enum vk_rc rc = execute_on_thread(writer, command, err);

		if (rc != VK_OK)
			return rc;
	} else {
		queue_init(&group);
		queue_add(&group, command);
		execute_group(writer, &group);
	}
	if (command->err.rc != VK_OK && err != NULL)
		*err = command->err;
	return command->err.rc;
}

void writer_stop(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->is_stopping = true;
	pthread_cond_signal(&writer->wakeup);
	pthread_mutex_unlock(&writer->lock);
	if (writer->is_running)
		pthread_join(writer->thread, NULL);
	writer->is_running = false;
}

void writer_free(struct writer *writer)
{
	if (writer == NULL)
		return;
	writer_stop(writer);
	store_close(writer->options.store);
	pthread_cond_destroy(&writer->wakeup);
	pthread_mutex_destroy(&writer->lock);
	free(writer->fleet);
	free(writer);
}

void writer_get_stats(struct writer *writer, struct writer_stats *out)
{
	pthread_mutex_lock(&writer->lock);
	*out = writer->stats;
	pthread_mutex_unlock(&writer->lock);
}

struct store *writer_tx_store(struct writer_tx *tx)
{
	return tx->writer->options.store;
}

struct signer *writer_tx_signer(struct writer_tx *tx)
{
	return tx->writer->options.signer;
}

const char *writer_tx_fleet(struct writer_tx *tx)
{
	return tx->writer->fleet;
}

int64_t writer_tx_timestamp_seconds(struct writer_tx *tx)
{
	return tx->writer->options.timestamp_seconds;
}

int64_t writer_tx_now(struct writer_tx *tx)
{
	return tx->now;
}

struct arena *writer_tx_arena(struct writer_tx *tx)
{
	return tx->arena;
}

void writer_tx_changed(struct writer_tx *tx, enum writer_changes changes)
{
	tx->command_changes |= (unsigned)changes;
}

enum vk_rc writer_tx_audit(
	struct writer_tx *tx, const struct writer_audit *audit, struct vk_err *err)
{
	const struct vk_audit_entry entry = {
		.action = audit->action,
		.actor = audit->actor,
		.at = tx->now,
		.detail = audit->detail,
		.object = audit->object,
		.result = audit->result != NULL ? audit->result : "ok",
	};
	enum vk_rc rc = log_append(tx->writer->options.store, &entry, NULL, err);

	if (rc == VK_OK)
		writer_tx_changed(tx, WRITER_CHANGED_LOG);
	return rc;
}
