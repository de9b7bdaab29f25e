/* SPDX-License-Identifier: BSD-3-Clause */
/* What runs for each row of commands.c; one cmd_FAMILY.c per family. */
#ifndef ADMIN_CMD_H
#define ADMIN_CMD_H

#include "client/admin/command.h"

/* cmd_tree.c: a tree in a directory */
command_run cmd_new;
command_run cmd_validate;
command_run cmd_render;
command_run cmd_diff;
command_run cmd_plan;

/* cmd_lint.c: the baseline */
command_run cmd_lint;

/* cmd_import.c: the files of servers that are there already */
command_run cmd_import;
command_run cmd_adopt;

/* cmd_explain.c, cmd_schema.c, cmd_template.c: what is known about values */
command_run cmd_explain;
command_run cmd_schema_json;
command_run cmd_schema_list;
command_run cmd_schema_show;
command_run cmd_template_list;
command_run cmd_template_show;

/* cmd_enrol.c, cmd_key.c: this person */
command_run cmd_enrol;
command_run cmd_key_new;
command_run cmd_key_add;
command_run cmd_key_show;
command_run cmd_key_list;
command_run cmd_key_passwd;

/* cmd_root.c, cmd_root_change.c, cmd_ceremony.c, cmd_environment.c: who may sign what */
command_run cmd_root_init;
command_run cmd_root_rotate;
command_run cmd_root_add_key;
command_run cmd_root_remove_key;
command_run cmd_root_threshold;
command_run cmd_root_sign;
command_run cmd_root_show;
command_run cmd_root_publish;
command_run cmd_recover;
command_run cmd_key_audit;
command_run cmd_env_add;
command_run cmd_env_keys;
command_run cmd_env_threshold;
command_run cmd_refresh;

/* cmd_user.c, cmd_host.c: identities */
command_run cmd_user_add;
command_run cmd_user_list;
command_run cmd_user_roles;
command_run cmd_whoami;
command_run cmd_user_revoke;
command_run cmd_user_readmit;
command_run cmd_host_token;
command_run cmd_host_add;
command_run cmd_host_revoke;
command_run cmd_host_readmit;
command_run cmd_hosts;

/* cmd_waiting.c: hosts without a token */
command_run cmd_fleet_card;
command_run cmd_host_waiting;
command_run cmd_host_approve;
command_run cmd_host_reject;

/* cmd_change.c, cmd_approve.c: changes */
command_run cmd_submit;
command_run cmd_changes;
command_run cmd_show;
command_run cmd_reject;
command_run cmd_approve;

/* cmd_secret_set.c, _show.c, _open.c, _rotate.c, _remove.c: sealed secrets */
command_run cmd_secret_set;
command_run cmd_secret_list;
command_run cmd_secret_show_recipients;
command_run cmd_secret_get;
command_run cmd_secret_reseal;
command_run cmd_secret_rotate;
command_run cmd_secret_remove;

/* cmd_bundle.c: files for hosts without a network */
extern const struct option_spec bundle_export_options[];
command_run cmd_bundle_export;
command_run cmd_bundle_show;

/* cmd_release.c: releases */
command_run cmd_releases;
command_run cmd_rollback;

/* cmd_drift.c, cmd_announce.c, cmd_drift_adopt.c: what differs */
command_run cmd_drift_adopt;
command_run cmd_drift;
command_run cmd_drift_announce;
command_run cmd_drift_show;

/* cmd_status.c, cmd_audit.c: what is, and what was */
command_run cmd_status;
command_run cmd_ca;
command_run cmd_audit_log;
command_run cmd_audit_export;
command_run cmd_audit_verify;
command_run cmd_audit_prove;
command_run cmd_audit_check;

#endif
