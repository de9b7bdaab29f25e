/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/banned.h"

static const struct {
	const char *name;
	int exit_status;
	int http_status;
} rc_table[VK_RC_COUNT] = {
	[VK_OK] = {"ok", 0, 200},
	[VK_EINPUT] = {"input", 2, 400},
	[VK_ENOTFOUND] = {"not-found", 3, 404},
	[VK_ECONFLICT] = {"conflict", 4, 409},
	[VK_EDENIED] = {"denied", 5, 403},
	[VK_EUNTRUSTED] = {"untrusted", 6, 422},
	[VK_ELIMIT] = {"limit", 7, 413},
	[VK_EUNAVAIL] = {"unavailable", 8, 503},
	[VK_EIO] = {"io", 9, 500},
};

/* Appends to text, cutting what does not fit: the one place where that is right. */
static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
}

enum vk_rc vk_err_vset(struct vk_err *err, enum vk_rc rc, const char *fmt, va_list ap)
{
	if (err != NULL) {
		err->rc = rc;
		err->hint[0] = '\0';
		vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	}
	return rc;
}

enum vk_rc vk_err_set(struct vk_err *err, enum vk_rc rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vk_err_vset(err, rc, fmt, ap);
	va_end(ap);
	return rc;
}

/* What helps against it on whatever machine; NULL for a reason that only the caller understands. */
static const char *advice(int errno_value)
{
	switch (errno_value) {
	case ENOSPC:
		return "make room: df -h shows what is full, df -i where the inodes are used up";
	case EDQUOT:
		return "this user's quota is used up: make room, or raise it";
	case EROFS:
		return "mount it for writing; after disk errors the kernel takes that back by "
		       "itself (dmesg)";
	case EACCES:
	case EPERM:
		return "look at owner and mode of it and of the directories above, and at what "
		       "SELinux or AppArmor deny (ausearch -m avc, dmesg)";
	case EMFILE:
		return "raise the limit on open files (LimitNOFILE=)";
	default:
		return NULL;
	}
}

enum vk_rc vk_err_errno(struct vk_err *err, enum vk_rc rc, int errno_value, const char *fmt, ...)
{
	char reason[128];
	va_list ap;

	if (err == NULL)
		return rc;
	va_start(ap, fmt);
	vk_err_vset(err, rc, fmt, ap);
	va_end(ap);
	/* The GNU variant: returns the text, which may or may not stand in the buffer. */
	append(err->msg, sizeof(err->msg), ": %s", strerror_r(errno_value, reason, sizeof(reason)));
	if (rc == VK_EIO && advice(errno_value) != NULL)
		vk_err_hint(err, "%s", advice(errno_value));
	return rc;
}

void vk_err_hint(struct vk_err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->rc == VK_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

enum vk_rc vk_err_prefix(struct vk_err *err, enum vk_rc rc, const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list ap;

	if (err == NULL)
		return rc;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	append(text, sizeof(text), ": %s", err->msg);
	memcpy(err->msg, text, sizeof(err->msg));
	return rc;
}

const char *vk_rc_name(enum vk_rc rc)
{
	return rc_table[rc].name;
}

int vk_rc_exit_status(enum vk_rc rc)
{
	return rc_table[rc].exit_status;
}

int vk_rc_http_status(enum vk_rc rc)
{
	return rc_table[rc].http_status;
}

enum vk_rc vk_rc_from_http_status(int status)
{
	if ((status >= 200 && status < 300) || status == 304)
		return VK_OK;
	for (int rc = 1; rc < VK_RC_COUNT; rc++) {
		if (rc_table[rc].http_status == status)
			return (enum vk_rc)rc;
	}
	if (status == 401)
		return VK_EDENIED;
	if (status == 429)
		return VK_EUNAVAIL;
	return status >= 500 ? VK_EUNAVAIL : VK_EINPUT;
}
