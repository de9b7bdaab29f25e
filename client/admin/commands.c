/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"
#include "client/admin/command_options.h"
#include "client/admin/editor_schema.h"
#include "client/admin/help.h"

#include "common/banned.h"

const struct command commands[] = {
	{"new", "DIR", "write a commented example tree",
		"The tree has the environments dev, staging and prod, one role and one host.", 1, 1,
		NULL, NULL, cmd_new},
	{"validate", "", "check a tree and show all findings",
		"Ends with status 1 if one of them is an error; warnings do not stop a release.", 0,
		0, validate_options, NULL, cmd_validate},
	{"render", "HOST/INSTANCE", "show the files that an instance gets",
		"From a tree, offline, or with --release from what was signed and released. With --secrets\n"
		"the files are as the agent would install them in --out DIR.",
		1, 1, render_options, NULL, cmd_render},
	{"import", "[FILE...]", "make a tree of a server's valkey.conf or redis.conf",
		"Reads the files as Valkey does, with what they include, and adds an instance and its role\n"
		"to the tree. Says line by line what Valkey would refuse, what a tree may not say, and what\n"
		"to do about it. Passwords go to the file of --secrets. Ends with status 1, without writing,\n"
		"if a line is refused. --ansible-vars reads the variables of common roles instead, or before\n"
		"the files; of several the last counts most.",
		0, 64, import_options, NULL, cmd_import},
	{"adopt", "[FILE...]", "make a tree of a server that runs, and of its files",
		"As 'vkcfg import', with a look at the server: where it runs with something else than its\n"
		"files say, it is shown, and nothing is written until --keep says which of the two counts.\n"
		"Without FILE, the one that the server was started from. Nothing is changed there.",
		0, 64, adopt_options, NULL, cmd_adopt},
	{"diff", "[FROM [TO]]", "show what differs between trees, releases, environments or instances",
		"FROM and TO are ENV (its current release), ENV/N, change:N, HOST/INSTANCE, or a directory as\n"
		"./DIR. TO is the tree of --tree if it is not given; without FROM each environment of it is\n"
		"compared with its current release. A change alone is compared with what it was made from, an\n"
		"instance with --running with a Valkey that runs.\n"
		"What is in force counts, not how it is written. Ends with status 1 if anything differs.",
		0, 2, diff_options, NULL, cmd_diff},
	{"plan", "CHANGE|ENV|ENV/N", "show what would happen to the hosts, as they have reported they are",
		"Each instance is compared with the release that it runs: changes and their way, restarts,\n"
		"windows, connections, findings. Nothing is changed. How long, on the host: vkcfg-pull --plan.\n"
		"Ends with status 1 if anything would change.",
		1, 1, plan_options, NULL, cmd_plan},
	{"lint", "[FILE]", "hold a tree, valkey.conf or running Valkey against the secure baseline",
		"Looks at what would really be in force, the server's defaults included. Ends with status 1\n"
		"if a finding is of severity high or above, or if a waiver has ended.",
		0, 1, lint_options, NULL, cmd_lint},
	{"explain", "HOST/INSTANCE [WORD]", "show which line of which file sets a value",
		"WORD is a directive, users.NAME, files.PATH, apply.KEY, parameters.NAME or group; without\n"
		"it all that the instance has, a line each. Shows the value, who set it and what that\n"
		"overrode, strongest first, who locks it, of what it is made, the default, how it is\n"
		"changed, and which rules of the baseline it breaks and who waives them.",
		1, 2, explain_options, NULL, cmd_explain},
	{"schema json", "KIND", "print what an editor wants to know about the files of a tree",
		"JSON Schema; KIND is " EDITOR_KINDS ".", 1, 1, editor_options, NULL, cmd_schema_json},
	{"schema list", "", "list the directives that Valkey knows", NULL, 0, 0, schema_options,
		NULL, cmd_schema_list},
	{"schema show", "DIRECTIVE", "show what a directive means, takes and is by default", NULL,
		1, 1, schema_options, NULL, cmd_schema_show},
	{"template list", "", "list the templates that roles can build on", NULL, 0, 0, NULL, NULL,
		cmd_template_list},
	{"template show", "TEMPLATE", "show what a template sets, and why",
		"Its parameters with their bounds; each directive, user and rule of application with its\n"
		"reason, those of the templates that it extends included.",
		1, 1, NULL, NULL, cmd_template_show},
	{"submit", "ENV", "propose a tree as the next release of an environment",
		"Validates and renders the tree and sends it as a change, which others approve. The git\n"
		"commit is recorded where the tree is a clean git work tree.",
		1, 1, submit_options, "author", cmd_submit},
	{"changes", "", "list changes", NULL, 0, 0, changes_options, "viewer", cmd_changes},
	{"show", "CHANGE", "show a change and what it would do", NULL, 1, 1, NULL, "viewer",
		cmd_show},
	{"approve", "CHANGE", "check a change, show it, and sign it",
		"Fetches the tree, renders it on this machine, compares every byte that would be signed,\n"
		"shows what changes for each instance, and asks before it signs.",
		1, 1, approve_options, "approver", cmd_approve},
	{"reject", "CHANGE", "refuse a change", NULL, 1, 1, message_options, "author or approver",
		cmd_reject},
	{"releases", "ENV", "list the releases of an environment", NULL, 1, 1, releases_options,
		"viewer", cmd_releases},
	{"rollback", "ENV", "propose the tree of an older release again",
		"A rollback is a change like any other: it gets the next number and is approved.", 1,
		1, rollback_options, "author", cmd_rollback},
	{"status", "", "show the environments and how far their hosts are",
		"Warns of what expires soon: root, targets, the signatures of an environment, your\n"
		"certificate.",
		0, 0, status_options,
		"viewer", cmd_status},
	{"hosts", "", "list hosts and their instances", NULL, 0, 0, drift_options, "viewer",
		cmd_hosts},
	{"drift show", "HOST/INSTANCE", "show in full where an instance differs",
		"What should be, what is, whose doing it is and what the agent does about it. Ends with\n"
		"status 1 if there is drift.",
		1, 1, NULL, "viewer", cmd_drift_show},
	{"drift adopt", "HOST/INSTANCE DIRECTIVE", "take the value that runs into the tree",
		"Writes it into the instance's config in hosts/*.yaml and changes nothing else there; then it\n"
		"is submitted as any change. Secrets, users and files are not adopted.",
		2, 2, adopt_drift_options, "viewer", cmd_drift_adopt},
	{"drift announce", "[HOST/INSTANCE NAME]", "say that a name of an instance is meant to differ",
		"For a while, at most 7 days: it is reported as an emergency, and neither put right nor an\n"
		"alarm. NAME is a directive, users.NAME, files.PATH, commands.NAME or process. One who may\n"
		"approve in the environment signs it. A release that is installed meanwhile sets what it says.",
		0, 2, announce_options, "approver",
		cmd_drift_announce},
	{"drift", "", "list where hosts differ from what they should be",
		"Ends with status 1 if there is drift; what only waits for a restart is none.", 0, 0,
		drift_options, "viewer", cmd_drift},
	{"ca", "", "show the CAs of the fleet, and who has no certificate of the newest one",
		"Before a root drops a CA nobody should be left: whoever is, is shut out then, and comes\n"
		"back with 'vkcfg host readmit' or 'vkcfg user readmit'.",
		0, 0, NULL, "viewer", cmd_ca},
	{"enrol", "[FILE]", "become a user of a fleet, with a token",
		"The token is read from FILE, or from standard input. It makes your TLS key and\n"
		"certificate, and pins the fleet's CA and root.",
		0, 1, enrol_options, NULL, cmd_enrol},
	{"key new", "NAME", "make a signing key under a passphrase",
		"Writes keys/NAME.key, which stays with you, and keys/NAME.pub for the administrator.",
		1, 1, key_new_options, NULL, cmd_key_new},
	{"key add", "NAME", "use a signing key that is on a token (smart card, HSM)",
		"Asks for the token's PIN, lets it sign once, and writes keys/NAME.key, which only says\n"
		"where the key is, and keys/NAME.pub for the administrator. ECDSA P-256 and Ed25519.",
		1, 1, key_add_options, NULL, cmd_key_add},
	{"key list", "", "list your signing keys", NULL, 0, 0, NULL, NULL, cmd_key_list},
	{"key show", "NAME", "show a key of yours and its public key file", NULL, 1, 1, NULL, NULL,
		cmd_key_show},
	{"key passwd", "NAME", "change the passphrase of a key", NULL, 1, 1, NULL, NULL,
		cmd_key_passwd},
	{"key audit", "KEYID", "list what a key has signed, by the audit log",
		"Approvals, and the releases that they became; roots, targets and roles that were published\n"
		"with its signature. KEYID is at least the first 8 digits. 'vkcfg audit verify' proves that\n"
		"the log is whole.",
		1, 1, NULL, "viewer or auditor", cmd_key_audit},
	{"root init", "", "found a fleet's trust: sign its first root and targets",
		"Uses your keys (--key), asks the server for its online keys, signs root and targets with\n"
		"yours, publishes them, and pins the root.",
		0, 0, root_init_options, "admin", cmd_root_init},
	{"root rotate", "", "sign the next root and targets, with other keys where wanted",
		"Signs root and targets anew: next version, new expiry, and what the options change. A\n"
		"root needs the threshold of its own keys and of the root before. Where you do not hold\n"
		"enough keys, --out writes a proposal for the others.",
		0, 0, root_rotate_options, "admin", cmd_root_rotate},
	{"root add-key", "PUBFILE", "let one more key sign root and targets", NULL, 1, 1,
		root_key_options, "admin", cmd_root_add_key},
	{"root remove-key", "USER|KEYID", "let a key sign root and targets no longer", NULL, 1, 1,
		root_key_options, "admin", cmd_root_remove_key},
	{"root threshold", "N", "change how many keys must sign root and targets", NULL, 1, 1,
		ceremony_options, "admin", cmd_root_threshold},
	{"root sign", "FILE", "show what a proposal changes, and sign it",
		"Compares with the metadata that you have verified, says in words what changes, asks, and\n"
		"adds your signature to FILE. Works without the server.",
		1, 1, root_sign_options, NULL, cmd_root_sign},
	{"root show", "[FILE]", "show who may sign, or what a proposal changes", NULL, 0, 1, NULL,
		NULL, cmd_root_show},
	{"root publish", "FILE", "send a proposal that has all signatures to the server",
		"Says whose signatures are missing otherwise.", 1, 1, NULL,
		"admin, or approver for a refresh", cmd_root_publish},
	{"recover", "[ENV]", "give a rebuilt server what it has lost and you have kept",
		"Sends the roots and targets that the server lacks, and for ENV the release: its document and\n"
		"its role with all signatures, from your home or from a host (STATE/release.json,\n"
		"STATE/tuf/ENV.json), and its tree. The server believes the signatures only.",
		0, 1, recover_options, "admin", cmd_recover},
	{"env add", "ENV", "add an environment and its approvers", NULL, 1, 1, env_options, "admin",
		cmd_env_add},
	{"env keys", "ENV", "show or change the approvers of an environment",
		"Without --add, --remove or --approver it shows them. Where the current release is not\n"
		"signed by enough of the new approvers, they sign it anew in the same proposal.",
		1, 1, env_keys_options, "admin", cmd_env_keys},
	{"env threshold", "ENV N", "change how many approvals make a release", NULL, 2, 2,
		ceremony_options, "admin", cmd_env_threshold},
	{"refresh", "ENV", "sign an environment's release again before it expires",
		"The same release with a new expiry, signed by as many approvers as a release needs. Open\n"
		"changes of the environment become stale.",
		1, 1, ceremony_options, "approver", cmd_refresh},
	{"secret set", "ENV NAME", "seal a value and pin it in a tree",
		"Encrypts the value on this machine, seals it to the hosts of the tree that use it and to\n"
		"the environment's keepers, and writes secrets/ENV/NAME.yaml. The value is asked for on\n"
		"the terminal, or comes from a file or descriptor, or is made up; never from the command\n"
		"line. Write \"secret:NAME\" where the value belongs.",
		2, 2, secret_set_options, "author", cmd_secret_set},
	{"secret list", "ENV", "list the secrets of an environment",
		"STATE says what the current release pins: current, next, previous, unused, or missing\n"
		"where the server does not hold what is pinned.",
		1, 1, secret_show_options, "viewer", cmd_secret_list},
	{"secret show-recipients", "ENV [NAME]", "show who can open secrets",
		"STATE is sealed, missing (a keeper has to reseal), no-key (a host without public-key), or\n"
		"former: no recipient any more, but it may know the value.",
		1, 2, secret_show_options, "viewer", cmd_secret_show_recipients},
	{"secret get", "ENV NAME", "open a secret, as a keeper",
		"Takes the key of a keeper. Exactly one of --out, --fd and --stdout says where the value\n"
		"goes; it is written as it is, without a newline.",
		2, 2, secret_get_options, "author, approver or operator", cmd_secret_get},
	{"secret reseal", "ENV [NAME]", "seal secrets to recipients that have come, as a keeper",
		"Recipients and their keys are those of the tree that the current release signs, or of\n"
		"--tree; the server is asked for none.",
		1, 2, secret_reseal_options, "author, approver or operator", cmd_secret_reseal},
	{"secret rotate", "ENV NAME", "give a secret a new value, without a gap",
		"Three releases: the new version is valid beside the old one (add); it is in force and the\n"
		"old one still valid (switch), once all hosts have committed the first; the new one alone\n"
		"(drop). Each run says where it stands and submits the next step, or ends with status 1\n"
		"while it has to wait. What no ACL user has as password is replaced in one step. The value\n"
		"is random unless --file or --fd give one.",
		2, 2, secret_rotate_options, "author", cmd_secret_rotate},
	{"secret remove", "ENV NAME", "forget a secret that nothing uses",
		"Refuses while the tree uses it, and says where. Versions that the current release or the\n"
		"one before pins stay until later.",
		2, 2, secret_remove_options, "author", cmd_secret_remove},
	{"whoami", "", "show who you are to the server, and your roles", NULL, 0, 0, NULL, NULL,
		cmd_whoami},
	{"user add", "NAME", "invite a user and print the token",
		"A role is for all environments, or with @ENV for one: author@dev,approver@prod. auditor\n"
		"and admin are for the whole fleet. Whoever has a role may look where it is.",
		1, 1, user_add_options, "admin", cmd_user_add},
	{"user roles", "NAME", "replace the roles of a user",
		"Acts on the very next request. Roles are written as for 'user add'.", 1, 1,
		user_roles_options, "admin", cmd_user_roles},
	{"user list", "", "list users", NULL, 0, 0, NULL, "viewer", cmd_user_list},
	{"user readmit", "NAME", "let a user back in whose certificate is no longer good",
		"Prints a token. 'vkcfg enrol' takes it and gets a new certificate; keys, roles and the pinned\n"
		"root stay.",
		1, 1, readmit_options, "admin", cmd_user_readmit},
	{"user revoke", "NAME", "shut a user out at once", NULL, 1, 1, NULL, "admin",
		cmd_user_revoke},
	{"host token", "NAME", "invite a host and print the token for 'vkcfg-pull enrol'",
		"The token pins the root that this vkcfg has verified.", 1, 1, host_token_options,
		"operator", cmd_host_token},
	{"fleet card", "", "print the card with which hosts wait for 'vkcfg host approve'",
		"It is no secret: it says which fleet, server, CA and root a new host shall trust, and can\n"
		"be part of its image. 'vkcfg-pull enrol --wait' takes it.",
		0, 0, fleet_card_options, "viewer", cmd_fleet_card},
	{"host waiting", "", "list hosts that wait to be let in", NULL, 0, 0, NULL, "operator",
		cmd_host_waiting},
	{"host approve", "NAME", "let a waiting host in",
		"Only with the fingerprint that the host itself shows. Others may ask for the same name.", 1,
		1, fingerprint_options, "operator", cmd_host_approve},
	{"host reject", "NAME", "send a waiting host away", NULL, 1, 1, fingerprint_options, "operator",
		cmd_host_reject},
	{"host add", "NAME", "write an enrolled host and its key into a tree",
		"Makes hosts/NAME.yaml; never overwrites. Approvals then cover the host's key. Of a host that\n"
		"the tree describes already, as one of a range maybe, only the key is written, into\n"
		"hosts/public-keys.yaml.",
		1, 1, host_add_options, "viewer", cmd_host_add},
	{"host readmit", "NAME", "let a host back in whose certificate is no longer good",
		"Prints a token. 'vkcfg-pull enrol' on that host takes it and gets a new certificate; the host\n"
		"keeps its key, its pins, what it has verified and what it runs.",
		1, 1, readmit_options, "operator", cmd_host_readmit},
	{"host revoke", "NAME", "shut a host out at once", NULL, 1, 1, NULL, "operator",
		cmd_host_revoke},
	{"bundle export", "HOST", "write what a host would get, for 'vkcfg-pull --bundle'",
		"The signed release, its proofs and the sealed secrets; the host verifies all of it.", 1, 1,
		bundle_export_options, "author, approver or operator", cmd_bundle_export},
	{"bundle show", "FILE", "say what such a file holds", NULL, 1, 1, NULL, NULL,
		cmd_bundle_show},
	{"audit log", "", "show the last entries of the audit log", NULL, 0, 0, audit_log_options,
		"viewer or auditor", cmd_audit_log},
	{"audit export", "", "write the audit log for other systems, one entry a line",
		"JSON Lines, the Common Event Format, or syslog (RFC 5424). Says at the end with which\n"
		"--from to go on the next time.", 0, 0, audit_export_options,
		"viewer or auditor", cmd_audit_export},
	{"audit verify", "", "prove that the audit log is complete and was never rewritten",
		"Downloads all entries, computes the Merkle root, and compares it with the signed\n"
		"checkpoint and with the one kept from the last time. More than half of the hosts whose\n"
		"keys stand in the signed trees must have cosigned the same history.",
		0, 0, audit_verify_options, "viewer or auditor", cmd_audit_verify},
	{"audit prove", "INDEX", "make a file that proves an entry to somebody offline",
		"The file holds the entry, its inclusion proof, the signed checkpoint, the log's key and\n"
		"the root document that names it.",
		1, 1, audit_prove_options, "viewer or auditor", cmd_audit_prove},
	{"audit check", "FILE", "check such a file, without the server",
		"Believes the root that is pinned here, or the one in the file if it has the digest that\n"
		"you give.",
		1, 1, audit_check_options, NULL, cmd_audit_check},
	{"help", "[COMMAND]", "show help", NULL, 0, 2, NULL, NULL, help_run},
	{"completion", "bash", "print the completion script for a shell", NULL, 1, 1, NULL, NULL,
		completion_run},
	{NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
