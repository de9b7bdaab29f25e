/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/enrol_wait.h"

#include <time.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { REQUEST_MAX_BYTES = 1024, STATUS_WAITING = 202 };

static void add_request(const struct vk_host_claim *claim, struct vk_buf *out)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "name", vkjson_string(claim->name));
	vkjson_set(json, "environment", vkjson_string(claim->environment));
	vkjson_set(json, "public_key", vkjson_string(claim->public_key));
	vkjson_format(json, false, out);
	vkjson_free(json);
}

/* Three quarters to five quarters of the time: hosts that began together do not ask together. */
static void pause_between(unsigned seconds)
{
	uint32_t ms = seconds * 750 + randombytes_uniform(seconds * 500 + 1);
	struct timespec left = {
		.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) != 0)
		continue;
}

/* Whether asking again may help. What a stranger on the network can cause is no answer. */
static bool is_no_answer(enum vk_rc rc, const struct httpc_reply *reply)
{
	return rc == VK_EUNAVAIL || (rc == VK_OK && reply->status == STATUS_WAITING);
}

enum vk_rc enrol_wait(struct httpc *client, const struct enrol_wait *wait,
	const struct vk_host_claim *claim, struct httpc_reply *reply, struct vk_err *err)
{
	int64_t end_ms = vk_clock_monotonic_ms() + (int64_t)wait->timeout_seconds * 1000;
	char fingerprint[VK_HOST_FINGERPRINT_BYTES];
	struct vk_err last = VK_ERR_INIT;
	struct vk_buf body;
	enum vk_rc rc;

	vk_host_fingerprint(claim, fingerprint);
	wait->show(claim, fingerprint);
	vk_buf_init(&body, REQUEST_MAX_BYTES);
	add_request(claim, &body);
	while (is_no_answer(rc = httpc_post(client, "/v1/wait", body.data, body.len, reply, &last),
		       reply) &&
		vk_clock_monotonic_ms() < end_ms) {
		if (rc != VK_OK)
			vk_log_err(VK_LOG_WARN, "waiting", &last);
		pause_between(wait->poll_seconds);
	}
	vk_buf_release(&body);
	if (rc == VK_OK && reply->status == STATUS_WAITING) {
		rc = vk_err_set(err, VK_EUNAVAIL, "nobody has let host %s in for %u seconds",
			claim->name, wait->timeout_seconds);
		vk_err_hint(
			err, "vkcfg host approve %s --fingerprint %s", claim->name, fingerprint);
	} else if (rc != VK_OK) {
		*err = last;
	}
	return rc;
}
