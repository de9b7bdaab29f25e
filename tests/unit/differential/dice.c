/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/differential/dice.h"

/* splitmix64 */
uint64_t dice_bits(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

size_t dice_roll(struct dice *dice, size_t sides)
{
	return (size_t)(dice_bits(dice) % sides);
}

bool dice_once_in(struct dice *dice, size_t times)
{
	return dice_roll(dice, times) == 0;
}

const char *dice_pick(struct dice *dice, const char *const *texts)
{
	size_t count = 0;

	while (texts[count] != NULL)
		count++;
	return texts[dice_roll(dice, count)];
}
