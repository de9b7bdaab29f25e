/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a failure travels: a few codes, one per different reaction of the caller,
 * and a complete sentence for a person. The caller owns a struct vk_err on its
 * stack; nothing here allocates. Who returns an error does not log it; who
 * handles it logs or shows it, once.
 *
 * A truncated message is the one truncation that is allowed in vkcfg.
 */
#ifndef VK_ERR_H
#define VK_ERR_H

#include <stdarg.h>

#define VK_CHECKED __attribute__((warn_unused_result))
#define VK_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* One code per different reaction of the caller; the table in err.c gives the
 * name, exit status, HTTP status and problem type of each. */
enum vk_rc {
	VK_OK = 0,     /* done */
	VK_EINPUT,     /* what a person or peer sent is wrong: show it, never retry */
	VK_ENOTFOUND,  /* no such thing: read anew */
	VK_ECONFLICT,  /* base stale, exists already: read anew */
	VK_EDENIED,    /* identity known, not permitted: audit it */
	VK_EUNTRUSTED, /* signature, proof, threshold, freshness: keep last good, alarm */
	VK_ELIMIT,     /* too big, too many, too deep: refuse */
	VK_EUNAVAIL,   /* network, busy, starting: back off with jitter */
	VK_EIO,	       /* local disk, database, system: stop, keep last good */
};

#define VK_RC_COUNT ((int)VK_EIO + 1)

struct vk_err {
	enum vk_rc rc;
	char msg[512];	/* what is wrong, and where; no secret, no trailing dot */
	char hint[256]; /* what would be right; may be empty */
};

#define VK_ERR_INIT                                                                                \
	{                                                                                          \
		.rc = VK_OK                                                                        \
	}

/* Sets code and message, clears the hint, and returns rc, so that a caller can
 * write `return vk_err_set(err, ...)`. err may be NULL. */
enum vk_rc vk_err_set(struct vk_err *err, enum vk_rc rc, const char *fmt, ...) VK_PRINTF(3, 4);
enum vk_rc vk_err_vset(struct vk_err *err, enum vk_rc rc, const char *fmt, va_list ap);

/* Like vk_err_set(), with ": " and the text of errno_value appended; of a disk or file that does not work
 * (VK_EIO), with a hint at what helps. */
enum vk_rc vk_err_errno(struct vk_err *err, enum vk_rc rc, int errno_value, const char *fmt, ...)
	VK_PRINTF(4, 5);

/* Says what would be right. Does nothing when err is NULL or holds VK_OK. */
void vk_err_hint(struct vk_err *err, const char *fmt, ...) VK_PRINTF(2, 3);

/* Puts "prefix: " before the message of a layer below, which failed with rc. Returns rc, with or
 * without an err. */
enum vk_rc vk_err_prefix(struct vk_err *err, enum vk_rc rc, const char *fmt, ...) VK_PRINTF(3, 4);

/* "input", "not-found", ...: stable names for JSON, logs and problem types. */
const char *vk_rc_name(enum vk_rc rc);

/* Exit status of a program that ends with this code; see EXIT STATUS in the man pages. */
int vk_rc_exit_status(enum vk_rc rc);

/* HTTP status of a reply that reports this code (RFC 9110). */
int vk_rc_http_status(enum vk_rc rc);

/* The code that a reply with this HTTP status stands for; VK_OK for 2xx and 304. */
enum vk_rc vk_rc_from_http_status(int status);

#endif
