/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_filter.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#include "common/banned.h"

enum { DATE_CHARS = 10 };

static enum vk_rc get_time(const struct args *args, const char *option, int64_t fallback,
	int64_t *out, struct vk_err *err)
{
	const char *text = args_get(args, option);
	char full[VK_TIME_TEXT_BYTES];

	if (text == NULL) {
		*out = fallback;
		return VK_OK;
	}
	if (strlen(text) == DATE_CHARS)
		snprintf(full, sizeof(full), "%.10sT00:00:00Z", text);
	else
		snprintf(full, sizeof(full), "%.20s", text);
	if (strlen(text) < VK_TIME_TEXT_BYTES && vk_time_parse(full, out))
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "--%s: '%s' is no time", option, text);
	vk_err_hint(err, "2026-11-23 or 2026-11-23T01:33:05Z, in UTC");
	return VK_EINPUT;
}

enum vk_rc audit_filter_parse(const struct args *args, struct audit_filter *out, struct vk_err *err)
{
	struct audit_filter filter = {.actor = args_get(args, "actor"),
		.action = args_get(args, "action"),
		.object = args_get(args, "object")};
	enum vk_rc rc = get_time(args, "since", INT64_MIN, &filter.since, err);

	if (rc == VK_OK)
		rc = get_time(args, "until", INT64_MAX, &filter.until, err);
	if (rc == VK_OK && filter.since >= filter.until)
		rc = vk_err_set(err, VK_EINPUT, "--since is not before --until");
	if (rc != VK_OK)
		return rc;
	filter.is_any = filter.actor == NULL && filter.action == NULL && filter.object == NULL &&
			filter.since == INT64_MIN && filter.until == INT64_MAX;
	*out = filter;
	return VK_OK;
}

static bool is_like(const char *pattern, const char *text)
{
	return pattern == NULL || fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

bool audit_filter_matches(const struct audit_filter *filter, const struct vk_audit_entry *entry)
{
	return is_like(filter->actor, entry->actor) && is_like(filter->action, entry->action) &&
	       is_like(filter->object, entry->object) && entry->at >= filter->since &&
	       entry->at < filter->until;
}
