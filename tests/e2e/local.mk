# Whole fleets of real programs and real valkey-servers; README of the library: tests/e2e/lib.sh.
#
# The programs under test are second copies, compiled with fault points (common/fault.h), so that what
# make install installs cannot have any. Only the files that hold fault points are compiled twice, in the
# place of the library's; 090-packaging.sh sees to it that none is forgotten.
SERVER_FAULT_SOURCES = server/writer.c
PULL_FAULT_SOURCES = client/pull/converge.c client/pull/door.c client/pull/generation.c client/pull/install.c
PULL_FAULT_SOURCES += client/pull/restart.c client/pull/sentinel_file.c client/pull/sentinel_live.c
PULL_FAULT_SOURCES += client/pull/wipe.c
FAULT_CPPFLAGS = $(AM_CPPFLAGS) -DVK_FAULT_POINTS

check_PROGRAMS += tests/e2e/bin/vkcfgd
tests_e2e_bin_vkcfgd_SOURCES = $(server_vkcfgd_SOURCES) $(SERVER_FAULT_SOURCES)
tests_e2e_bin_vkcfgd_CPPFLAGS = $(FAULT_CPPFLAGS)
tests_e2e_bin_vkcfgd_LDADD = $(SERVER_LIBS)
check_PROGRAMS += tests/e2e/bin/vkcfg-pull
tests_e2e_bin_vkcfg_pull_SOURCES = $(client_pull_vkcfg_pull_SOURCES) $(PULL_FAULT_SOURCES)
tests_e2e_bin_vkcfg_pull_CPPFLAGS = $(FAULT_CPPFLAGS)
tests_e2e_bin_vkcfg_pull_LDADD = $(PULL_LIBS)

# No fault points, but keys that cost little: most of an end-to-end test's time would go into passphrases.
check_PROGRAMS += tests/e2e/bin/vkcfg
tests_e2e_bin_vkcfg_SOURCES = tests/e2e/cheap_keys.c $(client_admin_vkcfg_SOURCES)
tests_e2e_bin_vkcfg_LDADD = $(ADMIN_LIBS)

# Tools of the attacker.
check_PROGRAMS += tests/e2e/evil
tests_e2e_evil_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/e2e/forge
tests_e2e_forge_LDADD = $(COMMON_LIBS)
# An application at work.
check_PROGRAMS += tests/e2e/load
tests_e2e_load_LDADD = $(COMMON_LIBS) $(HIREDIS_LIBS)
# What systemd does with SystemCallFilter=.
check_PROGRAMS += tests/e2e/jail
# Programs without the check of the policy.
check_PROGRAMS += tests/e2e/reckless_vkcfg
tests_e2e_reckless_vkcfg_SOURCES = tests/e2e/reckless_vkcfg.c tests/e2e/cheap_keys.c $(client_admin_vkcfg_SOURCES)
tests_e2e_reckless_vkcfg_LDADD = $(ADMIN_LIBS)
check_PROGRAMS += tests/e2e/reckless_vkcfgd
tests_e2e_reckless_vkcfgd_SOURCES = tests/e2e/reckless_vkcfgd.c $(server_vkcfgd_SOURCES)
tests_e2e_reckless_vkcfgd_LDADD = $(SERVER_LIBS)

