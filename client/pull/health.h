/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The watch over a release: how the instance did before it (health_begin()), how
 * it does for the bake time after it (health_bake()), and whether that is still
 * good. The first is kept in DIRECTORY/health.json until the install is over, so
 * that a crash on the way loses nothing to compare with.
 *
 * Without a bake time, limits, or something that pull.yaml wants to be asked,
 * none of it happens.
 */
#ifndef VK_PULL_HEALTH_H
#define VK_PULL_HEALTH_H

#include "client/pull/outcome.h"
#include "client/pull/running.h"
#include "common/err.h"

/* Before anything of the generation is changed in what runs. A Valkey that does not answer has no
 * before. */
VK_CHECKED enum vk_rc health_begin(
	const struct running *running, const char *generation, struct vk_err *err);

/* VK_EINPUT, with evidence in err and outcome, where the release is not borne; VK_EUNAVAIL where a
 * signal ends the agent before the time is over. */
VK_CHECKED enum vk_rc health_bake(const struct running *running, const char *generation,
	struct outcome *outcome, struct vk_err *err);

/* The install is over. */
VK_CHECKED enum vk_rc health_forget(const struct instance *instance, struct vk_err *err);

#endif
