/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/example.h"

#include <stddef.h>

#include "common/banned.h"

const struct example_file example_files[] = {
	{"fleet.yaml", "# A fleet: all that one vkcfg server manages. The name is the one that was "
		       "given to\n"
		       "# 'vkcfgd init'.\n"
		       "fleet: demo\n"
		       "\n"
		       "# In the order in which a change travels: from dev over staging to prod.\n"
		       "environments: [dev, staging, prod]\n"
		       "\n"
		       "# The Valkey version aimed at where a role says nothing else.\n"
		       "valkey: \"8.0\"\n"},
	{"environments/dev.yaml",
		"# What holds for all instances of this environment. Everything here is optional.\n"
		"config:\n"
		"  loglevel: verbose\n"},
	{"environments/staging.yaml", "promotes-from: dev\n"},
	{"environments/prod.yaml",
		"promotes-from: staging\n"
		"\n"
		"# Findings of 'vkcfg lint' from this severity on keep a change out.\n"
		"policy: {block: high}\n"
		"\n"
		"# Values for the parameters that roles declare.\n"
		"parameters:\n"
		"  memory: 1gb\n"
		"\n"
		"# What a host does about drift: report it, or put it right (revert).\n"
		"apply:\n"
		"  drift: revert\n"},
	{"roles/session-cache.yaml",
		"# A role describes a kind of instance. Later layers win:\n"
		"# template < role < environment < host < instance.\n"
		"# baseline@1 comes with vkcfg: loopback only, default user off, dangerous doors "
		"shut.\n"
		"template: baseline@1\n"
		"parameters:\n"
		"  memory: {type: memory, default: 256mb, min: 64mb, max: 8gb, help: what "
		"maxmemory gets}\n"
		"\n"
		"# Any directive of valkey.conf by its name. ${memory} is the parameter above.\n"
		"config:\n"
		"  maxmemory: ${memory}\n"
		"  maxmemory-policy: allkeys-lru\n"
		"  appendonly: no\n"
		"  save: \"\"                        # a cache needs no snapshots\n"
		"  timeout: 300\n"
		"\n"
		"# ACL users: rules as in 'ACL SETUSER', passwords only as SHA-256. Everybody else "
		"stays out.\n"
		"users:\n"
		"  app:\n"
		"    rules: \"on ~app:* resetchannels -@all +@read +@write +@connection "
		"-@dangerous\"\n"
		"    # printf %s 'the password' | sha256sum (of this one, nobody knows the "
		"password)\n"
		"    passwords: [\"sha256:"
		"41016a300d79854659852ea982ec23d93dbe4f412ab854d2e597a75c89a19872\"]\n"
		"\n"
		"# drift: report | revert; restart: allowed | never; unmanaged-users: keep | "
		"remove | [PATTERN]\n"
		"apply:\n"
		"  drift: report\n"
		"  restart: allowed\n"},
	{"hosts/db1.yaml", "# Hosts and their instances. 'vkcfg host add NAME --env ENV' writes "
			   "such a file for a host\n"
			   "# that has enrolled, with its public key.\n"
			   "hosts:\n"
			   "  db1:\n"
			   "    environment: dev\n"
			   "    instances:\n"
			   "      main:\n"
			   "        role: session-cache\n"
			   "        config:\n"
			   "          port: 6379\n"
			   "          bind: [127.0.0.1]\n"},
	{NULL, NULL},
};
