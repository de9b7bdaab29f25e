/* SPDX-License-Identifier: BSD-3-Clause */
/* Choices that a seed repeats, everywhere alike. */
#ifndef TESTS_DIFFERENTIAL_DICE_H
#define TESTS_DIFFERENTIAL_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* 0 to sides - 1 */
size_t dice_roll(struct dice *dice, size_t sides);

/* True once in so many times. */
bool dice_once_in(struct dice *dice, size_t times);

uint64_t dice_bits(struct dice *dice);

/* One of texts with a NULL behind them. */
const char *dice_pick(struct dice *dice, const char *const *texts);

#endif
