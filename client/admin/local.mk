# vkcfg, the command line for people. Unit tests link libvkadmin.a.
noinst_LIBRARIES += libvkadmin.a

libvkadmin_a_SOURCES =
libvkadmin_a_SOURCES += client/admin/approvers.c client/admin/approvers.h
libvkadmin_a_SOURCES += client/admin/args.c client/admin/args.h
libvkadmin_a_SOURCES += client/admin/audit_before.c client/admin/audit_before.h
libvkadmin_a_SOURCES += client/admin/audit_leaves.c client/admin/audit_leaves.h
libvkadmin_a_SOURCES += client/admin/audit_proof.c client/admin/audit_proof.h
libvkadmin_a_SOURCES += client/admin/audit_witnesses.c client/admin/audit_witnesses.h
libvkadmin_a_SOURCES += client/admin/audit_export.c client/admin/audit_export.h
libvkadmin_a_SOURCES += client/admin/audit_filter.c client/admin/audit_filter.h
libvkadmin_a_SOURCES += client/admin/audit_fetch.c client/admin/audit_fetch.h
libvkadmin_a_SOURCES += client/admin/candidate.c client/admin/candidate.h
libvkadmin_a_SOURCES += client/admin/ceremony.c client/admin/ceremony.h
libvkadmin_a_SOURCES += client/admin/ceremony_run.c client/admin/ceremony_run.h
libvkadmin_a_SOURCES += client/admin/ceremony_words.c client/admin/ceremony_words.h
libvkadmin_a_SOURCES += client/admin/change.c client/admin/change.h
libvkadmin_a_SOURCES += client/admin/cli.c client/admin/cli.h
libvkadmin_a_SOURCES += client/admin/cmd.h
libvkadmin_a_SOURCES += client/admin/cmd_approve.c
libvkadmin_a_SOURCES += client/admin/cmd_audit.c
libvkadmin_a_SOURCES += client/admin/cmd_audit_export.c
libvkadmin_a_SOURCES += client/admin/cmd_audit_list.c
libvkadmin_a_SOURCES += client/admin/cmd_audit_proof.c
libvkadmin_a_SOURCES += client/admin/cmd_ceremony.c
libvkadmin_a_SOURCES += client/admin/cmd_change.c
libvkadmin_a_SOURCES += client/admin/cmd_enrol.c
libvkadmin_a_SOURCES += client/admin/cmd_environment.c
libvkadmin_a_SOURCES += client/admin/cmd_explain.c
libvkadmin_a_SOURCES += client/admin/cmd_host.c
libvkadmin_a_SOURCES += client/admin/cmd_key.c
libvkadmin_a_SOURCES += client/admin/cmd_recover.c
libvkadmin_a_SOURCES += client/admin/cmd_release.c
libvkadmin_a_SOURCES += client/admin/cmd_root.c
libvkadmin_a_SOURCES += client/admin/cmd_root_change.c
libvkadmin_a_SOURCES += client/admin/cmd_secret_open.c
libvkadmin_a_SOURCES += client/admin/cmd_secret_remove.c
libvkadmin_a_SOURCES += client/admin/cmd_secret_rotate.c
libvkadmin_a_SOURCES += client/admin/cmd_secret_set.c
libvkadmin_a_SOURCES += client/admin/cmd_secret_show.c
libvkadmin_a_SOURCES += client/admin/cmd_schema.c
libvkadmin_a_SOURCES += client/admin/cmd_status.c
libvkadmin_a_SOURCES += client/admin/cmd_tree.c
libvkadmin_a_SOURCES += client/admin/cmd_user.c
libvkadmin_a_SOURCES += client/admin/command.c client/admin/command.h
libvkadmin_a_SOURCES += client/admin/commands.c
libvkadmin_a_SOURCES += client/admin/current.c client/admin/current.h
libvkadmin_a_SOURCES += client/admin/difference.c client/admin/difference.h
libvkadmin_a_SOURCES += client/admin/example.c client/admin/example.h
libvkadmin_a_SOURCES += client/admin/file_lines.c client/admin/file_lines.h
libvkadmin_a_SOURCES += client/admin/help.c client/admin/help.h
libvkadmin_a_SOURCES += client/admin/home.c client/admin/home.h
libvkadmin_a_SOURCES += client/admin/invite.c client/admin/invite.h
libvkadmin_a_SOURCES += client/admin/list.c client/admin/list.h
libvkadmin_a_SOURCES += client/admin/printable.c client/admin/printable.h
libvkadmin_a_SOURCES += client/admin/released.c client/admin/released.h
libvkadmin_a_SOURCES += client/admin/root_plan.c client/admin/root_plan.h
libvkadmin_a_SOURCES += client/admin/roots.c client/admin/roots.h
libvkadmin_a_SOURCES += client/admin/secret_advice.c client/admin/secret_advice.h
libvkadmin_a_SOURCES += client/admin/secret_file.c client/admin/secret_file.h
libvkadmin_a_SOURCES += client/admin/secret_keeper.c client/admin/secret_keeper.h
libvkadmin_a_SOURCES += client/admin/secret_new.c client/admin/secret_new.h
libvkadmin_a_SOURCES += client/admin/secret_remote.c client/admin/secret_remote.h
libvkadmin_a_SOURCES += client/admin/secret_rotation.c client/admin/secret_rotation.h
libvkadmin_a_SOURCES += client/admin/secret_seals.c client/admin/secret_seals.h
libvkadmin_a_SOURCES += client/admin/secret_source.c client/admin/secret_source.h
libvkadmin_a_SOURCES += client/admin/secret_value.c client/admin/secret_value.h
libvkadmin_a_SOURCES += client/admin/session.c client/admin/session.h
libvkadmin_a_SOURCES += client/admin/signers.c client/admin/signers.h
libvkadmin_a_SOURCES += client/admin/source.c client/admin/source.h
libvkadmin_a_SOURCES += client/admin/submit.c client/admin/submit.h
libvkadmin_a_SOURCES += client/admin/table.c client/admin/table.h
libvkadmin_a_SOURCES += client/admin/trusted.c client/admin/trusted.h

ADMIN_LIBS = libvkadmin.a $(COMMON_LIBS)

bin_PROGRAMS += client/admin/vkcfg
client_admin_vkcfg_SOURCES = client/admin/main.c
client_admin_vkcfg_LDADD = $(ADMIN_LIBS)

# Made by the program itself out of its table of commands.
bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = packaging/completion/vkcfg
CLEANFILES += packaging/completion/vkcfg
packaging/completion/vkcfg: client/admin/vkcfg$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && client/admin/vkcfg$(EXEEXT) completion bash >$@.tmp && mv $@.tmp $@
