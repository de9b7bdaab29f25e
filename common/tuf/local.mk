# Sources are added to libvkcommon.a.
libvkcommon_a_SOURCES += common/tuf/tuf_key.h
libvkcommon_a_SOURCES += common/tuf/tuf_role.h
libvkcommon_a_SOURCES += common/tuf/tuf_meta.h
libvkcommon_a_SOURCES += common/tuf/tuf_fleet.h
libvkcommon_a_SOURCES += common/tuf/tuf_store.h
libvkcommon_a_SOURCES += common/tuf/tuf_path.h
libvkcommon_a_SOURCES += common/tuf/tuf_client.h
libvkcommon_a_SOURCES += common/tuf/tuf_build.h
