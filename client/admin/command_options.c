/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/command_options.h"

#include "client/admin/adoption.h"
#include "client/admin/import_files.h"
#include "client/admin/options.h"
#include "client/admin/running.h"

#include "common/banned.h"

const struct option_spec validate_options[] = {
	TREE_OPTION,
	RELEASE_OPTION,
	{"format", 0, "FORMAT", "text (default), json, sarif or junit", false},
	OPTIONS_END,
};

const struct option_spec render_options[] = {
	TREE_OPTION,
	RELEASE_OPTION,
	{"out", 0, "DIR", "write the files there instead of printing them", false},
	{"secrets", 0, "FILE", "fill in the secrets (lines NAME=VALUE), with --out", false},
	OPTIONS_END,
};

const struct option_spec import_options[] = {IMPORT_OPTIONS,
	{"ansible-vars", 0, "FILE", "variables of Ansible, Puppet, Chef or Salt, as YAML", true},
	OPTIONS_END};

const struct option_spec adopt_options[] = {IMPORT_OPTIONS, ADOPTION_OPTIONS, OPTIONS_END};

const struct option_spec diff_options[] = {
	TREE_OPTION,
	RELEASE_OPTION,
	{"env", 0, "ENV", "of this environment only, where two trees are compared", false},
	RUNNING_OPTIONS,
	{"against", 0, "DIR", "compare with the tree in DIR instead of the current release", false},
	OPTIONS_END,
};

const struct option_spec plan_options[] = {TREE_OPTION, RELEASE_OPTION, OPTIONS_END};

const struct option_spec lint_options[] = {
	TREE_OPTION,
	RELEASE_OPTION,
	{"env", 0, "ENV", "of this environment only", false},
	{"acl", 0, "ACLFILE", "the ACL file that belongs to FILE (default: its aclfile)", false},
	{"valkey", 0, "VERSION", "the version that reads FILE (default: 8.0)", false},
	{"host", 0, NULL, "FILE is this host's: look at owners and modes, too", false},
	RUNNING_OPTIONS,
	{"waivers", 0, NULL, "list the waivers of the tree instead", false},
	{"rules", 0, NULL, "list the rules of the baseline instead", false},
	{"fail-on", 0, "SEVERITY", "end with status 1 from this severity on (default: high)",
		false},
	{"format", 0, "FORMAT", "text (default), json, sarif or junit", false},
	OPTIONS_END,
};

const struct option_spec explain_options[] = {TREE_OPTION, RELEASE_OPTION, OPTIONS_END};

const struct option_spec editor_options[] = {
	{"valkey", 0, "VERSION", "of this version of Valkey (default: of all)", false},
	OPTIONS_END,
};

const struct option_spec schema_options[] = {
	{"valkey", 0, "VERSION", "of this version of Valkey (default: 8.0)", false},
	OPTIONS_END,
};

const struct option_spec enrol_options[] = {
	{"token-fd", 0, "N", "read the token from descriptor N", false},
	{"ca", 0, "FILE", "a PKI of your own: the CAs of the server's certificate", false},
	{"certificate", 0, "FILE", "with --ca: your certificate, and intermediates", false},
	{"tls-key", 0, "FILE", "with --ca: its private key", false},
	OPTIONS_END,
};

const struct option_spec key_new_options[] = {
	{"user", 0, "USER", "who will sign with it (default: you, or NAME before you are enrolled)",
		false},
	OPTIONS_END,
};

const struct option_spec key_add_options[] = {
	{"pkcs11", 0, "URI", "the key on the token, as pkcs11:token=NAME;object=KEY", false},
	{"user", 0, "USER", "who will sign with it (default: you, or NAME before you are enrolled)",
		false},
	OPTIONS_END,
};

const struct option_spec root_init_options[] = {
	{"key", 0, "NAME", "a key of yours that will sign root and targets", true},
	{"threshold", 0, "N", "how many of these keys must sign (default: more than half)", false},
	{"env", 0, "ENV:N:PUBFILE,PUBFILE", "an environment, its threshold and its approvers' keys",
		true},
	OPTIONS_END,
};

const struct option_spec env_options[] = {
	{"approver", 0, "PUBFILE", "public key of somebody who may approve", true},
	{"threshold", 0, "N", "how many approvals make a release (default: all approvers)", false},
	{"author-may-approve", 0, NULL, "an author's own approval counts", false},
	KEYS_OPTION,
	DAYS_OPTION,
	OUT_OPTION,
	OPTIONS_END,
};

