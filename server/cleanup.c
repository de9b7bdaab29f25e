/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/cleanup.h"

#include "common/clock.h"
#include "common/log.h"
#include "server/store/store_usage.h"

#include "common/banned.h"

enum { TREES_AT_ONCE = 20 }; /* others wait for the writer meanwhile */

struct cleanup {
	struct writer_command command; /* first: run() gets a pointer to it */
	int64_t keep_seconds;
	unsigned count;
};

static enum vk_rc run(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct cleanup *cleanup = (struct cleanup *)command;

	return store_clean_trees(writer_tx_store(tx), writer_tx_now(tx) - cleanup->keep_seconds,
		TREES_AT_ONCE, &cleanup->count, err);
}

/* The writer is not kept busy with nothing. */
static enum vk_rc look(struct readers *readers, int64_t keep_seconds, bool *out, struct vk_err *err)
{
	struct store *store = NULL;
	enum vk_rc rc = readers_take(readers, &store, err);

	if (rc != VK_OK)
		return rc;
	rc = store_has_unneeded_trees(store, vk_clock_now() - keep_seconds, out, err);
	readers_give(readers, store);
	return rc;
}

bool cleanup_run(struct readers *readers, struct writer *writer, int64_t keep_seconds)
{
	struct cleanup cleanup = {
		.command = {.name = "cleanup", .run = run}, .keep_seconds = keep_seconds};
	struct vk_err err = VK_ERR_INIT;
	bool has_some = false;
	enum vk_rc rc = look(readers, keep_seconds, &has_some, &err);

	if (rc == VK_OK && has_some)
		rc = writer_execute(writer, &cleanup.command, &err);
	if (rc != VK_OK) {
		vk_log_err(VK_LOG_WARN, "not-cleaned-up", &err);
		return false;
	}
	if (cleanup.count > 0)
		vk_log(VK_LOG_INFO, "cleaned-up", VK_KN("trees", cleanup.count));
	return cleanup.count == TREES_AT_ONCE;
}
