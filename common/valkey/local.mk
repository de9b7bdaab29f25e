# Talking to a Valkey. Sources are added to libvkcommon.a; who uses them links $(HIREDIS_LIBS) after it.
libvkcommon_a_SOURCES += common/valkey/address.c common/valkey/address.h
libvkcommon_a_SOURCES += common/valkey/calls.c common/valkey/calls.h
libvkcommon_a_SOURCES += common/valkey/info.c common/valkey/info.h
libvkcommon_a_SOURCES += common/valkey/live.c common/valkey/live.h
libvkcommon_a_SOURCES += common/valkey/reply.c common/valkey/reply.h
libvkcommon_a_SOURCES += common/valkey/transport.c common/valkey/transport.h
libvkcommon_a_SOURCES += common/valkey/users.c common/valkey/users.h
libvkcommon_a_SOURCES += common/valkey/valkey.c common/valkey/valkey.h
libvkcommon_a_SOURCES += common/valkey/values.c common/valkey/values.h
