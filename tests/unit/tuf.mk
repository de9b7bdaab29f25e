# Unit tests of tuf.
TUF_SIMULATOR = tests/unit/tuf_simulator.c tests/unit/tuf_simulator.h
check_PROGRAMS += tests/unit/check_tuf_client
TESTS += tests/unit/check_tuf_client
tests_unit_check_tuf_client_SOURCES = tests/unit/check_tuf_client.c $(TUF_SIMULATOR)
tests_unit_check_tuf_client_LDADD = $(UNIT_LIBS)