E2E_TESTS =
E2E_TESTS += tests/e2e/010-life.sh
E2E_TESTS += tests/e2e/011-author.sh
E2E_TESTS += tests/e2e/012-watch.sh
E2E_TESTS += tests/e2e/022-refused-identity.sh
E2E_TESTS += tests/e2e/023-local-files.sh
E2E_TESTS += tests/e2e/030-crash-agent.sh
E2E_TESTS += tests/e2e/031-crash-server.sh
E2E_TESTS += tests/e2e/032-server.sh
E2E_TESTS += tests/e2e/033-witness.sh
E2E_TESTS += tests/e2e/034-tiles.sh
E2E_TESTS += tests/e2e/035-audit-since.sh
E2E_TESTS += tests/e2e/040-disk.sh
E2E_TESTS += tests/e2e/050-bad-tree.sh
E2E_TESTS += tests/e2e/051-bad-http.sh
E2E_TESTS += tests/e2e/060-no-op.sh
E2E_TESTS += tests/e2e/061-doctor.sh
E2E_TESTS += tests/e2e/062-servers.sh
E2E_TESTS += tests/e2e/063-start.sh
E2E_TESTS += tests/e2e/240-restart-hold.sh
E2E_TESTS += tests/e2e/241-lease.sh
E2E_TESTS += tests/e2e/242-rolling-restart.sh
E2E_TESTS += tests/e2e/243-sentinel-restart.sh
E2E_TESTS += tests/e2e/244-cluster-restart.sh
E2E_TESTS += tests/e2e/245-health.sh
E2E_TESTS += tests/e2e/246-health-memory.sh
E2E_TESTS += tests/e2e/250-drift-zoo.sh
E2E_TESTS += tests/e2e/251-idempotency.sh
E2E_TESTS += tests/e2e/252-drift-announce.sh
E2E_TESTS += tests/e2e/253-drift-group.sh
E2E_TESTS += tests/e2e/254-watch-growth.sh
E2E_TESTS += tests/e2e/280-tls.sh
E2E_TESTS += tests/e2e/281-links.sh
E2E_TESTS += tests/e2e/282-sentinel-tls.sh
E2E_TESTS += tests/e2e/270-load.sh tests/e2e/271-crash-matrix.sh
EXTRA_DIST += tests/e2e/tls.sh
E2E_TESTS += tests/e2e/255-restart-window.sh
E2E_TESTS += tests/e2e/256-plan.sh
E2E_TESTS += tests/e2e/070-demo.sh
E2E_TESTS += tests/e2e/080-tutorial.sh
E2E_TESTS += tests/e2e/090-packaging.sh
TESTS += $(E2E_TESTS)
E2E_TESTS += tests/e2e/110-ceremonies.sh
E2E_TESTS += tests/e2e/111-expiry.sh
E2E_TESTS += tests/e2e/112-online-keys.sh
E2E_TESTS += tests/e2e/120-secrets-cli.sh
E2E_TESTS += tests/e2e/121-secrets-host.sh
E2E_TESTS += tests/e2e/123-canary.sh
E2E_TESTS += tests/e2e/122-rotation.sh
E2E_TESTS += tests/e2e/177-templates.sh tests/e2e/178-template-groups.sh
EXTRA_DIST += tests/e2e/templates.sh
E2E_TESTS += tests/e2e/150-approver-key-lost.sh
E2E_TESTS += tests/e2e/151-approver-key-stolen.sh
E2E_TESTS += tests/e2e/152-online-keys-stolen.sh
E2E_TESTS += tests/e2e/130-roles.sh
E2E_TESTS += tests/e2e/153-root-key-stolen.sh
E2E_TESTS += tests/e2e/154-server-lost.sh
E2E_TESTS += tests/e2e/155-server-lost-log.sh
E2E_TESTS += tests/e2e/156-server-lost-keys.sh
E2E_TESTS += tests/e2e/158-security-page.sh
E2E_TESTS += tests/e2e/131-waiting.sh
E2E_TESTS += tests/e2e/132-revocation.sh
E2E_TESTS += tests/e2e/140-stolen-ca.sh
E2E_TESTS += tests/e2e/133-quota.sh
E2E_TESTS += tests/e2e/141-month-off.sh
E2E_TESTS += tests/e2e/142-certificate-expiry.sh
E2E_TESTS += tests/e2e/143-own-pki.sh
EXTRA_DIST += $(E2E_TESTS) tests/e2e/evil.sh tests/e2e/lib.sh tests/demo.sh
E2E_TESTS += tests/e2e/113-hsm.sh
E2E_TESTS += tests/e2e/170-import.sh
E2E_TESTS += tests/e2e/171-tree.sh
E2E_TESTS += tests/e2e/172-explain.sh
E2E_TESTS += tests/e2e/173-clients.sh
E2E_TESTS += tests/e2e/174-sentinel-schema.sh
E2E_TESTS += tests/e2e/180-lint.sh
E2E_TESTS += tests/e2e/181-policy.sh
E2E_TESTS += tests/e2e/175-sentinel.sh
E2E_TESTS += tests/e2e/265-sentinel-agent.sh
E2E_TESTS += tests/e2e/176-cluster.sh
E2E_TESTS += tests/e2e/183-diff.sh
EXTRA_DIST += tests/e2e/import_compare.py tests/e2e/import tests/e2e/import_mutate.py tests/e2e/import_words.txt
E2E_TESTS += tests/e2e/184-import-mutations.sh
E2E_TESTS += tests/e2e/185-import-kinds.sh
E2E_TESTS += tests/e2e/191-language.sh
EXTRA_DIST += tests/e2e/blocks.awk tests/e2e/check_editor.py
EXTRA_DIST += tests/e2e/lsan.supp
# One file per attack, on a fleet that the first one founds.
E2E_TESTS += tests/e2e/186-adoption.sh
E2E_TESTS += tests/e2e/187-observe.sh
E2E_TESTS += tests/e2e/188-adopt.sh
E2E_TESTS += tests/e2e/193-lint-running.sh
E2E_TESTS += tests/e2e/260-operations.sh
E2E_TESTS += tests/e2e/261-rights.sh
E2E_TESTS += tests/e2e/262-instances.sh
E2E_TESTS += tests/e2e/263-offline.sh
E2E_TESTS += tests/e2e/264-sandbox.sh
E2E_TESTS += tests/e2e/269-host-faults.sh
E2E_TESTS += tests/e2e/200-attack-bundle.sh
E2E_TESTS += tests/e2e/201-attack-unsigned.sh
E2E_TESTS += tests/e2e/202-attack-replay.sh
E2E_TESTS += tests/e2e/203-attack-freeze.sh
E2E_TESTS += tests/e2e/204-attack-mix.sh
E2E_TESTS += tests/e2e/205-attack-other-host.sh
E2E_TESTS += tests/e2e/206-attack-host-key.sh
E2E_TESTS += tests/e2e/207-attack-two-logs.sh
E2E_TESTS += tests/e2e/208-attack-log-entries.sh
E2E_TESTS += tests/e2e/209-attack-renumber.sh
E2E_TESTS += tests/e2e/210-attack-fallback.sh
E2E_TESTS += tests/e2e/211-attack-endless.sh
E2E_TESTS += tests/e2e/212-attack-slow.sh
E2E_TESTS += tests/e2e/213-attack-paths.sh
E2E_TESTS += tests/e2e/214-attack-newline.sh
E2E_TESTS += tests/e2e/215-attack-revoked-key.sh
E2E_TESTS += tests/e2e/216-attack-impostor.sh
E2E_TESTS += tests/e2e/217-attack-approver.sh
EXTRA_DIST += tests/e2e/attack.sh
EXTRA_DIST += $(E2E_TESTS) tests/e2e/evil.sh tests/e2e/lib.sh tests/e2e/verify_log.py tests/e2e/hold.py tests/e2e/writer.py tests/demo.sh

demo: all
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' KEEP='$(KEEP)' \
		bash $(srcdir)/tests/demo.sh
.PHONY: demo

clean-local:
	rm -rf tests/e2e/attack-fleet tests/e2e/attack-fleet.new tests/e2e/attack-fleet.lock
