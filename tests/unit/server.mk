# Unit tests of server.
SERVER_UNIT_LIBS = $(SERVER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/check_state_dir
TESTS += tests/unit/check_state_dir
tests_unit_check_state_dir_LDADD = $(SERVER_UNIT_LIBS)
