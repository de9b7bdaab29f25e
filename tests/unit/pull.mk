# Unit tests of pull.
EXTRA_DIST += tests/unit/pull_host.h
check_PROGRAMS += tests/unit/check_pull_install
TESTS += tests/unit/check_pull_install
tests_unit_check_pull_install_SOURCES = tests/unit/check_pull_install.c tests/unit/pull_host.c
tests_unit_check_pull_install_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
# With fault points: these objects take the place of those in libvkpull.a.
check_PROGRAMS += tests/unit/check_pull_crash
TESTS += tests/unit/check_pull_crash
tests_unit_check_pull_crash_SOURCES = tests/unit/check_pull_crash.c tests/unit/pull_host.c \
	client/pull/converge.c client/pull/door.c client/pull/generation.c client/pull/install.c \
	client/pull/wipe.c
tests_unit_check_pull_crash_CPPFLAGS = $(AM_CPPFLAGS) -DVK_FAULT_POINTS
tests_unit_check_pull_crash_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pull_parts
TESTS += tests/unit/check_pull_parts
tests_unit_check_pull_parts_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pull_drift
TESTS += tests/unit/check_pull_drift
tests_unit_check_pull_drift_SOURCES = tests/unit/check_pull_drift.c tests/unit/pull_host.c tests/unit/pki.c
tests_unit_check_pull_drift_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pull_trust
TESTS += tests/unit/check_pull_trust
tests_unit_check_pull_trust_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pull_boundary
TESTS += tests/unit/check_pull_boundary
tests_unit_check_pull_boundary_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pull_sentinel
TESTS += tests/unit/check_pull_sentinel
tests_unit_check_pull_sentinel_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pull_envelope
TESTS += tests/unit/check_pull_envelope
tests_unit_check_pull_envelope_SOURCES = tests/unit/check_pull_envelope.c tests/unit/pull_host.c
tests_unit_check_pull_envelope_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pull_secrets
TESTS += tests/unit/check_pull_secrets
tests_unit_check_pull_secrets_SOURCES = tests/unit/check_pull_secrets.c tests/unit/pull_host.c
tests_unit_check_pull_secrets_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pull_tls
TESTS += tests/unit/check_pull_tls
tests_unit_check_pull_tls_SOURCES = tests/unit/check_pull_tls.c tests/unit/pull_host.c tests/unit/pki.c
tests_unit_check_pull_tls_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_restart
TESTS += tests/unit/check_restart
tests_unit_check_restart_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
