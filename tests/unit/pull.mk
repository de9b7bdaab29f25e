# Unit tests of pull.
EXTRA_DIST += tests/unit/pull_host.h
check_PROGRAMS += tests/unit/check_pull_install
TESTS += tests/unit/check_pull_install
tests_unit_check_pull_install_SOURCES = tests/unit/check_pull_install.c tests/unit/pull_host.c
tests_unit_check_pull_install_LDADD = $(PULL_LIBS) $(CHECK_LIBS)
