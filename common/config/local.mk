# The Valkey configuration language; sources are added to libvkcommon.a.
libvkcommon_a_SOURCES += common/config/acl_role.c
libvkcommon_a_SOURCES += common/config/acl_command.c common/config/acl_command.h
libvkcommon_a_SOURCES += common/config/acl.c common/config/acl.h common/config/acl_rules.c
libvkcommon_a_SOURCES += common/config/acl_permissions.c common/config/acl_permissions.h
libvkcommon_a_SOURCES += common/config/baseline.c common/config/baseline.h
libvkcommon_a_SOURCES += common/config/baseline_checks.c common/config/baseline_internal.h
libvkcommon_a_SOURCES += common/config/baseline_sentinel.c common/config/baseline_version.c
libvkcommon_a_SOURCES += common/config/baseline_users.c
libvkcommon_a_SOURCES += common/config/builtin.c
libvkcommon_a_SOURCES += common/config/client_file.c
libvkcommon_a_SOURCES += common/config/conf.c common/config/conf.h
libvkcommon_a_SOURCES += common/config/acl_document.c common/config/acl_document.h
libvkcommon_a_SOURCES += common/config/conf_document.c common/config/conf_document.h
libvkcommon_a_SOURCES += common/config/conf_words.c common/config/conf_words.h
libvkcommon_a_SOURCES += common/config/conf_effective.c
libvkcommon_a_SOURCES += common/config/diff.c common/config/diff.h common/config/diff_internal.h
libvkcommon_a_SOURCES += common/config/diff_files.c common/config/diff_group.c common/config/diff_users.c common/config/diff_values.c
libvkcommon_a_SOURCES += common/config/directive.c common/config/directive.h common/config/directive_table.h
libvkcommon_a_SOURCES += common/config/explain.c common/config/explain.h common/config/explain_internal.h
libvkcommon_a_SOURCES += common/config/explain_words.c
libvkcommon_a_SOURCES += common/config/findings.c common/config/findings.h
libvkcommon_a_SOURCES += common/config/fleet.c common/config/fleet.h common/config/fleet_internal.h \
	common/config/fleet_types.h
libvkcommon_a_SOURCES += common/config/fleet_hosts.c
libvkcommon_a_SOURCES += common/config/fleet_host_list.c
libvkcommon_a_SOURCES += common/config/host_range.c common/config/host_range.h
libvkcommon_a_SOURCES += common/config/conf_line.c
libvkcommon_a_SOURCES += common/config/foreign.c common/config/foreign.h
libvkcommon_a_SOURCES += common/config/host_memory.c
libvkcommon_a_SOURCES += common/config/group.c common/config/group_check.c common/config/group_query.c
libvkcommon_a_SOURCES += common/config/group_sentinels.c common/config/sentinel.c
libvkcommon_a_SOURCES += common/config/import_acl.c
libvkcommon_a_SOURCES += common/config/import.c common/config/import.h common/config/import_internal.h
libvkcommon_a_SOURCES += common/config/import_cause.c
libvkcommon_a_SOURCES += common/config/import_conf.c
libvkcommon_a_SOURCES += common/config/import_line.c
libvkcommon_a_SOURCES += common/config/import_rename.c
libvkcommon_a_SOURCES += common/config/import_sentinel.c
libvkcommon_a_SOURCES += common/config/import_vars.c common/config/import_vars.h
libvkcommon_a_SOURCES += common/config/import_vars_line.c common/config/import_vars_line.h
libvkcommon_a_SOURCES += common/config/import_role.c
libvkcommon_a_SOURCES += common/config/import_running.c common/config/import_running.h
libvkcommon_a_SOURCES += common/config/layer.c
libvkcommon_a_SOURCES += common/config/layer_apply.c
libvkcommon_a_SOURCES += common/config/layer_drift.c
libvkcommon_a_SOURCES += common/config/layer_health.c
libvkcommon_a_SOURCES += common/config/layer_window.c common/config/zone.c common/config/zone.h
libvkcommon_a_SOURCES += common/config/layer_files.c
libvkcommon_a_SOURCES += common/config/layer_users.c
libvkcommon_a_SOURCES += common/config/lock.c
libvkcommon_a_SOURCES += common/config/merge.c
libvkcommon_a_SOURCES += common/config/parameter.c
libvkcommon_a_SOURCES += common/config/fleet_secrets.c
libvkcommon_a_SOURCES += common/config/keys.h common/config/pins.c common/config/pins.h
libvkcommon_a_SOURCES += common/config/policy.c
libvkcommon_a_SOURCES += common/config/render_instance.c
libvkcommon_a_SOURCES += common/config/report.c
libvkcommon_a_SOURCES += common/config/role.c
libvkcommon_a_SOURCES += common/config/secret_use.c common/config/secret_use.h
libvkcommon_a_SOURCES += common/config/user_line.c
libvkcommon_a_SOURCES += common/config/validate.c
libvkcommon_a_SOURCES += common/config/render.c common/config/render.h
libvkcommon_a_SOURCES += common/config/template.c common/config/template.h
libvkcommon_a_SOURCES += common/config/template_nearest.c common/config/template_nearest.h
libvkcommon_a_SOURCES += common/config/template_show.c common/config/template_show.h
libvkcommon_a_SOURCES += common/config/topology.c common/config/topology.h
libvkcommon_a_SOURCES += common/config/tree.c common/config/tree.h
libvkcommon_a_SOURCES += common/config/value.c common/config/value.h
libvkcommon_a_SOURCES += common/config/lint.c common/config/lint.h
libvkcommon_a_SOURCES += common/config/waiver.c common/config/waiver.h
libvkcommon_a_SOURCES += common/config/value_text.c
libvkcommon_a_SOURCES += common/config/value_words.c common/config/value_words.h
nodist_libvkcommon_a_SOURCES += common/config/baseline_gen.c
nodist_libvkcommon_a_SOURCES += common/config/command_gen.c
nodist_libvkcommon_a_SOURCES += common/config/directive_gen.c
nodist_libvkcommon_a_SOURCES += common/config/foreign_gen.c
nodist_libvkcommon_a_SOURCES += common/config/import_vars_gen.c
nodist_libvkcommon_a_SOURCES += common/config/template_gen.c

