# What an administrator installs beside the programs. Units name the programs where make install puts
# them, so they are made from templates.
UNIT_TEMPLATES =
UNIT_TEMPLATES += packaging/systemd/vkcfg-pull-watch.service.in
UNIT_TEMPLATES += packaging/systemd/vkcfg-pull.service.in
UNIT_TEMPLATES += packaging/systemd/vkcfgd.service.in

nodist_systemdsystemunit_DATA = $(UNIT_TEMPLATES:.in=)
dist_systemdsystemunit_DATA =
dist_systemdsystemunit_DATA += packaging/systemd/vkcfg-pull.timer
dist_systemdsystemunit_DATA += packaging/systemd/vkcfg-restart@.path
dist_systemdsystemunit_DATA += packaging/systemd/vkcfg-restart@.service

EXAMPLE_FILES =
EXAMPLE_FILES += packaging/cron/vkcfg-pull
EXAMPLE_FILES += packaging/systemd/valkey-server@.conf
EXAMPLE_FILES += packaging/systemd/vkcfg.sysusers
EXAMPLE_FILES += packaging/systemd/vkcfg.tmpfiles

examplesdir = $(docdir)/examples
dist_examples_DATA = $(EXAMPLE_FILES)

EXTRA_DIST += $(UNIT_TEMPLATES)
CLEANFILES += $(nodist_systemdsystemunit_DATA)

.service.in.service:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' $< >$@.tmp && mv $@.tmp $@
SUFFIXES = .service.in .service
