# server/store: all SQL of vkcfgd.
libvkserver_a_SOURCES += server/store/db.c server/store/db.h
libvkserver_a_SOURCES += server/store/store.c server/store/store.h server/store/store_internal.h
libvkserver_a_SOURCES += server/store/store_announcement.c server/store/store_announcement.h
libvkserver_a_SOURCES += server/store/store_bundle.c server/store/store_bundle.h
libvkserver_a_SOURCES += server/store/store_certificate.c server/store/store_certificate.h
libvkserver_a_SOURCES += server/store/store_issuer.c
libvkserver_a_SOURCES += server/store/store_change.c server/store/store_change.h
libvkserver_a_SOURCES += server/store/store_cosignature.c server/store/store_cosignature.h
libvkserver_a_SOURCES += server/store/store_environment.c server/store/store_environment.h
libvkserver_a_SOURCES += server/store/store_host.c server/store/store_host.h
libvkserver_a_SOURCES += server/store/store_host_approval.c server/store/store_host_approval.h
libvkserver_a_SOURCES += server/store/store_instance.c server/store/store_instance.h
libvkserver_a_SOURCES += server/store/store_lease.c server/store/store_lease.h
libvkserver_a_SOURCES += server/store/store_log.c server/store/store_log.h
libvkserver_a_SOURCES += server/store/store_member.c server/store/store_member.h
libvkserver_a_SOURCES += server/store/store_migrate.c server/store/store_migrate.h
libvkserver_a_SOURCES += server/store/store_release.c server/store/store_release.h
libvkserver_a_SOURCES += server/store/store_report.c server/store/store_report.h
libvkserver_a_SOURCES += server/store/store_seal.c server/store/store_seal.h
libvkserver_a_SOURCES += server/store/store_secret.c server/store/store_secret.h
libvkserver_a_SOURCES += server/store/store_token.c server/store/store_token.h
libvkserver_a_SOURCES += server/store/store_tree.c server/store/store_tree.h
libvkserver_a_SOURCES += server/store/store_tuf.c server/store/store_tuf.h
libvkserver_a_SOURCES += server/store/store_usage.c server/store/store_usage.h
libvkserver_a_SOURCES += server/store/store_user.c server/store/store_user.h

# The migrations, embedded.
nodist_libvkserver_a_SOURCES = server/store/migrations.c
CLEANFILES += server/store/migrations.c
server/store/migrations.c: $(SQL_MIGRATIONS) schema/sql/embed.awk
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	(cd $(srcdir) && $(AWK) -f schema/sql/embed.awk $(SQL_MIGRATIONS)) > $@.tmp && mv $@.tmp $@
