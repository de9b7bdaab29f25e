/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An emergency that a person has announced: until then, one name of one
 * instance may differ from what was released. Whoever may approve releases of
 * the environment signs it; it says nothing about what the value is, and sets
 * none. Bounded in time whatever it says.
 *
 * Pure: no clock, no storage, no network.
 */
#ifndef VK_ANNOUNCEMENT_H
#define VK_ANNOUNCEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/name.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_role.h"

enum {
	VK_ANNOUNCEMENT_MAX_SECONDS = 7 * 24 * 60 * 60, /* from its beginning */
	VK_ANNOUNCEMENT_EARLY_SECONDS = 5 * 60,		/* a clock may be behind by as much */
	VK_ANNOUNCEMENT_MAX_BYTES = 4096,
	VK_ANNOUNCEMENT_NAME_BYTES = 257,
	VK_ANNOUNCEMENT_TICKET_BYTES = 101,
	VK_ANNOUNCEMENTS_MAX = 64, /* of one host at a time */
};

struct vk_announcement {
	char fleet[VK_NAME_BYTES];
	char environment[VK_NAME_BYTES];
	char host[VK_NAME_BYTES];
	char instance[VK_NAME_BYTES];		   /* without the host */
	char name[VK_ANNOUNCEMENT_NAME_BYTES];	   /* as in drift-of, without wildcards */
	char ticket[VK_ANNOUNCEMENT_TICKET_BYTES]; /* why, for people */
	int64_t from;				   /* seconds since 1970 */
	int64_t until;
};

/* A signed statement as it is stored and sent; all borrowed. */
struct vk_announcement_signed {
	const char *statement;
	const char *keyid;
	const char *sig; /* hexadecimal */
};

/* Names, texts, times: VK_EINPUT says which. */
VK_CHECKED enum vk_rc vk_announcement_check(
	const struct vk_announcement *announcement, struct vk_err *err);

/* Appends the statement: the bytes that are signed, canonical JSON. */
VK_CHECKED enum vk_rc vk_announcement_format(
	const struct vk_announcement *announcement, struct vk_buf *out, struct vk_err *err);

/* Only what vk_announcement_format() writes is one. */
VK_CHECKED enum vk_rc vk_announcement_parse(
	const char *text, struct vk_announcement *out, struct vk_err *err);

/* Of a JSON object with statement, keyid and sig; borrowed from it. */
VK_CHECKED enum vk_rc vk_announcement_read(
	const struct vkjson *json, struct vk_announcement_signed *out, struct vk_err *err);

/* One key of the role is enough: nothing is installed. VK_EDENIED: not a key of the role;
 * VK_EUNTRUSTED: the signature is wrong. *key (may be NULL) is borrowed from the role. */
VK_CHECKED enum vk_rc vk_announcement_open(const struct vk_announcement_signed *given,
	const struct tuf_role *role, struct vk_announcement *out, const struct tuf_key **key,
	struct vk_err *err);

/* Whether it counts at that time. */
bool vk_announcement_is_active(const struct vk_announcement *announcement, int64_t now);

#endif
