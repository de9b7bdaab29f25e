/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enrolment without a secret: the new host asks for its certificate again and
 * again, until a person has compared its fingerprint and let it in.
 */
#ifndef VK_PULL_ENROL_WAIT_H
#define VK_PULL_ENROL_WAIT_H

#include "common/host_fingerprint.h"
#include "common/httpc.h"

enum {
	ENROL_WAIT_POLL_S = 10,
	ENROL_WAIT_POLL_MAX_S = 60, /* the server forgets whom it does not hear for two minutes */
	ENROL_WAIT_TIMEOUT_S = 24 * 60 * 60,
};

struct enrol_wait {
	unsigned poll_seconds;
	unsigned timeout_seconds;
	/* Called once, before the first request; the host's own words. */
	void (*show)(const struct vk_host_claim *claim, const char *fingerprint);
};

/* Asks through client, which presents the key of claim->tls_key, until the reply has the
 * certificate. VK_EDENIED: a person has said no; VK_EUNAVAIL: nobody has said anything in time. */
VK_CHECKED enum vk_rc enrol_wait(struct httpc *client, const struct enrol_wait *wait,
	const struct vk_host_claim *claim, struct httpc_reply *reply, struct vk_err *err);

#endif
