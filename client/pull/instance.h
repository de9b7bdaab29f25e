/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What pull.yaml says about one Valkey of this host, and what the agent knows
 * about itself: read-only for all modules that install, compare or restart.
 * Whatever decides what runs on the host stands here, never in a bundle.
 */
#ifndef VK_PULL_INSTANCE_H
#define VK_PULL_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/valkey/address.h"
#include "common/valkey/transport.h"
#include "common/valkey/valkey.h"

struct httpc;
struct pins;

enum {
	INSTANCE_COMMAND_TIMEOUT_MS = 5000,
	INSTANCE_PASSWORD_MAX_BYTES = 512,
};

struct instance {
	const char *name;
	const char *directory; /* generations/, current, runtime.conf, journal.json */
	const char *data;
	const char *binary; /* valkey-server of this host */
	struct address address;
	struct transport_tls tls;
	const char *const *door_program; /* argv, NULL-terminated; NULL: none */
	const char *door_file;		 /* touched for a systemd path unit; NULL: none */
	const char *user;		 /* first contact: user and its password file, or NULL */
	const char *password_file;
	int restart_timeout_ms;
	const char *const *health_program; /* asked after a release: argv, or NULL */
	int health_timeout_ms;
	const char
		*health_user; /* an application's, whose login is tried after a release, or NULL */
	const char *health_password_file;
	bool is_started_later; /* whoever has started the agent starts Valkey when it has ended */
	const char *agent_password;   /* of vkcfg-agent, from STATE */
	const char *state;	      /* STATE itself: host.key, secrets/ */
	const struct pins *pins;      /* whose secrets it may open */
	struct httpc *const *server;  /* who grants leases; NULL, or of NULL: nobody */
	const struct instance *peers; /* all of this host, itself among them */
	size_t peer_count;
	bool is_observed; /* nothing of it is changed, neither files nor server */
	/* Why it did not answer when it was last asked, static (presence.h); NULL: it did, or is
	 * down. Nobody waits for it then: connecting fails at once. */
	const char *silence;
	const char *staging; /* where generations are written instead, to be compared; or NULL */
};

/* Connects and authenticates as vkcfg-agent, or where that user is not known (yet) with the
 * credentials for the first contact, or as whoever needs no password. VK_EUNAVAIL: it is down;
 * VK_EDENIED: it runs and lets us in with none of these. */
VK_CHECKED enum vk_rc instance_connect(
	const struct instance *instance, struct valkey **out, struct vk_err *err);

/* Logs in over a connection of its own, and hangs up. */
VK_CHECKED enum vk_rc instance_try_login(const struct instance *instance, const char *user,
	const char *password_file, struct vk_err *err);

/* Connects as vkcfg-agent or not at all. */
VK_CHECKED enum vk_rc instance_connect_as_agent(
	const struct instance *instance, struct valkey **out, struct vk_err *err);

#endif
