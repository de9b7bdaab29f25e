# What vkcfgd is made of, without main.c, so that unit tests link it. Links: $(SERVER_LIBS).
noinst_LIBRARIES += libvkserver.a
libvkserver_a_SOURCES =
libvkserver_a_SOURCES += server/approval.c server/approval.h
libvkserver_a_SOURCES += server/identity.c server/identity.h
libvkserver_a_SOURCES += server/init.h
libvkserver_a_SOURCES += server/privilege.c server/privilege.h
libvkserver_a_SOURCES += server/proposal.c server/proposal.h
libvkserver_a_SOURCES += server/request.h
libvkserver_a_SOURCES += server/route.h
libvkserver_a_SOURCES += server/server.h
libvkserver_a_SOURCES += server/server_settings.c server/server_settings.h
libvkserver_a_SOURCES += server/state_dir.c server/state_dir.h
libvkserver_a_SOURCES += server/view.c server/view_builder.c server/view.h server/view_parts.h
libvkserver_a_SOURCES += server/worker.h

SERVER_LIBS = libvkserver.a $(COMMON_LIBS) $(EVENT_LIBS) $(SQLITE_LIBS)
