# The Valkey configuration language; sources are added to libvkcommon.a.
libvkcommon_a_SOURCES += common/config/acl.h
libvkcommon_a_SOURCES += common/config/conf.h
libvkcommon_a_SOURCES += common/config/diff.h
libvkcommon_a_SOURCES += common/config/directive.h
libvkcommon_a_SOURCES += common/config/explain.h
libvkcommon_a_SOURCES += common/config/findings.h
libvkcommon_a_SOURCES += common/config/fleet.h
libvkcommon_a_SOURCES += common/config/render.h
libvkcommon_a_SOURCES += common/config/tree.h
libvkcommon_a_SOURCES += common/config/value.h
