/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A proposal to change who may sign, on its way between the people whose
 * signatures it needs (docs/formats.md, Proposal): the new signed parts of root,
 * targets or an environment's role, and the signatures so far. It travels as a
 * file, by any road: nothing in it is believed but the signatures.
 *
 * Pure: no clock, no storage, no network, no terminal.
 */
#ifndef ADMIN_CEREMONY_H
#define ADMIN_CEREMONY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/name.h"
#include "common/tuf/tuf_build.h"

struct tuf_key;
struct tuf_meta;
struct tuf_role;

enum {
	CEREMONY_MAX_PARTS = 3, /* root, targets, one environment */
	CEREMONY_MAX_AUTHORITIES = CEREMONY_MAX_PARTS + 1,
	CEREMONY_MAX_SIGNATURES = 256, /* of one part */
	CEREMONY_FILE_MAX_BYTES = 8 << 20,
};

struct ceremony_part {
	char role[VK_NAME_BYTES]; /* "root", "targets", or an environment */
	struct tuf_meta *meta;	  /* the new metadata, without its signatures */
	struct tuf_signature *signatures;
	size_t signature_count;
};

/* Embedded: ceremony_init() ... ceremony_release(). Parts stand in the order root, targets,
 * environment. */
struct ceremony {
	char fleet[VK_NAME_BYTES];
	struct ceremony_part parts[CEREMONY_MAX_PARTS];
	size_t count;
};

void ceremony_init(struct ceremony *ceremony, const char *fleet);
void ceremony_release(struct ceremony *ceremony);

/* Adds a part, whose text is the canonical signed part. VK_EINPUT if it is none, or out of order.
 */
VK_CHECKED enum vk_rc ceremony_add(struct ceremony *ceremony, const char *role, const char *text,
	size_t len, struct vk_err *err);

/* The part of a role, and its metadata; NULL if there is none. */
struct ceremony_part *ceremony_find(struct ceremony *ceremony, const char *role);
const struct tuf_meta *ceremony_meta(const struct ceremony *ceremony, const char *role);

/* The part that is an environment's role, or NULL. */
const struct ceremony_part *ceremony_environment(const struct ceremony *ceremony);

/* Reads the content of a file into an initialised ceremony. VK_EINPUT, VK_ELIMIT. */
VK_CHECKED enum vk_rc ceremony_parse(
	struct ceremony *ceremony, const char *text, size_t len, struct vk_err *err);

/* Appends the content of the file. */
VK_CHECKED enum vk_rc ceremony_format(
	const struct ceremony *ceremony, struct vk_buf *out, struct vk_err *err);

/* Adds a signature, in the place of one by the same key. */
VK_CHECKED enum vk_rc ceremony_part_sign(
	struct ceremony_part *part, const struct tuf_signature *signature, struct vk_err *err);

/* Appends the TUF file: the part with its signatures. */
VK_CHECKED enum vk_rc ceremony_part_file(
	const struct ceremony_part *part, struct vk_buf *out, struct vk_err *err);

/* Whose signatures a part needs. A root needs two: its own keys and those of the root before. */
struct ceremony_authority {
	const struct ceremony_part *part;
	const char *whose; /* "present root", "new root", "targets", "prod" */
	const struct tuf_role *keys;
};

/* Fills in the authorities of all parts and returns their number. root and targets: the trusted
 * ones (targets may be NULL); what a new part delegates counts in their place. Lives as long as
 * the three. */
size_t ceremony_list_authorities(const struct ceremony *ceremony, const struct tuf_meta *root,
	const struct tuf_meta *targets,
	struct ceremony_authority out[CEREMONY_MAX_AUTHORITIES]);

/* Whether this key has signed, validly. */
bool ceremony_has_signed(const struct ceremony_authority *authority, const struct tuf_key *key);

/* VK_EUNTRUSTED unless the threshold is reached. */
VK_CHECKED enum vk_rc ceremony_check_signed(
	const struct ceremony_authority *authority, struct vk_err *err);

#endif
