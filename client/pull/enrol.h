/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes this machine a host of a fleet, once: its keys are generated here and
 * never leave, the token's one-time secret, or a person who compares keys, buys
 * a certificate, and the root that the token names (not one that the server chooses) becomes the
 * root of all trust. Run again after a failure, it goes on where it stopped.
 */
#ifndef VK_PULL_ENROL_H
#define VK_PULL_ENROL_H

#include "client/pull/agent.h"
#include "client/pull/enrol_wait.h"
#include "common/signkey.h"
#include "common/token.h"

/* "ed25519:" and 64 hexadecimal digits, as 'vkcfg host add' writes it into the tree. */
enum { ENROL_PUBLIC_KEY_BYTES = sizeof("ed25519:") + 2 * VK_PUBLIC_KEY_BYTES };

/* agent: loaded by agent_load(). token: of a host; or a card to which name and environment were
 * added, then wait says how to wait for the approval (else NULL). VK_ECONFLICT if this host is
 * enrolled already; VK_EUNTRUSTED if CA, certificate or root are not what the token says.
 * public_key: the host's, for a person to compare. */
VK_CHECKED enum vk_rc enrol(struct agent *agent, const struct vk_token *token,
	const struct enrol_wait *wait, char public_key[ENROL_PUBLIC_KEY_BYTES], struct vk_err *err);

/* The same on a machine that reaches no server: its keys and pins are made, of a token or of a card
 * as above; the root comes with the first parcel (client/pull/offline.h), a certificate when a
 * token is used later, if ever. */
VK_CHECKED enum vk_rc enrol_offline(struct agent *agent, const struct vk_token *token,
	char public_key[ENROL_PUBLIC_KEY_BYTES], struct vk_err *err);

#endif