const struct option_spec env_keys_options[] = {
	{"add", 0, "PUBFILE", "public key of one more who may approve", true},
	{"remove", 0, "USER|KEYID", "who, or which key, may approve no longer", true},
	{"approver", 0, "PUBFILE", "public keys of all who may approve from now on", true},
	{"threshold", 0, "N",
		"how many approvals make a release (default: as before; with --approver all)",
		false},
	{"author-may-approve", 0, NULL, "an author's own approval counts", false},
	KEYS_OPTION,
	DAYS_OPTION,
	OUT_OPTION,
	OPTIONS_END,
};

const struct option_spec root_rotate_options[] = {
	{"add", 0, "PUBFILE", "public key of somebody who may sign root and targets", true},
	{"remove", 0, "USER|KEYID", "whose key, or which, may sign no longer", true},
	{"threshold", 0, "N", "how many of the keys must sign (default: as before)", false},
	{"online-keys", 0, NULL,
		"take over the keys that the server signs freshness and the log with", false},
	{"add-ca", 0, "FILE|DIGEST", "a new CA, whose certificates count from now on", true},
	{"drop-ca", 0, "FILE|DIGEST", "a CA whose certificates count no longer", true},
	KEYS_OPTION,
	DAYS_OPTION,
	OUT_OPTION,
	OPTIONS_END,
};

const struct option_spec root_key_options[] = {
	{"threshold", 0, "N", "how many of the keys must sign (default: as before)", false},
	KEYS_OPTION,
	DAYS_OPTION,
	OUT_OPTION,
	OPTIONS_END,
};

/* root threshold, env threshold, refresh */
const struct option_spec ceremony_options[] = {
	KEYS_OPTION,
	DAYS_OPTION,
	OUT_OPTION,
	OPTIONS_END,
};

const struct option_spec root_sign_options[] = {
	KEYS_OPTION,
	{"yes", 'y', NULL, "do not ask", false},
	OPTIONS_END,
};

const struct option_spec recover_options[] = {
	TREE_OPTION,
	{"document", 0, "FILE",
		"the release document (default: the one that you have verified last)", false},
	{"role", 0, "FILE", "the environment's role (default: the one that you have verified last)",
		false},
	OPTIONS_END,
};

const struct option_spec user_add_options[] = {
	{"roles", 0, "ROLE[@ENV],...", "author, approver, operator, auditor, admin, viewer", true},
	{"ttl", 0, "SECONDS", "how long the token is good for (default: one day)", false},
	OPTIONS_END,
};

const struct option_spec user_roles_options[] = {
	{"roles", 0, "ROLE[@ENV],...", "author, approver, operator, auditor, admin, viewer", true},
	OPTIONS_END,
};

const struct option_spec host_token_options[] = {
	{"env", 0, "ENV", "the environment that the host will be in", false},
	{"ttl", 0, "SECONDS", "how long the token is good for (default: one day)", false},
	OPTIONS_END,
};

const struct option_spec fleet_card_options[] = {
	{"env", 0, "ENV", "the environment that its hosts will be in", false},
	OPTIONS_END,
};

const struct option_spec fingerprint_options[] = {
	{"fingerprint", 0, "SHA256:...", "what 'vkcfg-pull enrol --wait' shows on the host", false},
	OPTIONS_END,
};

const struct option_spec readmit_options[] = {
	{"ttl", 0, "SECONDS", "how long the token is good for (default: one day)", false},
	OPTIONS_END,
};

const struct option_spec host_add_options[] = {
	{"env", 0, "ENV", "the environment that the host is in", false},
	TREE_OPTION,
	{"role", 0, "ROLE", "the role of its instance (default: the tree's only role)", false},
	{"instance", 0, "NAME", "the name of its instance (default: main)", false},
	{"public-key", 0, "KEY", "the host's key as 'vkcfg-pull enrol' showed it, to be compared",
		false},
	OPTIONS_END,
};

const struct option_spec submit_options[] = {MESSAGE_OPTION, TREE_OPTION, OPTIONS_END};

const struct option_spec changes_options[] = {
	{"env", 0, "ENV", "of this environment only", false},
	{"state", 0, "STATE", "open, released, rejected or stale", false},
	{"limit", 0, "N", "at most so many (default 100)", false},
	OPTIONS_END,
};

const struct option_spec approve_options[] = {
	{"key", 0, "NAME", "the key to sign with (default: the one that may)", false},
	{"yes", 'y', NULL, "do not ask", false},
	OPTIONS_END,
};

const struct option_spec message_options[] = {MESSAGE_OPTION, OPTIONS_END};

const struct option_spec releases_options[] = {
	{"limit", 0, "N", "at most so many (default 100)", false},
	OPTIONS_END,
};

const struct option_spec rollback_options[] = {
	{"to", 0, "N", "the release whose tree is wanted (default: the one before the current one)",
		false},
	MESSAGE_OPTION,
	OPTIONS_END,
};

#define SIGNED_TREE_OPTION                                                                         \
	{                                                                                          \
		"tree", 0, "DIR", "go by your own tree instead of the current release's", false    \
	}
