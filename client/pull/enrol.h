/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes this machine a host of a fleet, once: its keys are generated here and
 * never leave, the token's one-time secret buys a certificate, and the root
 * that the token names (not one that the server chooses) becomes the root of
 * all trust. Run again after a failure, it goes on where it stopped.
 */
#ifndef VK_PULL_ENROL_H
#define VK_PULL_ENROL_H

#include "client/pull/agent.h"
#include "common/token.h"

/* agent: loaded by agent_load(). VK_ECONFLICT if this host is enrolled already; VK_EUNTRUSTED if
 * CA, certificate or root are not what the token says. */
VK_CHECKED enum vk_rc enrol(struct agent *agent, const struct vk_token *token, struct vk_err *err);

#endif
