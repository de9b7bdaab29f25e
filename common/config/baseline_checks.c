/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules about directives that need more than one value, or a look into it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/baseline_internal.h"
#include "common/config/directive.h"

#include "common/banned.h"

static bool has_word(const char *list, const char *separators, const char *word)
{
	size_t want = strlen(word);

	for (;;) {
		size_t len;

		list += strspn(list, separators);
		if (*list == '\0')
			return false;
		len = strcspn(list, separators);
		if (len == want && strncmp(list, word, len) == 0)
			return true;
		list += len;
	}
}

/* ---- network ---- */

static void check_bind(struct baseline_look *look)
{
	static const char *const everywhere[] = {
		"*", "-*", "0.0.0.0", "-0.0.0.0", "::", "-::", "-::*"};
	const char *bind = baseline_value(look, "bind");

	if (!baseline_is_exposed(look))
		return;
	for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++) {
		if (!has_word(bind, " ", everywhere[i]))
			continue;
		baseline_add(look, "net-bind-explicit", baseline_line(look, "bind"),
			"bind is '%.80s'", bind);
		if (baseline_is(look, "cluster-enabled", "yes"))
			baseline_add(look, "net-bus-exposure", baseline_line(look, "bind"),
				"bind is '%.80s'", bind);
		return;
	}
}

static void check_port(struct baseline_look *look)
{
	const char *name = baseline_is(look, "port", "6379") ? "port" : "tls-port";

	if (baseline_is_exposed(look) && baseline_is(look, name, "6379"))
		baseline_add(
			look, "net-default-port", baseline_line(look, name), "%s is 6379", name);
}

static void check_exposure(struct baseline_look *look)
{
	bool has_plain = !baseline_is(look, "port", "0");

	if (!baseline_is_exposed(look))
		return;
	if (baseline_is_open(look) && baseline_is(look, "protected-mode", "no"))
		baseline_add(look, "net-exposed-open", baseline_line(look, "protected-mode"),
			"no password, no protected mode, bind is '%.80s'",
			baseline_value(look, "bind"));
	if (!baseline_has_tls(look))
		baseline_add(look, "tls-enabled", baseline_line(look, "bind"), "tls-port is 0");
	else if (has_plain)
		baseline_add(look, "net-plaintext-port", baseline_line(look, "port"),
			"port is %.10s beside tls-port %.10s", baseline_value(look, "port"),
			baseline_value(look, "tls-port"));
}

static void check_socket(struct baseline_look *look)
{
	static const char *const modes[] = {"700", "750", "770", "600", "660"};
	const char *mode = baseline_value(look, "unixsocketperm");

	if (baseline_is(look, "unixsocket", ""))
		return;
	if (strlen(mode) == 3 && mode[1] != '0' && baseline_is(look, "unixsocketgroup", ""))
		baseline_add(look, "net-unixsocket-group", baseline_line(look, "unixsocketperm"),
			"unixsocketperm is %s, unixsocketgroup is not set", mode);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(mode, modes[i]) == 0)
			return;
	}
	baseline_add(look, "net-unixsocket-perm", baseline_line(look, "unixsocketperm"),
		"unixsocketperm is %.10s%s", mode,
		strcmp(mode, "0") == 0 ? ", so the umask decides" : "");
}

static void check_output(struct baseline_look *look)
{
	static const char unlimited[] = "normal 0 0 ";
	const char *limits = baseline_value(look, "client-output-buffer-limit");

	if (strncmp(limits, unlimited, strlen(unlimited)) == 0 &&
		baseline_is(look, "maxmemory-clients", "0"))
		baseline_add(look, "net-output-limits",
			baseline_line(look, "client-output-buffer-limit"),
			"the class normal has no limit, and maxmemory-clients is 0");
}

/* ---- TLS ---- */

static void check_certificate(struct baseline_look *look)
{
	const char *missing = NULL;

	if (baseline_is(look, "tls-cert-file", ""))
		missing = "tls-cert-file";
	else if (baseline_is(look, "tls-key-file", ""))
		missing = "tls-key-file";
	else if (baseline_is(look, "tls-ca-cert-file", "") &&
		 baseline_is(look, "tls-ca-cert-dir", "") &&
		 !baseline_is(look, "tls-auth-clients", "no"))
		missing = "tls-ca-cert-file";
	if (missing != NULL)
		baseline_add(look, "tls-certificate", baseline_line(look, "tls-port"),
			"%s is not set", missing);
}