#define KEEPER_OPTION                                                                              \
	{                                                                                          \
		"key", 0, "NAME", "your key that opens it (default: the one that is a keeper's)",  \
			false                                                                      \
	}
#define VALUE_OPTIONS                                                                              \
	{"generate", 0, NULL, "make up a random value", false},                                    \
		{"bytes", 0, "N", "so many random bytes (default 32)", false},                     \
		{"file", 0, "FILE", "read the value from FILE", false},                            \
	{                                                                                          \
		"fd", 0, "N", "read the value from descriptor N", false                            \
	}

const struct option_spec secret_set_options[] = {TREE_OPTION, VALUE_OPTIONS, OPTIONS_END};

const struct option_spec secret_show_options[] = {SIGNED_TREE_OPTION, OPTIONS_END};

const struct option_spec secret_get_options[] = {
	SIGNED_TREE_OPTION,
	KEEPER_OPTION,
	{"number", 0, "N", "this version, of those that are valid (default: the one in force)",
		false},
	{"out", 0, "FILE", "write the value to FILE, 0600, which must not exist", false},
	{"fd", 0, "N", "write the value to descriptor N", false},
	{"stdout", 0, NULL, "write the value to standard output", false},
	OPTIONS_END,
};

const struct option_spec secret_reseal_options[] = {
	SIGNED_TREE_OPTION,
	KEEPER_OPTION,
	{"all", 0, NULL, "make the seals anew that the server says it has", false},
	OPTIONS_END,
};

const struct option_spec secret_rotate_options[] = {
	TREE_OPTION,
	VALUE_OPTIONS,
	{"plan", 0, NULL, "show where the rotation stands, and change nothing", false},
	{"no-submit", 0, NULL, "write the step into the tree, and do not submit it", false},
	MESSAGE_OPTION,
	OPTIONS_END,
};

const struct option_spec secret_remove_options[] = {
	TREE_OPTION,
	{"number", 0, "N", "only this version, which the tree does not pin", false},
	OPTIONS_END,
};

const struct option_spec status_options[] = {
	{"warn-days", 0, "N", "warn of what expires within N days (default 30)", false},
	OPTIONS_END,
};

const struct option_spec adopt_drift_options[] = {TREE_OPTION, OPTIONS_END};

const struct option_spec announce_options[] = {
	{"ticket", 0, "TICKET", "why: shown wherever the drift is", false},
	{"until", 0, "TIME", "when it ends: 90m, 4h, 2d, or 2026-11-23T01:33:05Z", false},
	{"key", 0, "NAME", "the key to sign with (default: the one that may approve there)", false},
	{"list", 0, NULL, "list what is announced instead", false},
	{"end", 0, NULL, "end it now instead", false},
	OPTIONS_END,
};

const struct option_spec drift_options[] = {
	{"env", 0, "ENV", "of this environment only", false},
	OPTIONS_END,
};

#define FILTER_OPTIONS                                                                             \
	{"actor", 0, "PATTERN", "who did it: user/alice, 'host/*'", false},                        \
		{"action", 0, "PATTERN", "what was done: change.approve, 'user.*'", false},        \
		{"object", 0, "PATTERN", "to what: change/117, 'host/db*'", false},                \
		{"since", 0, "TIME", "from then on: 2026-11-23 or 2026-11-23T01:33:05Z", false},   \
	{                                                                                          \
		"until", 0, "TIME", "before then", false                                           \
	}

const struct option_spec audit_export_options[] = {
	{"format", 0, "FORMAT", "jsonl (default), cef or syslog", false},
	{"out", 0, "FILE", "write the lines there", false},
	{"from", 0, "INDEX", "begin with this entry; at the end of FILE if there is one", false},
	FILTER_OPTIONS,
	OPTIONS_END,
};

const struct option_spec audit_log_options[] = {
	FILTER_OPTIONS,
	{"limit", 0, "N", "the last N entries (default 50)", false},
	OPTIONS_END,
};

const struct option_spec audit_verify_options[] = {
	{"allow-unwitnessed", 0, NULL, "do without the hosts' word, and say so", false},
	{"since", 0, "FILE",
		"begin behind this checkpoint of yours (\"checkpoint\": that of the last time)",
		false},
	{"max-lag", 0, "DAYS",
		"how old an entry may get before most hosts have seen it (default 3)", false},
	OPTIONS_END,
};

const struct option_spec audit_prove_options[] = {
	{"out", 0, "FILE", "write the proof there instead of printing it", false},
	OPTIONS_END,
};

const struct option_spec audit_check_options[] = {
	{"root", 0, "DIGEST", "believe the root document in the proof if it has this SHA-256",
		false},
	OPTIONS_END,
};
