# Unit tests of config.
check_PROGRAMS += tests/unit/check_value
TESTS += tests/unit/check_value
tests_unit_check_value_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_conf
TESTS += tests/unit/check_conf
tests_unit_check_conf_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_acl
TESTS += tests/unit/check_acl
tests_unit_check_acl_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/check_render
TESTS += tests/unit/check_render
tests_unit_check_render_LDADD = $(UNIT_LIBS)
EXTRA_DIST += tests/unit/tree_text.h
check_PROGRAMS += tests/unit/check_fleet
TESTS += tests/unit/check_fleet
tests_unit_check_fleet_LDADD = $(UNIT_LIBS)
