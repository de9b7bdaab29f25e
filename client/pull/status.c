/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/status.h"

#include <string.h>

#include "client/pull/certificates.h"
#include "client/pull/desired.h"
#include "client/pull/drift.h"
#include "client/pull/journal.h"
#include "client/pull/observe.h"
#include "client/pull/outcome.h"
#include "client/pull/presence.h"
#include "common/clock.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { WARNING_MAX_BYTES = 256 };

static void look(
	const struct instance *instance, const struct desired *desired, struct outcome *outcome)
{
	const char *wanted = desired_digest(desired, instance->name);
	struct vk_err err = VK_ERR_INIT;
	struct observed observed;
	struct failed failed;

	outcome_init(outcome, instance->name);
	if (generation_current(instance, outcome->generation, &err) != VK_OK) {
		outcome->failure = err;
		return;
	}
	outcome->release = generation_release(outcome->generation);
	if (wanted != NULL && strncmp(outcome->generation + strcspn(outcome->generation, "-") + 1,
				      wanted, 6) == 0)
		outcome->release = desired->release;
	if (instance->is_observed) {
		observed_init(&observed, instance);
		observe_compare(&observed, instance, NULL, outcome);
		observed_release(&observed);
		return;
	}
	drift_check(instance, NULL, DRIFT_LOOK_ONLY, outcome);
	if (failed_read(instance, &failed, &err) == VK_OK && outcome->failure.rc == VK_OK) {
		outcome->state = failed.is_rolled_back ? OUTCOME_ROLLED_BACK : OUTCOME_REFUSED;
		vk_err_set(&outcome->failure, VK_EINPUT, "release %lld: %s",
			(long long)failed.release, failed.error);
	}
}

static void add_drift(const struct outcome_drift *drift, struct vk_buf *out)
{
	char until[VK_TIME_TEXT_BYTES];

	vk_buf_addf(out, "  %s: %s is %s instead of %s",
		drift->is_planned		       ? "would change"
		: drift->cause == OUTCOME_SERVER_OWNED ? "differs"
						       : "drift",
		drift->name, drift->actual, drift->expected);
	if (drift->ticket != NULL) {
		vk_time_format(drift->until, until);
		vk_buf_addf(out, " (%s: %s, until %s)", outcome_cause_name(drift->cause),
			drift->ticket, until);
	} else if (!drift->is_planned) {
		vk_buf_addf(out, " (%s)", outcome_cause_name(drift->cause));
	}
	vk_buf_addc(out, '\n');
}

static void add_text(const struct outcome *outcome, struct vk_buf *out)
{
	vk_buf_addf(out, "%-20s release %lld  %s  %s  valkey %s  %s\n", outcome->instance,
		(long long)outcome->release,
		outcome->generation[0] != '\0' ? outcome->generation : "(nothing installed)",
		outcome_state_name(outcome->state),
		outcome->valkey[0] != '\0' ? outcome->valkey : "-", outcome->health);
	if (outcome->failure.rc != VK_OK)
		vk_buf_addf(out, "  failed: %s\n", outcome->failure.msg);
	for (size_t i = 0; i < outcome->drift_count; i++)
		add_drift(&outcome->drift[i], out);
	if (outcome->text[0] != '\0')
		vk_buf_addf(out, "  %s\n", outcome->text);
	if (outcome->tls.expires != 0) {
		vk_buf_adds(out, "  ");
		tls_expiry_describe(&outcome->tls, vk_clock_now(), out);
		vk_buf_addc(out, '\n');
	}
	for (size_t i = 0; i < outcome->wait_count; i++)
		vk_buf_addf(out, "  waits for a restart: %s is %s, then %s\n",
			outcome->waits[i].name,
			outcome->waits[i].actual[0] != '\0' ? outcome->waits[i].actual : "empty",
			outcome->waits[i].expected[0] != '\0' ? outcome->waits[i].expected
							      : "empty");
}

static void add_head(const struct agent *agent, const struct desired *desired, struct vk_buf *out)
{
	char expires[VK_TIME_TEXT_BYTES];

	vk_time_format(desired->timestamp_expires, expires);
	vk_buf_addf(out, "host %s of fleet %s in %s, server %s\n", agent->pins.host,
		agent->pins.fleet, agent->pins.environment, agent_server(agent));
	if (desired->timestamp_expires > 0)
		vk_buf_addf(out, "wanted: release %lld, vouched for until %s\n",
			(long long)desired->release, expires);
	else
		vk_buf_adds(out, "wanted: nothing yet\n");
}