BUILT_SOURCES += common/config/baseline_gen.c common/config/command_gen.c common/config/directive_gen.c common/config/foreign_gen.c common/config/import_vars_gen.c common/config/template_gen.c
CLEANFILES += common/config/baseline_gen.c common/config/command_gen.c common/config/directive_gen.c common/config/foreign_gen.c common/config/import_vars_gen.c common/config/template_gen.c

BASELINE = $(top_srcdir)/schema/baseline/rules.tsv $(top_srcdir)/schema/baseline/advisories.tsv \
	$(top_srcdir)/schema/baseline/passwords.tsv
DIRECTIVES = $(top_srcdir)/schema/directives/valkey.tsv $(top_srcdir)/schema/directives/sentinel.tsv
TEMPLATES = \
	$(top_srcdir)/schema/templates/baseline@1.yaml \
	$(top_srcdir)/schema/templates/baseline@2.yaml \
	$(top_srcdir)/schema/templates/cache@1.yaml \
	$(top_srcdir)/schema/templates/cluster-node@1.yaml \
	$(top_srcdir)/schema/templates/development@1.yaml \
	$(top_srcdir)/schema/templates/durable@1.yaml \
	$(top_srcdir)/schema/templates/queue@1.yaml \
	$(top_srcdir)/schema/templates/replicated@1.yaml \
	$(top_srcdir)/schema/templates/sentinel@1.yaml \
	$(top_srcdir)/schema/templates/session@1.yaml
EXTRA_DIST += schema/directives.awk schema/embed.awk
EXTRA_DIST += schema/directives/valkey.tsv schema/directives/sentinel.tsv
EXTRA_DIST += schema/foreign.awk schema/directives/foreign.tsv
EXTRA_DIST += schema/baseline.awk schema/baseline/rules.tsv schema/baseline/advisories.tsv schema/baseline/passwords.tsv
EXTRA_DIST += schema/commands.awk schema/commands/valkey.tsv
EXTRA_DIST += schema/variables.awk schema/import/variables.tsv
EXTRA_DIST += $(TEMPLATES)

common/config/directive_gen.c: $(DIRECTIVES) $(top_srcdir)/schema/directives.awk
	$(AM_V_GEN)$(MKDIR_P) common/config && \
	LC_ALL=C $(AWK) -f $(top_srcdir)/schema/directives.awk $(DIRECTIVES) >$@.tmp && mv $@.tmp $@
common/config/baseline_gen.c: $(BASELINE) $(top_srcdir)/schema/baseline.awk
	$(AM_V_GEN)$(MKDIR_P) common/config && \
	LC_ALL=C $(AWK) -f $(top_srcdir)/schema/baseline.awk $(BASELINE) >$@.tmp && mv $@.tmp $@
common/config/command_gen.c: $(top_srcdir)/schema/commands/valkey.tsv $(top_srcdir)/schema/commands.awk
	$(AM_V_GEN)$(MKDIR_P) common/config && \
	LC_ALL=C $(AWK) -f $(top_srcdir)/schema/commands.awk $(top_srcdir)/schema/commands/valkey.tsv >$@.tmp && mv $@.tmp $@
common/config/foreign_gen.c: $(top_srcdir)/schema/directives/foreign.tsv $(top_srcdir)/schema/foreign.awk
	$(AM_V_GEN)$(MKDIR_P) common/config && \
	LC_ALL=C $(AWK) -f $(top_srcdir)/schema/foreign.awk $(top_srcdir)/schema/directives/foreign.tsv >$@.tmp && mv $@.tmp $@
common/config/import_vars_gen.c: $(top_srcdir)/schema/import/variables.tsv $(top_srcdir)/schema/variables.awk
	$(AM_V_GEN)$(MKDIR_P) common/config && \
	LC_ALL=C $(AWK) -f $(top_srcdir)/schema/variables.awk $(top_srcdir)/schema/import/variables.tsv >$@.tmp && mv $@.tmp $@
common/config/template_gen.c: $(TEMPLATES) $(top_srcdir)/schema/embed.awk
	$(AM_V_GEN)$(MKDIR_P) common/config && \
	LC_ALL=C $(AWK) -f $(top_srcdir)/schema/embed.awk $(TEMPLATES) >$@.tmp && mv $@.tmp $@
