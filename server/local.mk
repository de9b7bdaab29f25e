# What vkcfgd is made of, without main.c, so that unit tests link it. Links: $(SERVER_LIBS).
noinst_LIBRARIES += libvkserver.a
libvkserver_a_SOURCES =
libvkserver_a_SOURCES += server/identity.c server/identity.h
libvkserver_a_SOURCES += server/request.h
libvkserver_a_SOURCES += server/route.h
libvkserver_a_SOURCES += server/view.h
libvkserver_a_SOURCES += server/worker.h

SERVER_LIBS = libvkserver.a $(COMMON_LIBS) $(EVENT_LIBS) $(SQLITE_LIBS)
