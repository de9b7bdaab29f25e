# Sources are added to libvkcommon.a.
libvkcommon_a_SOURCES += common/tuf/tuf_key.c common/tuf/tuf_key.h
libvkcommon_a_SOURCES += common/tuf/tuf_role.c common/tuf/tuf_role.h
libvkcommon_a_SOURCES += common/tuf/tuf_meta.c common/tuf/tuf_meta.h
libvkcommon_a_SOURCES += common/tuf/tuf_meta_parse.c common/tuf/tuf_meta_parts.h
libvkcommon_a_SOURCES += common/tuf/tuf_fleet.c common/tuf/tuf_fleet.h
libvkcommon_a_SOURCES += common/tuf/tuf_store.h common/tuf/tuf_store_dir.c
libvkcommon_a_SOURCES += common/tuf/tuf_path.c common/tuf/tuf_path.h
libvkcommon_a_SOURCES += common/tuf/tuf_client.c common/tuf/tuf_client.h
libvkcommon_a_SOURCES += common/tuf/tuf_build.c common/tuf/tuf_build.h
libvkcommon_a_SOURCES += common/tuf/tuf_client_parts.h common/tuf/tuf_search.c
