/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/sslerr.h"

#include <stddef.h>
#include <stdio.h>

#include <openssl/err.h>

#include "common/banned.h"

enum vk_rc vk_err_openssl(struct vk_err *err, enum vk_rc rc, const char *fmt, ...)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	char text[sizeof(err->msg)];
	va_list ap;

	ERR_clear_error();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (reason == NULL)
		return vk_err_set(err, rc, "%s", text);
	return vk_err_set(err, rc, "%s: %s", text, reason);
}
