# Unit tests of common/.
check_PROGRAMS += tests/unit/check_buf
TESTS += tests/unit/check_buf
tests_unit_check_buf_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_name
TESTS += tests/unit/check_name
tests_unit_check_name_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_passphrase
TESTS += tests/unit/check_passphrase
tests_unit_check_passphrase_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_fault
TESTS += tests/unit/check_fault
tests_unit_check_fault_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_clock
TESTS += tests/unit/check_clock
tests_unit_check_clock_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_file
TESTS += tests/unit/check_file
tests_unit_check_file_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_log
TESTS += tests/unit/check_log
tests_unit_check_log_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_num
TESTS += tests/unit/check_num
tests_unit_check_num_LDADD = $(UNIT_LIBS)
