# make bench: reported, not asserted.
check_PROGRAMS += tests/bench/bench_poll
tests_bench_bench_poll_SOURCES = tests/bench/bench_poll.c
tests_bench_bench_poll_SOURCES += tests/bench/usage.c
tests_bench_bench_poll_SOURCES += tests/bench/usage.h
tests_bench_bench_poll_LDADD = $(COMMON_LIBS)
BENCH_TREE = tests/bench/bench_tree.c tests/bench/bench_tree.h
check_PROGRAMS += tests/bench/bench_render
tests_bench_bench_render_SOURCES = tests/bench/bench_render.c $(BENCH_TREE)
tests_bench_bench_render_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/bench/bench_diff
tests_bench_bench_diff_SOURCES = tests/bench/bench_diff.c $(BENCH_TREE)
tests_bench_bench_diff_LDADD = $(ADMIN_LIBS)
check_PROGRAMS += tests/bench/bench_conf
tests_bench_bench_conf_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/bench/bench_run
tests_bench_bench_run_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/bench/bench_log
tests_bench_bench_log_SOURCES = tests/bench/bench_log.c $(FLEET_FIXTURE)
tests_bench_bench_log_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/bench/bench_secret
tests_bench_bench_secret_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/bench/bench_fill
tests_bench_bench_fill_LDADD = $(SERVER_LIBS)
check_PROGRAMS += tests/bench/bench_release
tests_bench_bench_release_SOURCES = tests/bench/bench_release.c $(TUF_SIMULATOR)
tests_bench_bench_release_LDADD = $(COMMON_LIBS)
EXTRA_DIST += tests/bench/bench.sh tests/bench/agent.sh

bench_programs = tests/bench/bench_poll tests/bench/bench_render tests/bench/bench_conf tests/bench/bench_run \
	tests/bench/bench_log tests/bench/bench_secret tests/bench/bench_fill tests/bench/bench_release \
	tests/bench/bench_diff tests/e2e/bin/vkcfg-pull

bench: all $(bench_programs)
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/tests/bench/bench.sh
.PHONY: bench
