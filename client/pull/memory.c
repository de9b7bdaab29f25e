/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/generation.h"
#include "client/pull/witness.h"
#include "common/log.h"
#include "common/mem.h"

#include "common/banned.h"

static bool is_damage(enum vk_rc rc)
{
	return rc == VK_EINPUT || rc == VK_ELIMIT;
}

/* The release of what an instance runs; 0 if that is nothing, or of another environment. */
static int64_t installed_release(const struct instance *instance, const char *environment)
{
	struct generation_bundle bundle = {.len = 0};
	struct vk_err ignored = VK_ERR_INIT;
	char name[GENERATION_NAME_BYTES];
	bool is_ours = true;

	if (generation_current(instance, name, &ignored) != VK_OK)
		return 0;
	/* One that cannot be read counts: too high a line stops, too low a line lets back. */
	if (generation_read_bundle(instance, name, &bundle, &ignored) == VK_OK)
		is_ours = strcmp(bundle.bundle->environment, environment) == 0;
	generation_bundle_release(&bundle);
	return is_ours ? generation_release(name) : 0;
}

enum vk_rc memory_read_desired(const struct pull_settings *settings, const struct pins *pins,
	struct desired *out, struct vk_err *err)
{
	enum vk_rc rc = desired_read(settings->state, out, err);

	if (rc == VK_OK && !out->is_lost)
		return VK_OK;
	if (rc != VK_OK && !is_damage(rc))
		return rc;
	if (rc != VK_OK)
		vk_log_err(VK_LOG_ERROR, "memory-damaged", err);
	*out = (struct desired){.is_lost = true};
	for (size_t i = 0; i < settings->count; i++) {
		int64_t release = installed_release(&settings->instances[i], pins->environment);

		if (release > out->highest)
			out->highest = release;
	}
	out->release = out->highest;
	return VK_OK;
}

enum vk_rc memory_read_checkpoint(
	const struct pull_settings *settings, struct note_checkpoint *out, struct vk_err *err)
{
	enum vk_rc rc = witness_read(settings->state, out, err);
	char *path, *aside;

	if (!is_damage(rc))
		return rc;
	path = xasprintf("%s/checkpoint", settings->state);
	aside = xasprintf("%s.damaged", path);
	vk_log(VK_LOG_ERROR, "checkpoint-damaged", VK_KV("reason", err->msg),
		VK_KV("kept-as", aside));
	*out = (struct note_checkpoint){.size = 0};
	rc = rename(path, aside) == 0 ? VK_OK
				      : vk_err_errno(err, VK_EIO, errno, "cannot rename %s", path);
	free(aside);
	free(path);
	return rc;
}
