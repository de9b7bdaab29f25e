# client/pull: the agent of a host. vkcfg-pull = libvkpull.a and main.c.
noinst_LIBRARIES += libvkpull.a
libvkpull_a_SOURCES =
libvkpull_a_SOURCES += client/pull/address.c client/pull/address.h
libvkpull_a_SOURCES += client/pull/expected.c client/pull/expected.h
libvkpull_a_SOURCES += client/pull/fill.c client/pull/fill.h
libvkpull_a_SOURCES += client/pull/generation.c client/pull/generation.h
libvkpull_a_SOURCES += client/pull/instance.c client/pull/instance.h
libvkpull_a_SOURCES += client/pull/journal.c client/pull/journal.h
libvkpull_a_SOURCES += client/pull/live.c client/pull/live.h
libvkpull_a_SOURCES += client/pull/reply.c client/pull/reply.h
libvkpull_a_SOURCES += client/pull/transport.c client/pull/transport.h
libvkpull_a_SOURCES += client/pull/users.c client/pull/users.h
libvkpull_a_SOURCES += client/pull/valkey.c client/pull/valkey.h
libvkpull_a_SOURCES += client/pull/values.c client/pull/values.h

PULL_LIBS = libvkpull.a $(COMMON_LIBS) $(HIREDIS_LIBS)
