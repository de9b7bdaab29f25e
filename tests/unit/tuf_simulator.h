/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TUF repository in memory, and the store of one client: metadata is kept as
 * JSON that a test may change at will before it is signed and published, served
 * files may be tampered with afterwards, and every request is noted.
 *
 * A new simulator has published version 1 of all four top-level roles, one
 * Ed25519 key each, consistent snapshots, expiry one day after `now`.
 */
#ifndef VK_TUF_SIMULATOR_H
#define VK_TUF_SIMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/tuf/tuf_client.h"
#include "common/vkjson.h"

enum { SIM_NOW = 1795397585, SIM_DAY = 86400 };

struct tuf_sim;

struct tuf_sim *tuf_sim_new(void);
void tuf_sim_free(struct tuf_sim *sim);

/* The signed part of a role, to be changed before publishing. */
struct vkjson *tuf_sim_part(struct tuf_sim *sim, const char *role);
/* The object in the delegator with `keyids` and `threshold`; the delegator's `keys`. */
struct vkjson *tuf_sim_role(struct tuf_sim *sim, const char *role);
struct vkjson *tuf_sim_keys(struct tuf_sim *sim, const char *role);
void tuf_sim_set_int(struct vkjson *obj, const char *name, int64_t value);
int64_t tuf_sim_version(struct tuf_sim *sim, const char *role);

/* The role gets count new keys and the threshold; it is from now on signed with these. With
 * keeps_signers it is also signed with the old ones, as a new root must be. */
void tuf_sim_new_keys(
	struct tuf_sim *sim, const char *role, size_t count, int threshold, bool keeps_signers);
/* From now on the role is signed with only the first count of its signers. */
void tuf_sim_limit_signers(struct tuf_sim *sim, const char *role, size_t count);
/* The role is from now on signed with the keys of another one, under their ids. */
void tuf_sim_sign_as(struct tuf_sim *sim, const char *role, const char *other);
/* Lists the role's first key in the delegator a second time, under another id, and signs twice. */
void tuf_sim_double_key(struct tuf_sim *sim, const char *role);

/* A delegation at the end of the parent's list; a role that is new begins empty, with a key. */
void tuf_sim_delegate(struct tuf_sim *sim, const char *parent, const char *role,
	const char *pattern, bool is_terminating);
/* The parent delegates by succinct roles (TAP 15) instead; all bins have one key in common. They
 * begin empty. */
void tuf_sim_delegate_bins(
	struct tuf_sim *sim, const char *parent, const char *prefix, unsigned bit_length);
void tuf_sim_add_target(
	struct tuf_sim *sim, const char *role, const char *path, const char *content);

/* Raises the version, signs, serves. Snapshot and timestamp take over the current versions. */
void tuf_sim_publish(struct tuf_sim *sim, const char *role);
/* Signs and serves without raising the version. */
void tuf_sim_publish_again(struct tuf_sim *sim, const char *role);
/* Snapshot and timestamp. */
void tuf_sim_publish_online(struct tuf_sim *sim);
/* Whether snapshot and timestamp list lengths and hashes (at first they do). */
void tuf_sim_list_hashes(struct tuf_sim *sim, bool does_list);

/* A served file; NULL if there is none. The test may change it. */
struct vk_buf *tuf_sim_file(struct tuf_sim *sim, const char *name);
void tuf_sim_remove_file(struct tuf_sim *sim, const char *name);
void tuf_sim_serve(struct tuf_sim *sim, const char *name, const void *data, size_t len);
/* The signed file that publishing would serve; the caller releases it. */
void tuf_sim_sign(struct tuf_sim *sim, const char *role, struct vk_buf *out);

/* The client's side. */
void tuf_sim_set_now(struct tuf_sim *sim, int64_t now);
/* Requests for this file fail with the code; NULL: none does. */
void tuf_sim_fail_request(struct tuf_sim *sim, const char *name, enum vk_rc rc);
/* The n-th save from now on fails with VK_EIO; 0: none does. */
void tuf_sim_fail_save(struct tuf_sim *sim, unsigned n);
const struct tuf_store *tuf_sim_store(struct tuf_sim *sim);
struct tuf_client *tuf_sim_client(struct tuf_sim *sim);
/* One run of a new client. */
enum vk_rc tuf_sim_refresh(struct tuf_sim *sim, struct vk_err *err);
enum vk_rc tuf_sim_find(struct tuf_sim *sim, const char *path, struct vk_err *err);
/* Names asked for since the last call, each followed by a blank. */
const char *tuf_sim_requests(struct tuf_sim *sim);
/* The version that the client's store holds; 0: none. */
int64_t tuf_sim_stored(struct tuf_sim *sim, const char *role);
struct vk_buf *tuf_sim_stored_file(struct tuf_sim *sim, const char *role);

#endif
