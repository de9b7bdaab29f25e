# What all three programs share. Links: $(COMMON_LIBS).
noinst_LIBRARIES += libvkcommon.a
libvkcommon_a_SOURCES =
libvkcommon_a_SOURCES += common/banned.h
libvkcommon_a_SOURCES += common/buf.c common/buf.h
libvkcommon_a_SOURCES += common/clock.c common/clock.h
libvkcommon_a_SOURCES += common/err.c common/err.h
libvkcommon_a_SOURCES += common/fault.c common/fault.h
libvkcommon_a_SOURCES += common/file.c common/file.h
libvkcommon_a_SOURCES += common/keyfile.h
libvkcommon_a_SOURCES += common/log.c common/log.h
libvkcommon_a_SOURCES += common/mem.c common/mem.h
libvkcommon_a_SOURCES += common/name.c common/name.h
libvkcommon_a_SOURCES += common/num.c common/num.h
libvkcommon_a_SOURCES += common/passphrase.c common/passphrase.h
libvkcommon_a_SOURCES += common/settings.h
libvkcommon_a_SOURCES += common/vkyaml.h
libvkcommon_a_SOURCES += common/digest.h
libvkcommon_a_SOURCES += common/vkjson.h
libvkcommon_a_SOURCES += common/signkey.h
libvkcommon_a_SOURCES += common/merkle.h
libvkcommon_a_SOURCES += common/note.h
libvkcommon_a_SOURCES += common/release.h
libvkcommon_a_SOURCES += common/bundle.h
libvkcommon_a_SOURCES += common/audit.h
libvkcommon_a_SOURCES += common/token.h

COMMON_LIBS = libvkcommon.a $(JANSSON_LIBS) $(YAML_LIBS) $(SODIUM_LIBS) $(OPENSSL_LIBS)
