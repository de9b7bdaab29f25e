/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_rotation.h"

#include <string.h>

#include "common/banned.h"

static int64_t highest_version(const struct cfg_pins *pins)
{
	return pins->next.version > pins->current.version ? pins->next.version
							  : pins->current.version;
}

/* Grows with every step. */
static int64_t progress(const struct cfg_pins *pins)
{
	int64_t base = 3 * highest_version(pins);

	switch (cfg_pins_rotation(pins)) {
	case CFG_ROTATION_ADDED:
		return base;
	case CFG_ROTATION_SWITCHED:
		return base + 1;
	case CFG_ROTATION_NONE:
		break;
	}
	return base + 2;
}

static bool is_same_pin(const struct cfg_pin *a, const struct cfg_pin *b)
{
	return a->version == b->version && strcmp(a->sha256, b->sha256) == 0;
}

static bool is_same(const struct cfg_pins *a, const struct cfg_pins *b)
{
	return is_same_pin(&a->current, &b->current) && is_same_pin(&a->next, &b->next) &&
	       is_same_pin(&a->previous, &b->previous);
}

static enum vk_rc refuse(const struct rotation *rotation, struct vk_err *err)
{
	if (progress(rotation->own) < progress(rotation->released))
		vk_err_set(err, VK_ECONFLICT,
			"your tree is older than the current release, which has version %lld",
			(long long)highest_version(rotation->released));
	else
		vk_err_set(err, VK_ECONFLICT,
			"your tree pins other versions than the current release");
	vk_err_hint(err, "bring your tree up to date with the release first");
	return VK_ECONFLICT;
}

static enum rotation_step step_of(const struct rotation *rotation)
{
	switch (cfg_pins_rotation(rotation->own)) {
	case CFG_ROTATION_ADDED:
		return rotation->waiting_count > 0 ? ROTATION_WAIT_HOSTS : ROTATION_SWITCH;
	case CFG_ROTATION_SWITCHED:
		return rotation->waiting_count > 0 ? ROTATION_WAIT_HOSTS : ROTATION_DROP;
	case CFG_ROTATION_NONE:
		break;
	}
	return rotation->is_additive ? ROTATION_ADD : ROTATION_REPLACE;
}

enum vk_rc rotation_next(
	const struct rotation *rotation, enum rotation_step *out, struct vk_err *err)
{
	const struct cfg_pins *released = rotation->released;

	if (released == NULL || released->current.version == 0 ||
		progress(rotation->own) > progress(released))
		*out = ROTATION_WAIT_RELEASE;
	else if (!is_same(rotation->own, released))
		return refuse(rotation, err);
	else
		*out = step_of(rotation);
	return VK_OK;
}

bool rotation_is_waiting(enum rotation_step step)
{
	return step == ROTATION_WAIT_RELEASE || step == ROTATION_WAIT_HOSTS;
}

bool rotation_is_fresh(enum rotation_step step)
{
	return step == ROTATION_ADD || step == ROTATION_REPLACE;
}

struct cfg_pins rotation_pins(
	enum rotation_step step, const struct cfg_pins *own, const struct cfg_pin *fresh)
{
	struct cfg_pins pins = {.current = own->current};

	switch (step) {
	case ROTATION_ADD:
		pins.next = *fresh;
		return pins;
	case ROTATION_SWITCH:
		pins.current = own->next;
		pins.previous = own->current;
		return pins;
	case ROTATION_REPLACE:
		pins.current = *fresh;
		return pins;
	case ROTATION_DROP:
		return pins;
	case ROTATION_WAIT_RELEASE:
	case ROTATION_WAIT_HOSTS:
		break;
	}
	return *own;
}

const char *rotation_step_name(enum rotation_step step)
{
	static const char *const names[] = {
		[ROTATION_ADD] = "add",
		[ROTATION_SWITCH] = "switch",
		[ROTATION_DROP] = "drop",
		[ROTATION_REPLACE] = "replace",
		[ROTATION_WAIT_RELEASE] = "wait-release",
		[ROTATION_WAIT_HOSTS] = "wait-hosts",
	};

	return names[step];
}
