/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vkcfg-pull --once --wait: in front of Valkey's start (ExecStartPre=, an init container). It ends
 * with success when every instance may be started, and until then asks the server again and again.
 * It installs files, and starts nothing: whoever waits for it does that.
 *
 * A run that goes on beside it, and restarts Valkey through a door whose unit waits here, does not
 * wait for itself: what it has installed is ready as soon as `current` names it.
 */
#ifndef VK_PULL_GATE_H
#define VK_PULL_GATE_H

#include "common/err.h"

/* config: the settings file of an enrolled host. timeout_s: how long in all. VK_OK; else why the
 * first instance that is not ready is not: VK_EUNTRUSTED where its files are not those that were
 * verified. */
VK_CHECKED enum vk_rc gate_wait(const char *config, unsigned timeout_s, struct vk_err *err);

#endif
