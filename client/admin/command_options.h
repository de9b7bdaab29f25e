/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of each command, for the table of commands. */
#ifndef ADMIN_COMMAND_OPTIONS_H
#define ADMIN_COMMAND_OPTIONS_H

#include "client/admin/args.h"

extern const struct option_spec validate_options[];
extern const struct option_spec render_options[];
extern const struct option_spec import_options[];
extern const struct option_spec adopt_options[];
extern const struct option_spec diff_options[];
extern const struct option_spec plan_options[];
extern const struct option_spec lint_options[];
extern const struct option_spec explain_options[];
extern const struct option_spec editor_options[];
extern const struct option_spec schema_options[];
extern const struct option_spec enrol_options[];
extern const struct option_spec key_new_options[];
extern const struct option_spec key_add_options[];
extern const struct option_spec root_init_options[];
extern const struct option_spec env_options[];
extern const struct option_spec env_keys_options[];
extern const struct option_spec root_rotate_options[];
extern const struct option_spec root_key_options[];
extern const struct option_spec ceremony_options[];
extern const struct option_spec root_sign_options[];
extern const struct option_spec recover_options[];
extern const struct option_spec user_add_options[];
extern const struct option_spec user_roles_options[];
extern const struct option_spec host_token_options[];
extern const struct option_spec fleet_card_options[];
extern const struct option_spec fingerprint_options[];
extern const struct option_spec readmit_options[];
extern const struct option_spec host_add_options[];
extern const struct option_spec submit_options[];
extern const struct option_spec changes_options[];
extern const struct option_spec approve_options[];
extern const struct option_spec message_options[];
extern const struct option_spec releases_options[];
extern const struct option_spec rollback_options[];
extern const struct option_spec secret_set_options[];
extern const struct option_spec secret_show_options[];
extern const struct option_spec secret_get_options[];
extern const struct option_spec secret_reseal_options[];
extern const struct option_spec secret_rotate_options[];
extern const struct option_spec secret_remove_options[];
extern const struct option_spec status_options[];
extern const struct option_spec adopt_drift_options[];
extern const struct option_spec announce_options[];
extern const struct option_spec drift_options[];
extern const struct option_spec audit_export_options[];
extern const struct option_spec audit_log_options[];
extern const struct option_spec audit_verify_options[];
extern const struct option_spec audit_prove_options[];
extern const struct option_spec audit_check_options[];

#endif
