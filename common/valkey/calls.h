/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often a Valkey has run the commands that change its configuration and
 * users, as INFO commandstats counts it since the process was started (or since
 * CONFIG RESETSTAT). The counts prove a change even if it was undone since; who
 * it was, Valkey does not say.
 */
#ifndef VK_VALKEY_CALLS_H
#define VK_VALKEY_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/valkey/valkey.h"

enum call {
	CALL_CONFIG_SET,
	CALL_CONFIG_REWRITE,
	CALL_CONFIG_RESETSTAT,
	CALL_ACL_SETUSER,
	CALL_ACL_DELUSER,
	CALL_ACL_LOAD,
	CALL_ACL_SAVE,
	CALLS,
};

struct calls {
	int64_t counts[CALLS];
};

/* "config|set" */
const char *calls_name(enum call call);

/* Reads INFO's text; what is not there was never called, and what cannot be read counts as that. */
void calls_parse(const char *text, struct calls *out);

VK_CHECKED enum vk_rc calls_read(struct valkey *valkey, struct calls *out, struct vk_err *err);

#endif
