/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A change as the server stores it, and what it really is: its tree fetched and
 * rendered here, its bytes compared with what they must be, the differences to
 * the verified current release computed.
 */
#ifndef ADMIN_CHANGE_H
#define ADMIN_CHANGE_H

#include <stdint.h>

#include "client/admin/current.h"
#include "client/admin/session.h"
#include "common/err.h"

struct cfg_tree;
struct vkjson;

/* Embedded: change_init() ... change_release(). */
struct change {
	int64_t id;
	struct vkjson *object; /* as the server sent it: owns the strings below */
	const char *environment;
	const char *author;
	const char *state;
	struct candidate_texts texts;
	/* After change_verify(): */
	struct current current;
	struct vk_release *release; /* the parsed document */
	struct cfg_tree *tree;	    /* that it names */
	struct vkjson *difference;
	struct vkjson *baseline; /* what lint says of it today */
	struct vk_err judgement; /* VK_OK: the policy of the environment lets it in */
};

void change_init(struct change *change);
void change_release(struct change *change);

/* Fetches a change by its number as typed; checks the form only. */
VK_CHECKED enum vk_rc change_fetch(
	struct session *session, const char *id, struct change *out, struct vk_err *err);

/* Verifies the change for signing: VK_OK only if every byte is what its tree and the verified
 * current release make. VK_ECONFLICT: stale; VK_EUNTRUSTED: somebody lies. */
VK_CHECKED enum vk_rc change_verify(
	struct session *session, struct change *change, struct vk_err *err);

#endif
