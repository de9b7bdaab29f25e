/* SPDX-License-Identifier: BSD-3-Clause */
/* Both generations of an install, as far as they can be read. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/fill.h"
#include "client/pull/running.h"

#include "common/banned.h"

void running_init(struct running *running, const struct instance *instance)
{
	memset(running, 0, sizeof(*running));
	running->instance = instance;
	running->current = fill_current_path(instance);
	expected_init(&running->next.expected);
	expected_init(&running->previous.expected);
	expected_init(&running->found);
}

static void release_side(struct running_side *side)
{
	generation_bundle_release(&side->bundle);
	expected_release(&side->expected);
	side->is_known = false;
}

void running_release(struct running *running)
{
	release_side(&running->next);
	release_side(&running->previous);
	expected_release(&running->found);
	free(running->current);
	running->current = NULL;
}

static enum vk_rc load_side(const struct instance *instance, const char *name,
	struct running_side *side, struct vk_err *err)
{
	enum vk_rc rc;

	release_side(side);
	rc = generation_read_bundle(instance, name, &side->bundle, err);
	if (rc == VK_OK)
		rc = expected_read(instance, name, &side->expected, err);
	if (rc == VK_OK && strcmp(side->expected.bundle, side->bundle.digest) != 0)
		rc = vk_err_set(err, VK_EINPUT,
			"generation %s: " GENERATION_BUNDLE " is not what was installed", name);
	side->is_known = rc == VK_OK;
	if (rc != VK_OK)
		release_side(side);
	return rc;
}

enum vk_rc running_load(
	struct running *running, const char *next, const char *previous, struct vk_err *err)
{
	struct vk_err ignored = VK_ERR_INIT; /* without it there is nothing to return to */
	enum vk_rc rc = load_side(running->instance, next, &running->next, err);

	snprintf(running->previous_name, sizeof(running->previous_name), "%s", previous);
	if (*previous != '\0' &&
		load_side(running->instance, previous, &running->previous, &ignored) == VK_EIO)
		return vk_err_set(err, VK_EIO, "%s", ignored.msg);
	return rc;
}
