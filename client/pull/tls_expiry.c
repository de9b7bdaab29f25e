/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/tls_expiry.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "common/ca_set.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/x509.h"

#include "common/banned.h"

enum { DAY_SECONDS = 24 * 60 * 60 };

static bool is_set(const struct values *values, const char *name, const char *unset)
{
	const char *text = values_get(values, name);

	return text != NULL && *text != '\0' && strcmp(text, unset) != 0;
}

static bool uses_tls(const struct values *values)
{
	return is_set(values, "tls-port", "0") || is_set(values, "tls-replication", "no") ||
	       is_set(values, "tls-cluster", "no");
}

static bool read_leaf(const struct vk_buf *pem, int64_t *out)
{
	int64_t not_before;

	return x509_read_validity(pem->data, pem->len, &not_before, out, NULL) == VK_OK;
}

/* While a CA is replaced there are two: the one that lasts longer counts. A bundle of the whole
 * world's CAs says nothing. */
static bool read_cas(const struct vk_buf *pem, int64_t *out)
{
	struct ca_set set;
	bool is_read;

	ca_set_init(&set);
	is_read = ca_set_parse(&set, pem->data, pem->len, NULL) == VK_OK;
	*out = 0;
	for (size_t i = 0; is_read && i < set.count; i++)
		*out = set.items[i].not_after > *out ? set.items[i].not_after : *out;
	ca_set_release(&set);
	return is_read;
}

void tls_expiry_look(const struct values *values, struct tls_expiry *out)
{
	static const struct {
		const char *directive;
		bool (*read)(const struct vk_buf *pem, int64_t *out);
	} files[] = {
		{"tls-cert-file", read_leaf},
		{"tls-client-cert-file", read_leaf},
		{"tls-ca-cert-file", read_cas},
	};

	*out = (struct tls_expiry){.expires = 0};
	for (size_t i = 0; uses_tls(values) && i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path = values_get(values, files[i].directive);
		struct vk_buf pem;
		int64_t expires;

		if (path == NULL || *path == '\0')
			continue;
		vk_buf_init(&pem, X509_MAX_PEM_BYTES);
		if (vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &pem, NULL) == VK_OK &&
			files[i].read(&pem, &expires) &&
			(out->expires == 0 || expires < out->expires)) {
			out->expires = expires;
			out->directive = files[i].directive;
		}
		vk_buf_release(&pem);
	}
}

int64_t tls_expiry_days(const struct tls_expiry *expiry, int64_t now)
{
	int64_t left = expiry->expires - now;

	return left >= 0 ? left / DAY_SECONDS : -1 - (-1 - left) / DAY_SECONDS;
}

void tls_expiry_describe(const struct tls_expiry *expiry, int64_t now, struct vk_buf *out)
{
	char text[VK_TIME_TEXT_BYTES];

	vk_time_format(expiry->expires, text);
	vk_buf_addf(out, "%s %s %s", expiry->directive,
		expiry->expires <= now ? "has expired" : "expires", text);
}

void tls_expiry_warn(const struct tls_expiry *expiry, const char *instance, int64_t warning_s,
	struct vk_buf *warnings)
{
	int64_t now = vk_clock_now();
	char text[VK_TIME_TEXT_BYTES];

	if (expiry->expires == 0 || expiry->expires - now > warning_s)
		return;
	vk_time_format(expiry->expires, text);
	vk_log(VK_LOG_WARN, "tls-expires", VK_KV("instance", instance),
		VK_KV("file", expiry->directive), VK_KV("expires", text),
		VK_KN("days", tls_expiry_days(expiry, now)));
	vk_buf_addf(warnings, "%s%s: ", warnings->len > 0 ? "; " : "", instance);
	tls_expiry_describe(expiry, now, warnings);
}
