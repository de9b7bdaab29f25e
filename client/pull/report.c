/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/pull/cosign.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/log.h"
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
	if (report->warning != NULL && report->warning[0] != '\0')
		vkjson_set(json, "warning", vkjson_string(report->warning));
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

/* What is wrong with the host's key is no reason to keep quiet about its instances. */
static bool add_cosignature(const struct report *report, int64_t now, struct vkjson *json)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf line;
	bool is_made;

	vk_buf_init(&line, NOTE_COSIGNATURE_MAX_BYTES);
	is_made = cosign_make(report->state, report->pins, &report->log, now, &line, &err) == VK_OK;
	if (is_made)
		vkjson_set(json, "cosignature", vkjson_stringn(line.data, line.len));
	else
		vk_log_err(VK_LOG_ERROR, "not-cosigned", &err);
	vk_buf_release(&line);
	return is_made;
}

static enum vk_rc post(const struct report *report, struct vkjson *json, int64_t now,
	struct httpc *client, struct vk_err *err)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	uint8_t id[REPORT_ID_BYTES];
	struct vk_buf body;
	enum vk_rc rc;

	randombytes_buf(id, sizeof(id));
	vkjson_set(json, "id", vkjson_hex(id, sizeof(id)));
	vkjson_set(json, "time", vkjson_time(now));
	vkjson_set(json, "log_size", vkjson_int((int64_t)report->log.size));
	vk_buf_init(&body, REPORT_MAX_BYTES);
	vkjson_format(json, false, &body);
	rc = vk_buf_check(&body, "report", err);
	if (rc == VK_OK)
		rc = httpc_post(client, "/v1/agent/report", body.data, body.len, &reply, err);
	vk_buf_release(&body);
	httpc_reply_release(&reply);
	return rc;
}

static enum vk_rc keep_digest(const char *path, const char *digest, struct vk_err *err)
{
	char line[VK_SHA256_HEX_BYTES + 1];

	snprintf(line, sizeof(line), "%s\n", digest);
	return vk_file_replace(AT_FDCWD, path, 0600, line, strlen(line), err);
}

enum vk_rc report_send(const struct report *report, struct httpc *client, struct vk_err *err)
{
	char *path = xasprintf("%s/reported", report->state);
	struct vkjson *json = make_content(report);
	int64_t now = vk_clock_now();
	char digest[VK_SHA256_HEX_BYTES];
	bool is_news, is_cosigned;
	enum vk_rc rc = VK_OK;

	digest_of(json, digest);
	is_news = !was_sent(path, digest);
	is_cosigned = report->is_cosigning &&
		      cosign_is_due(report->state, &report->log, is_news, now) &&
		      add_cosignature(report, now, json);
	if (is_news || is_cosigned)
		rc = post(report, json, now, client, err);
	if (rc == VK_OK && is_news)
		rc = keep_digest(path, digest, err);
	if (rc == VK_OK && is_cosigned)
		rc = cosign_keep(report->state, &report->log, now, err);
	if (rc != VK_OK)
		rc = vk_err_prefix(err, rc, "report");
	vkjson_free(json);
	free(path);
	return rc;
}
