/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/doctor.h"

#include "client/pull/agent.h"
#include "client/pull/certificates.h"
#include "client/pull/desired.h"
#include "client/pull/doctor_disk.h"
#include "client/pull/doctor_instance.h"
#include "client/pull/presence.h"
#include "common/clock.h"

#include "common/banned.h"

enum { HEALTH_MAX_BYTES = 4096 };

static void look_at_state(const struct agent *agent, struct checkup *checkup)
{
	checkup_add(checkup, CHECKUP_OK, "state-directory", NULL, "%s is the agent's own",
		agent->settings->state);
	doctor_look_at_disk(agent->settings->state, checkup);
}

/* A clock that is wrong is noticed by what is signed: nobody issues certificates for later. */
static void look_at_clock(const struct certificates *certificates, struct checkup *checkup)
{
	char now[VK_TIME_TEXT_BYTES], since[VK_TIME_TEXT_BYTES], until[VK_TIME_TEXT_BYTES];

	vk_time_format(vk_clock_now(), now);
	vk_time_format(certificates->host_since, since);
	vk_time_format(certificates->host_expires, until);
	if (vk_clock_now() < certificates->host_since)
		checkup_add(checkup, CHECKUP_PROBLEM, "clock",
			"set the clock (timedatectl): nothing that is signed counts before its "
			"time",
			"the clock says %s, and this host's certificate begins at %s", now, since);
	else if (vk_clock_now() >= certificates->host_expires)
		checkup_add(checkup, CHECKUP_PROBLEM, "certificate",
			"set the clock if it is wrong; else: vkcfg host readmit NAME",
			"the clock says %s, and this host's certificate ended at %s", now, until);
	else
		checkup_add(checkup, CHECKUP_OK, "clock", NULL,
			"%s is within the certificate's time, until %s", now, until);
}

static void look_at_certificates(const struct agent *agent, struct checkup *checkup)
{
	struct certificates certificates;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf warning;

	if (certificates_look(agent, &certificates, &err) != VK_OK) {
		checkup_add_failure(checkup, CHECKUP_PROBLEM, "certificate",
			"enrol this host again: vkcfg host readmit NAME", &err);
		return;
	}
	look_at_clock(&certificates, checkup);
	vk_buf_init(&warning, sizeof(err.msg));
	certificates_warn(&certificates, &warning);
	if (warning.len > 0)
		checkup_add(checkup, CHECKUP_WARNING, "certificate",
			"look why it is not renewed, or begin another CA: docs/keys.md", "%s",
			warning.data);
	vk_buf_release(&warning);
}

/* What people have signed, and how long the server has been silent. */
static void look_at_trust(const struct agent *agent, struct checkup *checkup)
{
	struct vk_err err = VK_ERR_INIT;
	char text[VK_TIME_TEXT_BYTES];
	struct desired desired;

	if (desired_read(agent->settings->state, &desired, &err) != VK_OK) {
		checkup_add_failure(checkup, CHECKUP_WARNING, "trust",
			"run vkcfg-pull: it asks the server for all of it again", &err);
		return;
	}
	if (desired.timestamp_expires != 0 && vk_clock_now() >= desired.timestamp_expires) {
		vk_time_format(desired.timestamp_expires, text);
		checkup_add(checkup, CHECKUP_PROBLEM, "trust",
			"is the server away, or withholding news? is the clock right?",
			"the server has vouched for nothing since %s", text);
	}
	if (desired.trust_expires == 0)
		return;
	vk_time_format(desired.trust_expires, text);
	if (vk_clock_now() >= desired.trust_expires)
		checkup_add(checkup, CHECKUP_PROBLEM, "trust",
			"it must be signed anew: vkcfg refresh ENV, or vkcfg root rotate",
			"the signatures of %s have expired at %s", desired.trust_role, text);
	else
		checkup_add(checkup, CHECKUP_OK, "trust", NULL, "signed until %s (%s)", text,
			desired.trust_role);
}

/* The one that the agent's client is for. */
static void look_at_server(const struct agent *agent, struct checkup *checkup)
{
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err err = VK_ERR_INIT;

	if (httpc_get(agent->client, "/healthz", HEALTH_MAX_BYTES, &reply, &err) == VK_OK)
		checkup_add(checkup, CHECKUP_OK, "server", NULL, "%s answers this host",
			agent_server(agent));
	else
		checkup_add_failure(checkup, CHECKUP_PROBLEM, "server",
			"look at 'server' in pull.yaml, DNS, firewall, and vkcfgd's own log", &err);
	httpc_reply_release(&reply);
}

static void look_at_servers(struct agent *agent, struct checkup *checkup)
{
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = agent_connect(agent, &err);

	for (size_t i = 0; rc == VK_OK && i < agent->settings->server_count; i++) {
		look_at_server(agent, checkup);
		rc = agent_turn_to_next(agent, &err);
	}
	if (rc != VK_OK)
		checkup_add_failure(checkup, CHECKUP_PROBLEM, "server",
			"enrol this host again: vkcfg host readmit NAME", &err);
}

static void look_at_enrolled(struct agent *agent, struct checkup *checkup)
{
	checkup_add(checkup, CHECKUP_OK, "enrolment", NULL, "host %s of fleet %s in %s",
		agent->pins.host, agent->pins.fleet, agent->pins.environment);
	if (agent_has_certificate(agent))
		look_at_certificates(agent, checkup);
	look_at_trust(agent, checkup);
	if (agent_has_certificate(agent))
		look_at_servers(agent, checkup);
	else
		checkup_add(checkup, CHECKUP_OK, "server", NULL,
			"enrolled without a server: takes files (--bundle)");
	if (agent->settings->count == 0)
		checkup_add(checkup, CHECKUP_WARNING, "instances",
			"name this host's Valkeys under 'instances' in pull.yaml",
			"there are no instances");
	presence_look(agent->settings->instances, agent->settings->count);
	for (size_t i = 0; i < agent->settings->count; i++) {
		const struct instance *instance = &agent->settings->instances[i];

		if (!pins_has_instance(&agent->pins, instance->name)) {
			checkup_set_subject(checkup, instance->name);
			checkup_add(checkup, CHECKUP_WARNING, "enrolment",
				"if it belongs here: add it to 'instances' in pins.yaml in the "
				"state "
				"directory",
				"this host was not enrolled for an instance of this name");
		}
		doctor_look_at_instance(instance, agent->settings->expiry_warning_s, checkup);
	}
}

void doctor_look(const char *config, struct checkup *checkup)
{
	struct vk_err err = VK_ERR_INIT;
	struct agent agent;

	if (agent_load(config, &agent, &err) != VK_OK) {
		checkup_add_failure(checkup, CHECKUP_PROBLEM, "settings",
			"vkcfg-pull --check-config; pull.yaml(5) shows how", &err);
		agent_close(&agent);
		return;
	}
	agent_close(&agent);
	if (agent_load_enrolled(config, &agent, &err) == VK_OK) {
		checkup_add(checkup, CHECKUP_OK, "settings", NULL, "%s is right", config);
		look_at_state(&agent, checkup);
		look_at_enrolled(&agent, checkup);
	} else {
		checkup_add_failure(checkup, CHECKUP_PROBLEM, "enrolment",
			"vkcfg host token NAME for a token, then vkcfg-pull enrol", &err);
	}
	agent_close(&agent);
}
