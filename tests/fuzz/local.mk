# One target per parser of foreign bytes. Each has tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput()
# and seeds in tests/fuzz/corpus/NAME/; `make check` runs it over them:
#   check_PROGRAMS += tests/fuzz/fuzz_foo
#   TESTS += tests/fuzz/fuzz_foo
#   tests_fuzz_fuzz_foo_SOURCES = tests/fuzz/fuzz_foo.c $(FUZZ_MAIN)
#   tests_fuzz_fuzz_foo_LDADD = $(COMMON_LIBS)
# CONTRIBUTING.md says how to run one under libFuzzer.
FUZZ_MAIN = tests/fuzz/standalone_main.c
EXTRA_DIST += tests/fuzz/corpus
check_PROGRAMS += tests/fuzz/fuzz_x509
TESTS += tests/fuzz/fuzz_x509
tests_fuzz_fuzz_x509_SOURCES = tests/fuzz/fuzz_x509.c $(FUZZ_MAIN)
tests_fuzz_fuzz_x509_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_vkyaml
TESTS += tests/fuzz/fuzz_vkyaml
tests_fuzz_fuzz_vkyaml_SOURCES = tests/fuzz/fuzz_vkyaml.c $(FUZZ_MAIN)
tests_fuzz_fuzz_vkyaml_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_http_request
TESTS += tests/fuzz/fuzz_http_request
tests_fuzz_fuzz_http_request_SOURCES = tests/fuzz/fuzz_http_request.c $(FUZZ_MAIN)
tests_fuzz_fuzz_http_request_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_http_response
TESTS += tests/fuzz/fuzz_http_response
tests_fuzz_fuzz_http_response_SOURCES = tests/fuzz/fuzz_http_response.c $(FUZZ_MAIN)
tests_fuzz_fuzz_http_response_LDADD = $(COMMON_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_printable
TESTS += tests/fuzz/fuzz_printable
tests_fuzz_fuzz_printable_SOURCES = tests/fuzz/fuzz_printable.c $(FUZZ_MAIN)
tests_fuzz_fuzz_printable_LDADD = $(ADMIN_LIBS)
