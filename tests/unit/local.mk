# The time that Check allows a test is for hangs, not for busy machines.
# One program per module: tests/unit/check_MODULE.c, registered by the fragment of its directory:
#   check_PROGRAMS += tests/unit/check_foo
#   TESTS += tests/unit/check_foo
#   tests_unit_check_foo_LDADD = $(UNIT_LIBS)
AM_TESTS_ENVIRONMENT = abs_top_srcdir='$(abs_top_srcdir)'; abs_top_builddir='$(abs_top_builddir)'; \
	export abs_top_srcdir abs_top_builddir; \
	CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT:-60}; export CK_DEFAULT_TIMEOUT;
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
TEST_EXTENSIONS = .sh
EXTRA_DIST += tests/unit/unit.h
UNIT_LIBS = $(COMMON_LIBS) $(CHECK_LIBS)
