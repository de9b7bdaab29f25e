/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whom Valkey has denied what, out of ACL LOG: user, reason and command. The
 * names of keys and channels that stand there, too, are not kept.
 */
#ifndef VK_PULL_HEALTH_DENIALS_H
#define VK_PULL_HEALTH_DENIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/valkey/users.h"
#include "common/valkey/valkey.h"

struct vkjson;

enum {
	DENIALS_MAX = 256, /* entries that are asked for; Valkey keeps 128 unless told otherwise */
	DENIAL_USER_BYTES = 128,
	DENIAL_REASON_BYTES = 16,
	DENIAL_COMMAND_BYTES = 64,
};

struct denial {
	char user[DENIAL_USER_BYTES];
	char reason[DENIAL_REASON_BYTES]; /* "command", "key", "channel", "auth" .. */
	char command[DENIAL_COMMAND_BYTES];
	int64_t count;
	int64_t created_ms; /* the first time, and the last, since 1970 */
	int64_t updated_ms;
};

struct denials {
	bool is_known; /* else the log could not be read */
	size_t count;
	struct denial items[DENIALS_MAX];
};

/* Reads the log. Where the agent may not (yet), nothing is known, and that is no failure. */
VK_CHECKED enum vk_rc denials_read(struct valkey *valkey, struct denials *out, struct vk_err *err);

/* Of what ACL LOG answers; entries that cannot be understood are left out. For tests. */
void denials_take(const struct reply *reply, struct denials *out);

/* What counts as new, and whom a release can have denied something. */
struct denials_scope {
	const struct denials *before; /* NULL or unknown: only what is younger than since_ms */
	int64_t since_ms;
	const struct users *old_users; /* before the release */
	const struct users *new_users;
};

/* When the last of them was, by the server's clock; 0: there is none. */
int64_t denials_latest_ms(const struct denials *denials);

/* Takes away whatever is in `these`: what an earlier try of a release is to blame for. */
void denials_remove(struct denials *denials, const struct denials *these);

/* Adds what denials_count_new() counts, each once. */
void denials_add_new(
	struct denials *out, const struct denials *now, const struct denials_scope *scope);

/* How often users of the generation were denied what nobody denied them before. A login that failed
 * counts only where the release has changed the user: anybody can try a wrong password. *example is
 * the first of them, or NULL. */
int64_t denials_count_new(const struct denials *now, const struct denials_scope *scope,
	const struct denial **example);

/* For DIRECTORY/health.json. */
struct vkjson *denials_to_json(const struct denials *denials);
VK_CHECKED enum vk_rc denials_from_json(
	const struct vkjson *json, struct denials *out, struct vk_err *err);

#endif
