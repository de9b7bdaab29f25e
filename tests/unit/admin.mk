# Unit tests of client/admin.
check_PROGRAMS += tests/unit/check_args
TESTS += tests/unit/check_args
tests_unit_check_args_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_audit_leaves
TESTS += tests/unit/check_audit_leaves
tests_unit_check_audit_leaves_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_audit_witnesses
TESTS += tests/unit/check_audit_witnesses
tests_unit_check_audit_witnesses_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_audit_export
TESTS += tests/unit/check_audit_export
tests_unit_check_audit_export_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_audit_proof
TESTS += tests/unit/check_audit_proof
tests_unit_check_audit_proof_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_printable
TESTS += tests/unit/check_printable
tests_unit_check_printable_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_approvers
TESTS += tests/unit/check_approvers
tests_unit_check_approvers_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_candidate
TESTS += tests/unit/check_candidate
tests_unit_check_candidate_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_command
TESTS += tests/unit/check_command
tests_unit_check_command_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_editor_schema
TESTS += tests/unit/check_editor_schema
tests_unit_check_editor_schema_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_example
TESTS += tests/unit/check_example
tests_unit_check_example_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_difference
TESTS += tests/unit/check_difference
tests_unit_check_difference_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_file_lines
TESTS += tests/unit/check_file_lines
tests_unit_check_file_lines_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_ceremony
TESTS += tests/unit/check_ceremony
tests_unit_check_ceremony_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_secret_rotation
TESTS += tests/unit/check_secret_rotation
tests_unit_check_secret_rotation_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_secret_value
TESTS += tests/unit/check_secret_value
tests_unit_check_secret_value_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_findings_show
TESTS += tests/unit/check_findings_show
tests_unit_check_findings_show_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_secret_seals
TESTS += tests/unit/check_secret_seals
tests_unit_check_secret_seals_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_host_file
TESTS += tests/unit/check_host_file
tests_unit_check_host_file_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_tree_edit
TESTS += tests/unit/check_tree_edit
tests_unit_check_tree_edit_LDADD = $(ADMIN_LIBS) $(UNIT_LIBS)
