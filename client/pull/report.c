/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/report.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { REPORT_MAX_BYTES = 8 * 1024 * 1024, REPORT_ID_BYTES = 16 };

/* What the report says, without what changes from run to run. */
static struct vkjson *make_content(const struct report *report)
{
	struct vkjson *json = vkjson_object();
	struct vkjson *instances = vkjson_array();

	for (size_t i = 0; i < report->count; i++)
		vkjson_append(instances, outcome_to_json(&report->outcomes[i]));
	vkjson_set(json, "agent", vkjson_string(PACKAGE_VERSION));
	vkjson_set(json, "release", vkjson_int(report->release));
	vkjson_set(json, "instances", instances);
	return json;
}

static void digest_of(const struct vkjson *json, char out[VK_SHA256_HEX_BYTES])
{
	struct vk_buf text;

	vk_buf_init(&text, REPORT_MAX_BYTES);
	vkjson_format(json, false, &text);
	vk_sha256_hex(text.data, text.len, out);
	vk_buf_release(&text);
}

static bool was_sent(const char *path, const char *digest)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf last;
	bool is_same;

	vk_buf_init(&last, VK_SHA256_HEX_BYTES);
	is_same = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &last, &err) == VK_OK &&
		  strncmp(last.data, digest, VK_SHA256_HEX_BYTES - 1) == 0;
	vk_buf_release(&last);
	return is_same;
}

static enum vk_rc post(
	const struct report *report, struct vkjson *json, struct httpc *client, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	uint8_t id[REPORT_ID_BYTES];
	struct vk_buf body;
	enum vk_rc rc;

	randombytes_buf(id, sizeof(id));
	vkjson_set(json, "id", vkjson_hex(id, sizeof(id)));
	vkjson_set(json, "time", vkjson_time(vk_clock_now()));
	vkjson_set(json, "log_size", vkjson_int((int64_t)report->log_size));
	vk_buf_init(&body, REPORT_MAX_BYTES);
	vkjson_format(json, false, &body);
	rc = vk_buf_check(&body, "report", err);
	if (rc == VK_OK)
		rc = httpc_post(client, "/v1/agent/report", body.data, body.len, &reply, err);
	vk_buf_release(&body);
	httpc_reply_release(&reply);
	return rc;
}

enum vk_rc report_send(const struct report *report, struct httpc *client, struct vk_err *err)
{
	char *path = xasprintf("%s/reported", report->state);
	struct vkjson *json = make_content(report);
	char digest[VK_SHA256_HEX_BYTES + 1];
	enum vk_rc rc = VK_OK;

	digest_of(json, digest);
	if (!was_sent(path, digest)) {
		rc = post(report, json, client, err);
		if (rc == VK_OK) {
			memcpy(digest + VK_SHA256_HEX_BYTES - 1, "\n", 2);
			rc = vk_file_replace(AT_FDCWD, path, 0600, digest, strlen(digest), err);
		}
		if (rc != VK_OK)
			rc = vk_err_prefix(err, "report");
	}
	vkjson_free(json);
	free(path);
	return rc;
}