static void check_protocols(struct baseline_look *look)
{
	const char *protocols = baseline_value(look, "tls-protocols");

	if (has_word(protocols, " ", "TLSv1") || has_word(protocols, " ", "TLSv1.1"))
		baseline_add(look, "tls-protocols", baseline_line(look, "tls-protocols"),
			"tls-protocols is '%.80s'", protocols);
}

static void check_ciphers(struct baseline_look *look)
{
	static const char *const weak[] = {
		"ALL", "NULL", "aNULL", "eNULL", "EXPORT", "RC4", "3DES", "DES", "MD5", "LOW"};
	static const char *const null_suites[] = {"TLS_SHA256_SHA256", "TLS_SHA384_SHA384"};
	const char *ciphers = baseline_value(look, "tls-ciphers");
	const char *suites = baseline_value(look, "tls-ciphersuites");

	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		if (!has_word(ciphers, ": ,", weak[i]))
			continue;
		baseline_add(look, "tls-ciphers", baseline_line(look, "tls-ciphers"),
			"tls-ciphers allows %s", weak[i]);
		break;
	}
	for (size_t i = 0; i < sizeof(null_suites) / sizeof(null_suites[0]); i++) {
		if (has_word(suites, ": ,", null_suites[i]))
			baseline_add(look, "tls-ciphers", baseline_line(look, "tls-ciphersuites"),
				"tls-ciphersuites allows %s, which does not encrypt",
				null_suites[i]);
	}
}

static void check_key_pass(struct baseline_look *look)
{
	if (!baseline_is(look, "tls-key-file-pass", ""))
		baseline_add(look, "tls-key-pass", baseline_line(look, "tls-key-file-pass"),
			"tls-key-file-pass is set");
}

static void check_tls_links(struct baseline_look *look)
{
	bool is_replica = cfg_conf_values_get(look->values, "replicaof") != NULL ||
			  !baseline_is(look, "primaryauth", "");

	if (baseline_has_tls(look)) {
		check_certificate(look);
		check_protocols(look);
		check_ciphers(look);
		check_key_pass(look);
	}
	if (is_replica && baseline_is_exposed(look) && baseline_is(look, "tls-replication", "no"))
		baseline_add(look, "tls-replication", baseline_line(look, "tls-replication"),
			"tls-replication is 'no', and this instance replicates");
	if (baseline_is(look, "cluster-enabled", "yes") && baseline_is_exposed(look) &&
		baseline_is(look, "tls-cluster", "no"))
		baseline_add(look, "tls-cluster", baseline_line(look, "cluster-enabled"),
			"tls-cluster is 'no'");
	if (baseline_value(look, "tls-auth-clients-user") != NULL &&
		!baseline_is(look, "tls-auth-clients-user", "off") &&
		!baseline_is(look, "tls-auth-clients", "yes"))
		baseline_add(look, "tls-user-map", baseline_line(look, "tls-auth-clients-user"),
			"tls-auth-clients is '%.20s'", baseline_value(look, "tls-auth-clients"));
}

/* ---- data ---- */

static void check_persistence(struct baseline_look *look)
{
	const char *policy = baseline_value(look, "maxmemory-policy");

	if (baseline_is(look, "save", "") && baseline_is(look, "appendonly", "no") &&
		strncmp(policy, "allkeys-", strlen("allkeys-")) != 0)
		baseline_add(look, "data-persistence", baseline_line(look, "save"),
			"save is \"\", appendonly is 'no', maxmemory-policy is '%.30s'", policy);
}

static void check_eviction(struct baseline_look *look)
{
	const char *policy = baseline_value(look, "maxmemory-policy");

	if (baseline_is(look, "appendonly", "yes") &&
		strncmp(policy, "allkeys-", strlen("allkeys-")) == 0)
		baseline_add(look, "data-eviction-policy", baseline_line(look, "maxmemory-policy"),
			"appendonly is 'yes', maxmemory-policy is '%.30s'", policy);
}

