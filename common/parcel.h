/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A parcel (docs/formats.md): what the server would answer one host, in a file,
 * for hosts without a network. It is made by `vkcfg bundle export` and taken by
 * `vkcfg-pull --bundle`, which believes it no more than it believes a server:
 * nothing here is signed but what is in the answers.
 *
 * Pure: bytes in, answers out.
 */
#ifndef VK_PARCEL_H
#define VK_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct vkjson;

enum {
	PARCEL_MAX_BYTES = 64 << 20,
	PARCEL_MAX_ANSWERS = 8192, /* 64 instances with 64 secrets each, and the metadata */
	PARCEL_TARGET_MAX_BYTES = 512,
};

struct parcel;

/* An empty one; all texts are copied. */
struct parcel *parcel_new(const char *fleet, const char *host, const char *environment);
void parcel_free(struct parcel *parcel);

/* The answer to GET target ("/tuf/3.root.json"): bytes that count as they are, or (taken) JSON. */
void parcel_add(struct parcel *parcel, const char *target, const char *text, size_t len);
void parcel_add_json(struct parcel *parcel, const char *target, struct vkjson *answer);

/* VK_EINPUT or VK_ELIMIT, naming what is wrong. */
VK_CHECKED enum vk_rc parcel_parse(
	const char *text, size_t len, struct parcel **out, struct vk_err *err);

/* Appends the file. VK_ELIMIT if it is larger than parcel_parse() would take. */
VK_CHECKED enum vk_rc parcel_format(
	const struct parcel *parcel, struct vk_buf *out, struct vk_err *err);

/* For whom it is; borrowed. What is said here is not signed. */
const char *parcel_fleet(const struct parcel *parcel);
const char *parcel_host(const struct parcel *parcel);
const char *parcel_environment(const struct parcel *parcel);

/* Appends the bytes of an answer; VK_ENOTFOUND where there is none, VK_ELIMIT where it does not
 * fit. */
VK_CHECKED enum vk_rc parcel_get(
	const struct parcel *parcel, const char *target, struct vk_buf *out, struct vk_err *err);

/* An answer that is JSON, borrowed; NULL where there is none, or it is bytes. */
const struct vkjson *parcel_get_json(const struct parcel *parcel, const char *target);

/* The sizes of the audit log from which a host gets on with this parcel: those that it has proofs
 * for, and its own. Returns how many; the largest max of them, in no order. */
size_t parcel_log_sizes(const struct parcel *parcel, uint64_t *out, size_t max);

/* The target that begins so, borrowed; NULL if there is none. Of several, any. */
const char *parcel_find(const struct parcel *parcel, const char *prefix);

#endif