/* What people have signed, and must sign anew. */
static void add_trust(const struct desired *desired, struct vk_buf *out)
{
	char expires[VK_TIME_TEXT_BYTES];

	if (desired->trust_expires == 0)
		return;
	vk_time_format(desired->trust_expires, expires);
	if (vk_clock_now() >= desired->trust_expires)
		vk_buf_addf(out,
			"expired: %s at %s; nothing new is installed until it is signed anew\n",
			desired->trust_role, expires);
	else
		vk_buf_addf(out, "signed until: %s (%s)\n", expires, desired->trust_role);
}

static void add_certificates(const struct certificates *certificates, struct vk_buf *out)
{
	char host[VK_TIME_TEXT_BYTES], ca[VK_TIME_TEXT_BYTES];
	struct vk_buf warning;

	vk_time_format(certificates->host_expires, host);
	vk_time_format(certificates->ca_expires, ca);
	vk_buf_addf(out, "certificate until: %s, CA until: %s\n", host, ca);
	vk_buf_init(&warning, WARNING_MAX_BYTES);
	certificates_warn(certificates, &warning);
	if (warning.len > 0)
		vk_buf_addf(out, "warning: %s\n", warning.data);
	vk_buf_release(&warning);
}

static struct vkjson *certificates_to_json(const struct certificates *certificates)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "host_expires", vkjson_time(certificates->host_expires));
	vkjson_set(json, "overdue", vkjson_bool(certificates->is_overdue));
	vkjson_set(json, "ca_expires", vkjson_time(certificates->ca_expires));
	vkjson_set(json, "ca_expires_soon", vkjson_bool(certificates->is_ca_soon));
	return json;
}

static struct vkjson *make_head(const struct agent *agent, const struct desired *desired)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "fleet", vkjson_string(agent->pins.fleet));
	vkjson_set(json, "host", vkjson_string(agent->pins.host));
	vkjson_set(json, "environment", vkjson_string(agent->pins.environment));
	vkjson_set(json, "server", vkjson_string(agent_server(agent)));
	vkjson_set(json, "release", vkjson_int(desired->release));
	vkjson_set(json, "timestamp_expires", vkjson_time(desired->timestamp_expires));
	if (desired->trust_expires != 0) {
		vkjson_set(json, "trust_expires", vkjson_time(desired->trust_expires));
		vkjson_set(json, "trust_role", vkjson_string(desired->trust_role));
	}
	return json;
}

static bool has_drift(const struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->drift_count; i++) {
		if (outcome_is_left(&outcome->drift[i]) || outcome->drift[i].is_planned)
			return true;
	}
	return false;
}

enum vk_rc status_show(const struct agent *agent, bool is_json, struct vk_buf *out, bool *is_clean,
	struct vk_err *err)
{
	struct vkjson *instances = NULL;
	struct vkjson *json = NULL;
	struct desired desired;
	struct certificates certificates;
	bool has_certificate = agent_has_certificate(agent);
	enum vk_rc rc = desired_read(agent->settings->state, &desired, err);

	if (rc == VK_OK && has_certificate)
		rc = certificates_look(agent, &certificates, err);
	if (rc != VK_OK)
		return rc;
	json = make_head(agent, &desired);
	if (has_certificate)
		vkjson_set(json, "certificates", certificates_to_json(&certificates));
	instances = vkjson_array();
	*is_clean = true;
	if (!is_json) {
		add_head(agent, &desired, out);
		add_trust(&desired, out);
		if (has_certificate)
			add_certificates(&certificates, out);
		else
			vk_buf_adds(out, "offline: no certificate; takes files (--bundle)\n");
	}
	presence_look(agent->settings->instances, agent->settings->count);
	for (size_t i = 0; i < agent->settings->count; i++) {
		struct outcome outcome;

		look(&agent->settings->instances[i], &desired, &outcome);
		if (outcome.failure.rc != VK_OK || has_drift(&outcome) ||
			outcome.state != OUTCOME_UNCHANGED)
			*is_clean = false;
		if (is_json)
			vkjson_append(instances, outcome_to_json(&outcome));
		else
			add_text(&outcome, out);
		outcome_release(&outcome);
	}
	vkjson_set(json, "instances", instances);
	if (is_json)
		vkjson_format(json, true, out);
	vkjson_free(json);
	return vk_buf_check(out, "status", err);
}
