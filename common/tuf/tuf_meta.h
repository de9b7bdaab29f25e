/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One metadata file of The Update Framework: parsed, its form checked, and, by
 * separate calls, its signatures verified. Immutable after parsing; may be read
 * by several threads. Everything that the accessors return is borrowed.
 *
 * Parsing says nothing about trust: call tuf_meta_verify() with the authority
 * that the delegator's metadata names for the role.
 */
#ifndef VK_TUF_META_H
#define VK_TUF_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/tuf/tuf_role.h"

struct vkjson;
struct tuf_meta;

enum {
	TUF_ROOT_MAX_BYTES = 512000,
	TUF_TIMESTAMP_MAX_BYTES = 16384,
	TUF_SNAPSHOT_MAX_BYTES = 2000000,
	TUF_TARGETS_MAX_BYTES = 5000000,
	TUF_MAX_DELEGATIONS = 4096,
	TUF_MAX_BIN_BITS = 32,
};

enum tuf_type { TUF_ROOT, TUF_TIMESTAMP, TUF_SNAPSHOT, TUF_TARGETS };
#define TUF_TYPE_COUNT ((int)TUF_TARGETS + 1)

/* "root", "timestamp", "snapshot", "targets" */
const char *tuf_type_name(enum tuf_type type);

struct tuf_hashes {
	bool has_sha256;
	bool has_sha512;
	bool has_unknown; /* an algorithm that we do not know: nothing will match */
	uint8_t sha256[VK_SHA256_BYTES];
	uint8_t sha512[VK_SHA512_BYTES];
};

/* An entry of `meta` in timestamp and snapshot. */
struct tuf_file {
	const char *name; /* "prod.json" */
	int64_t version;
	int64_t length; /* bytes; -1 if not given */
	bool has_hashes;
	struct tuf_hashes hashes;
};

/* An entry of `targets`. */
struct tuf_target {
	const char *path; /* "prod/42.json" */
	int64_t length;	  /* bytes */
	struct tuf_hashes hashes;
};

/* An entry of `delegations.roles`. */
struct tuf_delegation {
	const char *name;
	const struct tuf_role *role;
	bool is_terminating;
	const struct vkjson *paths;	    /* array of strings, or NULL */
	const struct vkjson *hash_prefixes; /* array of strings, or NULL */
	bool author_may_approve;	    /* x-vkcfg.author-may-approve */
};

/* `delegations.succinct_roles` (TAP 15): one entry for 2^bit_length roles, among which the digest
 * of a target's path chooses. They share keys and threshold and are terminating. */
struct tuf_bins {
	const char *name_prefix;
	unsigned bit_length; /* 1..TUF_MAX_BIN_BITS */
	const struct tuf_role *role;
};

/* Parses and checks the form: the `_type` must be the expected one (delegated roles: TUF_TARGETS).
 * VK_EUNTRUSTED or VK_ELIMIT with the member that is wrong. Freed with tuf_meta_free(). */
VK_CHECKED enum vk_rc tuf_meta_parse(const char *text, size_t len, enum tuf_type expected,
	struct tuf_meta **out, struct vk_err *err);
void tuf_meta_free(struct tuf_meta *meta);

enum tuf_type tuf_meta_type(const struct tuf_meta *meta);
int64_t tuf_meta_version(const struct tuf_meta *meta);
/* Seconds since the epoch; expired means now >= expires. */
int64_t tuf_meta_expires(const struct tuf_meta *meta);
/* The bytes that were parsed. */
const char *tuf_meta_bytes(const struct tuf_meta *meta, size_t *len);
/* The canonical form of the member `signed`. */
const char *tuf_meta_signed(const struct tuf_meta *meta, size_t *len);
const struct vkjson *tuf_meta_signatures(const struct tuf_meta *meta);
/* The member `signed`. */
const struct vkjson *tuf_meta_json(const struct tuf_meta *meta);

/* Checks the signatures; role_name is for the message. */
VK_CHECKED enum vk_rc tuf_meta_verify(const struct tuf_meta *meta, const struct tuf_role *authority,
	const char *role_name, struct vk_err *err);

/* The step of the root chain: next is signed by its own keys and, unless trusted is NULL, by the
 * keys of trusted, whose version it follows directly. Expiry is not looked at. */
VK_CHECKED enum vk_rc tuf_meta_verify_root(
	const struct tuf_meta *next, const struct tuf_meta *trusted, struct vk_err *err);

/* VK_EUNTRUSTED if expired. */
VK_CHECKED enum vk_rc tuf_meta_check_expiry(
	const struct tuf_meta *meta, int64_t now, const char *role_name, struct vk_err *err);

/* Root: the authority for a top-level role; consistent snapshots. */
const struct tuf_role *tuf_meta_root_role(const struct tuf_meta *root, enum tuf_type type);
bool tuf_meta_is_consistent(const struct tuf_meta *root);

/* Timestamp, snapshot: the entry for a file name ("prod.json") or NULL; all of them, sorted. */
const struct tuf_file *tuf_meta_file(const struct tuf_meta *meta, const char *name);
size_t tuf_meta_file_count(const struct tuf_meta *meta);
const struct tuf_file *tuf_meta_file_at(const struct tuf_meta *meta, size_t i);

/* Targets: the entry of a path or NULL; all of them, sorted by path. */
const struct tuf_target *tuf_meta_target(const struct tuf_meta *meta, const char *path);
size_t tuf_meta_target_count(const struct tuf_meta *meta);
const struct tuf_target *tuf_meta_target_at(const struct tuf_meta *meta, size_t i);

/* Targets: the delegations, in the order in which they count; by name, or NULL. */
size_t tuf_meta_delegation_count(const struct tuf_meta *meta);
const struct tuf_delegation *tuf_meta_delegation_at(const struct tuf_meta *meta, size_t i);
const struct tuf_delegation *tuf_meta_delegation(const struct tuf_meta *meta, const char *name);
/* Targets: the bins that it delegates to, in which case it has no other delegations; or NULL. */
const struct tuf_bins *tuf_meta_bins(const struct tuf_meta *meta);
/* Appends the name of the one role that may list the path: "PREFIX-07f". */
void tuf_bins_role_name(const struct tuf_bins *bins, const char *path, struct vk_buf *out);
/* True if the delegation's paths or path_hash_prefixes match the target path. */
bool tuf_delegation_matches(const struct tuf_delegation *delegation, const char *path);

/* VK_EUNTRUSTED unless the data have the length (-1: any) and all the hashes (NULL: none given). */
VK_CHECKED enum vk_rc tuf_hashes_check(const struct tuf_hashes *hashes, int64_t length,
	const void *data, size_t len, const char *what, struct vk_err *err);

#endif
