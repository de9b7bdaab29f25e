/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host in a temporary directory, for the tests of client/pull: one instance
 * with a restart door that starts a real valkey-server on a unix socket, and
 * bundles made from a few lines of configuration.
 */
#ifndef VK_PULL_HOST_H
#define VK_PULL_HOST_H

#include <stdbool.h>

#include "client/pull/generation.h"
#include "client/pull/instance.h"
#include "client/pull/pins.h"
#include "common/bundle.h"

struct pull_host {
	char root[64];
	char *scratch;
	char *socket;
	char *door; /* the door's program */
	const char *door_argv[2];
	struct instance instance;
	char *directory;
	char *data;
	char *state; /* with a host.key */
	struct pins pins;
};

/* What a bundle says besides the usual lines. */
struct pull_bundle {
	const char *conf;	  /* more lines of valkey.conf */
	const char *users;	  /* more lines of users.acl */
	const char *extra;	  /* text of extra/note.txt; NULL: no such file */
	const char *secrets_conf; /* text of secrets.conf, which is then included; NULL: none */
	const char *tls_ca; /* texts of tls/ca.crt, tls/valkey.crt, tls/valkey.key, all or none */
	const char *tls_cert;
	const char *tls_key;
	const struct vk_bundle_secret *secrets;
	size_t secret_count;
	enum vk_bundle_drift drift;
	const struct vk_bundle_drift_rule *drift_rules;
	size_t drift_rule_count;
	enum vk_bundle_restart restart;
	const char *window; /* when it may restart; NULL: at any time */
	enum vk_bundle_unmanaged unmanaged;
};

/* Path of valkey-server, or NULL where it is not installed: then tests skip. */
const char *pull_host_valkey(void);

void pull_host_make(struct pull_host *host);

/* Ends its Valkey, if one runs, and removes everything. */
void pull_host_remove(struct pull_host *host);

/* Seals a value to the host and keeps it in STATE/secrets, as a fetch would have; what a bundle
 * pins. The name is borrowed. */
struct vk_bundle_secret pull_host_secret(
	const struct pull_host *host, const char *name, int64_t version, const char *value);

void pull_host_bundle(const struct pull_bundle *spec, struct generation_bundle *out);

/* Starts a Valkey that vkcfg knows nothing of, with these options, on the instance's socket. */
void pull_host_start_foreign(struct pull_host *host, const char *const *options);

/* CONFIG GET, as the agent: the value, or "" if it cannot be had. Freed by the caller. */
char *pull_host_config(struct pull_host *host, const char *name);

/* CONFIG SET and ACL SETUSER, as somebody with all rights would. */
void pull_host_command(struct pull_host *host, size_t argc, const char *const *argv);

/* INFO's run id; "" when it is down. Freed by the caller. */
char *pull_host_run_id(struct pull_host *host);

/* A TCP port of loopback that was free a moment ago. */
unsigned pull_host_free_port(void);
unsigned pull_host_free_port_after(unsigned port);

/* Kills Valkey at once. */
void pull_host_kill(struct pull_host *host);

#endif
