# Unit tests of tuf.
TUF_SIMULATOR = \
	tests/unit/tuf_simulator.c \
	tests/unit/tuf_simulator.h \
	tests/unit/tuf_simulator_client.c \
	tests/unit/tuf_simulator_parts.h
check_PROGRAMS += tests/unit/check_tuf_client
TESTS += tests/unit/check_tuf_client
tests_unit_check_tuf_client_SOURCES = \
	tests/unit/check_tuf_client.c tests/unit/tuf_client_fixture.h $(TUF_SIMULATOR)
tests_unit_check_tuf_client_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_tuf_trust
TESTS += tests/unit/check_tuf_trust
tests_unit_check_tuf_trust_SOURCES = \
	tests/unit/check_tuf_trust.c tests/unit/tuf_client_fixture.h $(TUF_SIMULATOR)
tests_unit_check_tuf_trust_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_tuf_search
TESTS += tests/unit/check_tuf_search
tests_unit_check_tuf_search_SOURCES = tests/unit/check_tuf_search.c $(TUF_SIMULATOR)
tests_unit_check_tuf_search_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_tuf_bins
TESTS += tests/unit/check_tuf_bins
tests_unit_check_tuf_bins_SOURCES = tests/unit/check_tuf_bins.c $(TUF_SIMULATOR)
tests_unit_check_tuf_bins_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_tuf_meta
TESTS += tests/unit/check_tuf_meta
tests_unit_check_tuf_meta_SOURCES = tests/unit/check_tuf_meta.c $(TUF_SIMULATOR)
tests_unit_check_tuf_meta_LDADD = $(UNIT_LIBS)
# The client behind the command line of the tuf-conformance suite.
check_PROGRAMS += tests/tuf-client
tests_tuf_client_SOURCES = tests/tuf/tuf_client_main.c tests/tuf/fetch.c tests/tuf/fetch.h
tests_tuf_client_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/unit/check_tuf_cli
TESTS += tests/unit/check_tuf_cli
tests_unit_check_tuf_cli_SOURCES = tests/unit/check_tuf_cli.c $(TUF_SIMULATOR)
tests_unit_check_tuf_cli_LDADD = $(UNIT_LIBS)
