/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/denials.h"

#include "tests/unit/unit.h"

START_TEST(a_burst_is_recorded_and_the_rest_counted)
{
	struct denials_bucket bucket = {
		.tokens = DENIALS_BURST, .refill_ms = DENIALS_REFILL_MS, .filled_ms = 1000};
	uint64_t omitted = 0;

	for (int i = 0; i < DENIALS_BURST; i++)
		ck_assert(denials_bucket_take(&bucket, 1000, &omitted));
	for (int i = 0; i < 1000; i++)
		ck_assert(!denials_bucket_take(&bucket, 1000, &omitted));
	ck_assert(denials_bucket_take(&bucket, 1000 + DENIALS_REFILL_MS, &omitted));
	ck_assert_uint_eq(omitted, 1000);
	ck_assert(!denials_bucket_take(&bucket, 1000 + DENIALS_REFILL_MS, &omitted));
}
END_TEST

START_TEST(a_long_silence_fills_the_bucket_and_no_more)
{
	struct denials_bucket bucket = {.tokens = 3, .refill_ms = DENIALS_REFILL_MS};
	uint64_t omitted = 0;
	unsigned taken = 0;

	while (denials_bucket_take(&bucket, INT64_C(1000000000000), &omitted))
		taken++;
	ck_assert_uint_eq(taken, DENIALS_BURST);
}
END_TEST

START_TEST(strangers_write_few_entries_a_day)
{
	struct denials_bucket bucket = {
		.tokens = DENIALS_BURST, .refill_ms = DENIALS_STRANGERS_REFILL_MS};
	uint64_t omitted = 0;
	unsigned taken = 0;

	for (int64_t second = 0; second < 86400; second++)
		taken += denials_bucket_take(&bucket, second * 1000, &omitted);
	ck_assert_uint_lt(taken, 1500);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("denials");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, a_burst_is_recorded_and_the_rest_counted);
	tcase_add_test(tc, a_long_silence_fills_the_bucket_and_no_more);
	tcase_add_test(tc, strangers_write_few_entries_a_day);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
