/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/offline.h"

#include <stdlib.h>

#include "common/mem.h"
#include "server/signer.h"
#include "server/state_dir.h"
#include "server/store/store_log.h"

#include "common/banned.h"

enum { TIMESTAMP_SECONDS = 86400 };

enum vk_rc offline_execute(
	const struct offline *offline, struct writer_command *command, struct vk_err *err)
{
	const struct signer_options signer_options = {.state = offline->state,
		.fleet = offline->fleet,
		.log_number = offline->log_number};
	struct writer_options options = {
		.fleet = offline->fleet, .timestamp_seconds = TIMESTAMP_SECONDS};
	char *path = xasprintf("%s/%s", offline->state, STATE_DATABASE);
	struct writer *writer = NULL;
	struct signer *signer = NULL;
	enum vk_rc rc = signer_start(&signer_options, &signer, err);

	if (rc == VK_OK)
		rc = store_open(path, offline->mode, &options.store, err);
	if (rc == VK_OK) {
		options.signer = signer;
		writer = writer_new(&options);
		rc = writer_execute(writer, command, err);
	}
	writer_free(writer);
	signer_stop(signer);
	free(path);
	return rc;
}

enum vk_rc offline_read(const char *state, char **fleet, unsigned *log_number, struct vk_err *err)
{
	char *path = xasprintf("%s/%s", state, STATE_DATABASE);
	struct arena *arena = arena_new();
	struct store_log_start start;
	struct store *store = NULL;
	const char *name = NULL;
	enum vk_rc rc = store_open(path, STORE_WRITE, &store, err);

	if (rc == VK_OK)
		rc = store_get_fleet(store, arena, &name, err);
	if (rc == VK_OK)
		rc = store_get_log_start(store, &start, err);
	if (rc == VK_OK) {
		*fleet = xstrdup(name);
		*log_number = start.number;
	}
	store_close(store);
	arena_free(arena);
	free(path);
	return rc;
}
