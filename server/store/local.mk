# server/store: all SQL of vkcfgd.
libvkserver_a_SOURCES += server/store/store.h
libvkserver_a_SOURCES += server/store/store_bundle.h
libvkserver_a_SOURCES += server/store/store_certificate.h
libvkserver_a_SOURCES += server/store/store_change.h
libvkserver_a_SOURCES += server/store/store_host.h
libvkserver_a_SOURCES += server/store/store_log.h
libvkserver_a_SOURCES += server/store/store_release.h
libvkserver_a_SOURCES += server/store/store_report.h
libvkserver_a_SOURCES += server/store/store_token.h
libvkserver_a_SOURCES += server/store/store_tree.h
libvkserver_a_SOURCES += server/store/store_tuf.h
libvkserver_a_SOURCES += server/store/store_user.h
