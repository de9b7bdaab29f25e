/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What this host remembers of its server when a run begins, also where a file of
 * the state directory was lost or damaged: then as much as is left is recalled,
 * so that neither the agent stops nor a server gains by it.
 */
#ifndef VK_PULL_MEMORY_H
#define VK_PULL_MEMORY_H

#include "client/pull/desired.h"
#include "client/pull/pull_settings.h"
#include "common/note.h"

/* Reads desired.json. If it is lost or damaged, the newest release of this environment that is
 * installed here is still the line below which no release is accepted. */
VK_CHECKED enum vk_rc memory_read_desired(const struct pull_settings *settings,
	const struct pins *pins, struct desired *out, struct vk_err *err);

/* Reads the checkpoint. A damaged one is set aside as checkpoint.damaged, loudly, and the host
 * begins to witness anew. */
VK_CHECKED enum vk_rc memory_read_checkpoint(
	const struct pull_settings *settings, struct note_checkpoint *out, struct vk_err *err);

#endif
