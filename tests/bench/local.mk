# make bench: reported, not asserted.
check_PROGRAMS += tests/bench/bench_poll
tests_bench_bench_poll_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/bench/bench_render
tests_bench_bench_render_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/bench/bench_rss
EXTRA_DIST += tests/bench/bench.sh

bench: all $(check_PROGRAMS)
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/tests/bench/bench.sh
.PHONY: bench
