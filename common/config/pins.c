/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/pins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/num.h"
#include "common/secret.h"

#include "common/banned.h"

enum { DIGEST_DIGITS = VK_SHA256_HEX_BYTES - 1 };

/* ---- reading ---- */

static bool read_version(
	struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node, int64_t *out)
{
	const char *text = cfg_expect_text(fleet, file, node, "version");
	struct cfg_place place = cfg_place_of(file, vkyaml_mark(node));
	uint64_t version;

	if (text == NULL)
		return false;
	if (text[0] == '0' || !vk_parse_uint(text, 1, VK_SECRET_VERSION_MAX, &version)) {
		cfg_report(fleet, &place, text, "1, 2, 3...",
			"version: expected a number, found '%.30s'", text);
		return false;
	}
	*out = (int64_t)version;
	return true;
}

static bool read_sha256(
	struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node, char *out)
{
	const char *text = cfg_expect_text(fleet, file, node, "sha256");
	struct cfg_place place = cfg_place_of(file, vkyaml_mark(node));

	if (text == NULL)
		return false;
	if (strlen(text) != DIGEST_DIGITS || strspn(text, "0123456789abcdef") != DIGEST_DIGITS) {
		/* Not shown: whoever mistakes this file for a place of secrets wrote one here. */
		cfg_report(fleet, &place, NULL, "'vkcfg secret set' writes this file",
			"sha256: expected 64 hexadecimal digits in lower case");
		return false;
	}
	memcpy(out, text, VK_SHA256_HEX_BYTES);
	return true;
}

/* version and sha256 out of map; false after a finding. */
static bool read_pin(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	struct cfg_place place, struct cfg_pin *out)
{
	const struct vkyaml_node *version = vkyaml_get(map, "version");
	const struct vkyaml_node *sha256 = vkyaml_get(map, "sha256");
	struct cfg_pin pin = {.version = 0};

	if (version == NULL || sha256 == NULL) {
		cfg_report(fleet, &place, NULL, "'vkcfg secret set' writes this file",
			"secret: '%s' is missing", version == NULL ? "version" : "sha256");
		return false;
	}
	if (!read_version(fleet, file, version, &pin.version) ||
		!read_sha256(fleet, file, sha256, pin.sha256))
		return false;
	*out = pin;
	return true;
}

/* `next:` or `previous:`, which may be missing. */
static bool read_other(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *root,
	const char *key, struct cfg_pin *out)
{
	const struct vkyaml_node *node = vkyaml_get(root, key);
	const struct vkyaml_node *map;

	if (node == NULL || vkyaml_is_null(node))
		return true;
	map = cfg_expect_map(fleet, file, node, key);
	if (map == NULL)
		return false;
	cfg_expect_keys(fleet, file, map, CFG_KEYS_PIN, key);
	return read_pin(fleet, file, map, cfg_place_of(file, vkyaml_mark(node)), out);
}

static bool check_order(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *root,
	const struct cfg_pins *pins)
{
	bool is_later = pins->next.version != 0;
	const struct cfg_pin *other = is_later ? &pins->next : &pins->previous;
	const char *key = is_later ? "next" : "previous";
	struct cfg_place place;

	if (other->version == 0)
		return true;
	place = cfg_place_of(file, vkyaml_mark(vkyaml_get(root, key)));
	if (pins->next.version != 0 && pins->previous.version != 0)
		cfg_report(fleet, &place, NULL,
			"'vkcfg secret rotate' shows where a rotation stands",
			"secret: 'next' and 'previous' exclude each other");
	else if (is_later ? other->version <= pins->current.version
			  : other->version >= pins->current.version)
		cfg_report(fleet, &place, NULL, NULL, "%s: its version is not %s than version %lld",
			key, is_later ? "later" : "earlier", (long long)pins->current.version);
	else if (strcmp(other->sha256, pins->current.sha256) == 0)
		cfg_report(fleet, &place, NULL, NULL, "%s: it has the sha256 of version %lld", key,
			(long long)pins->current.version);
	else
		return true;
	return false;
}

bool cfg_pins_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *root,
	struct cfg_pins *out)
{
	struct cfg_pins pins = {.current = {.version = 0}};

	cfg_expect_keys(fleet, file, root, CFG_KEYS_SECRET, "secret");
	if (!read_pin(fleet, file, root, (struct cfg_place){file, 1, 1}, &pins.current) ||
		!read_other(fleet, file, root, "next", &pins.next) ||
		!read_other(fleet, file, root, "previous", &pins.previous) ||
		!check_order(fleet, file, root, &pins))
		return false;
	*out = pins;
	return true;
}

enum vk_rc cfg_pins_parse(
	const char *path, const char *text, size_t len, struct cfg_pins *out, struct vk_err *err)
{
	struct cfg_fleet fleet = {.findings = NULL}; /* all that a reader of one file needs */
	struct cfg_pins pins = {.current = {.version = 0}};
	struct vkyaml *doc = NULL;
	enum vk_rc rc = vkyaml_parse(path, text, len, &doc, err);

	if (rc != VK_OK)
		return rc;
	fleet.findings = cfg_findings_new();
	(void)cfg_pins_read(
		&fleet, path, cfg_expect_map(&fleet, path, vkyaml_root(doc), "secret"), &pins);
	rc = cfg_findings_check(fleet.findings, err);
	if (rc == VK_OK)
		*out = pins;
	cfg_findings_free(fleet.findings);
	vkyaml_free(doc);
	return rc;
}

/* ---- writing ---- */

static void format_other(const char *key, const struct cfg_pin *pin, struct vk_buf *out)
{
	if (pin->version != 0)
		vk_buf_addf(out, "%s:\n  version: %lld\n  sha256: \"%s\"\n", key,
			(long long)pin->version, pin->sha256);
}

void cfg_pins_format(const struct cfg_pins *pins, struct vk_buf *out)
{
	vk_buf_adds(out,
		"# Written by 'vkcfg secret'. The value is sealed to those who may open it.\n");
	vk_buf_addf(out, "version: %lld\nsha256: \"%s\"\n", (long long)pins->current.version,
		pins->current.sha256);
	format_other("next", &pins->next, out);
	format_other("previous", &pins->previous, out);
}

void cfg_pins_path(const char *environment, const char *name, char out[CFG_PINS_PATH_BYTES])
{
	snprintf(out, CFG_PINS_PATH_BYTES, "secrets/%s/%s.yaml", environment, name);
}

/* ---- reading out ---- */

enum cfg_rotation cfg_pins_rotation(const struct cfg_pins *pins)
{
	if (pins->next.version != 0)
		return CFG_ROTATION_ADDED;
	return pins->previous.version != 0 ? CFG_ROTATION_SWITCHED : CFG_ROTATION_NONE;
}

size_t cfg_pins_valid(const struct cfg_pins *pins, struct cfg_pin out[CFG_PINS_MAX])
{
	size_t count = 0;

	if (pins->previous.version != 0)
		out[count++] = pins->previous;
	if (pins->current.version != 0)
		out[count++] = pins->current;
	if (pins->next.version != 0)
		out[count++] = pins->next;
	return count;
}