static void check_log(struct baseline_look *look)
{
	if (baseline_is(look, "daemonize", "yes") && baseline_is(look, "logfile", "") &&
		baseline_is(look, "syslog-enabled", "no"))
		baseline_add(look, "log-destination", baseline_line(look, "daemonize"),
			"daemonize is 'yes', logfile is \"\", syslog-enabled is 'no'");
}

static void check_replica(struct baseline_look *look)
{
	const char *primary = cfg_conf_values_get(look->values, "replicaof");

	if (primary != NULL && primary[0] != '\0' && strcmp(primary, "no one") != 0 &&
		baseline_is(look, "primaryauth", ""))
		baseline_add(look, "auth-replica-login", baseline_line(look, "replicaof"),
			"replicaof is '%.80s', primaryauth is not set", primary);
	else if (look->subject->is_member && baseline_is(look, "primaryauth", ""))
		baseline_add(look, "auth-replica-login", 0,
			"a member of a group may become a replica, primaryauth is not set");
	if (look->subject->is_replicated && baseline_is(look, "min-replicas-to-write", "0"))
		baseline_add(look, "data-min-replicas",
			baseline_line(look, "min-replicas-to-write"),
			"min-replicas-to-write is '0' in a replicated group");
}

static void check_dir(struct baseline_look *look)
{
	static const char *const shared[] = {"/", "/tmp", "/var/tmp", "/root", "/home"};
	const char *dir = cfg_conf_values_get(look->values, "dir");
	bool is_bad;

	if (dir == NULL || strncmp(dir, "@{", 2) == 0)
		return;
	is_bad = dir[0] != '/';
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		is_bad = is_bad || strcmp(dir, shared[i]) == 0;
	if (is_bad)
		baseline_add(look, "data-dir", baseline_line(look, "dir"), "dir is '%.80s'", dir);
}

/* ---- line by line ---- */

static void check_secret(
	struct baseline_look *look, const struct cfg_conf_line *line, const struct cfg_directive *d)
{
	static const char *const names[] = {"requirepass", "primaryauth", "masterauth",
		"tls-key-file-pass", "tls-client-key-file-pass"};

	if (line->word_count != 1 || line->words[0][0] == '\0' ||
		strncmp(line->words[0], "@{secret:", strlen("@{secret:")) == 0)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(d->name, names[i]) == 0)
			baseline_add(look, "ops-secret-scope", line->number,
				"%s stands in clear text", d->name);
	}
}

static bool is_relative(const struct cfg_conf_line *line)
{
	return line->word_count > 0 && line->words[0][0] != '/' &&
	       strncmp(line->words[0], "@{", 2) != 0;
}

static void check_line(struct baseline_look *look, const struct cfg_conf_line *line)
{
	const struct cfg_directive *d = cfg_directive_find(line->name, look->subject->version);

	if (d == NULL)
		return; /* Valkey refuses it; it is no question of the baseline */
	if ((d->flags & CFG_IGNORED) != 0)
		baseline_add(look, "ops-deprecated", line->number, "%s is ignored", d->name);
	else if (d->alias != NULL && strcmp(line->name, d->alias) == 0)
		baseline_add(look, "ops-deprecated", line->number, "%s is called %s now", d->alias,
			d->name);
	if (strcmp(d->name, "rename-command") == 0 && line->word_count > 0)
		baseline_add(look, "cmd-rename-reliance", line->number, "%.50s", line->words[0]);
	if (strcmp(d->name, "loadmodule") == 0 && is_relative(line))
		baseline_add(look, "cmd-modules-listed", line->number, "%.80s", line->words[0]);
	if (strcmp(d->name, "include") == 0 && line->word_count > 0 &&
		(is_relative(line) || strpbrk(line->words[0], "*?[") != NULL))
		baseline_add(look, "cmd-include-safe", line->number, "%.80s", line->words[0]);
	check_secret(look, line, d);
}

void baseline_check_network(struct baseline_look *look)
{
	check_bind(look);
	check_exposure(look);
	check_socket(look);
	check_tls_links(look);
}

void baseline_check_values(struct baseline_look *look)
{
	baseline_check_network(look);
	check_port(look);
	check_output(look);
	check_replica(look);
	check_persistence(look);
	check_eviction(look);
	check_dir(look);
	check_log(look);
	for (size_t i = 0; i < cfg_conf_count(look->conf); i++)
		check_line(look, cfg_conf_at(look->conf, i));
}
