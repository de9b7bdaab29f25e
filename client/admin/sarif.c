/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/sarif.h"

#include <stddef.h>

#include "common/vkjson.h"

#include "common/banned.h"

static struct vkjson *object_with(const char *name, struct vkjson *value)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, name, value);
	return object;
}

static struct vkjson *array_with(struct vkjson *value)
{
	struct vkjson *array = vkjson_array();

	vkjson_append(array, value);
	return array;
}

struct vkjson *sarif_new(void)
{
	struct vkjson *log = vkjson_object();
	struct vkjson *run = vkjson_object();
	struct vkjson *driver = vkjson_object();

	vkjson_set(driver, "name", vkjson_string(PACKAGE_NAME));
	vkjson_set(driver, "version", vkjson_string(PACKAGE_VERSION));
	vkjson_set(driver, "rules", vkjson_array());
	vkjson_set(run, "tool", object_with("driver", driver));
	vkjson_set(run, "columnKind", vkjson_string("unicodeCodePoints"));
	vkjson_set(run, "results", vkjson_array());
	vkjson_set(log, "$schema", vkjson_string("https://json.schemastore.org/sarif-2.1.0.json"));
	vkjson_set(log, "version", vkjson_string("2.1.0"));
	vkjson_set(log, "runs", array_with(run));
	return log;
}

static const struct vkjson *run_of(const struct vkjson *log)
{
	return vkjson_at(vkjson_get(log, "runs"), 0);
}

/* An array of the log, to be appended to. */
static struct vkjson *array_of(const struct vkjson *object, const char *name)
{
	return vkjson_ref(vkjson_get(object, name));
}

void sarif_add_rule(struct vkjson *log, const char *id, const char *what, const char *help)
{
	const struct vkjson *driver = vkjson_get(vkjson_get(run_of(log), "tool"), "driver");
	struct vkjson *rules = array_of(driver, "rules");
	struct vkjson *rule = object_with("id", vkjson_string(id));

	vkjson_set(rule, "shortDescription", object_with("text", vkjson_string(what)));
	if (help != NULL)
		vkjson_set(rule, "help", object_with("text", vkjson_string(help)));
	vkjson_append(rules, rule);
	vkjson_free(rules);
}

static struct vkjson *location(const struct sarif_result *result)
{
	struct vkjson *place =
		object_with("artifactLocation", object_with("uri", vkjson_string(result->file)));

	if (result->line > 0) {
		struct vkjson *region = object_with("startLine", vkjson_int(result->line));

		if (result->column > 0)
			vkjson_set(region, "startColumn", vkjson_int(result->column));
		vkjson_set(place, "region", region);
	}
	return object_with("physicalLocation", place);
}

/* Accepted outside of the tool: by a waiver of the tree. */
static struct vkjson *suppression(const struct sarif_result *result)
{
	struct vkjson *object = object_with("kind", vkjson_string("external"));

	vkjson_set(object, "status", vkjson_string("accepted"));
	vkjson_set(object, "justification", vkjson_string(result->justification));
	return object;
}

void sarif_add_result(struct vkjson *log, const struct sarif_result *result)
{
	struct vkjson *results = array_of(run_of(log), "results");
	struct vkjson *item = vkjson_object();

	vkjson_set(item, "ruleId", vkjson_string(result->rule));
	vkjson_set(item, "level", vkjson_string(result->level));
	vkjson_set(item, "message", object_with("text", vkjson_string(result->text)));
	if (result->file != NULL && result->file[0] != '\0')
		vkjson_set(item, "locations", array_with(location(result)));
	if (result->justification != NULL)
		vkjson_set(item, "suppressions", array_with(suppression(result)));
	vkjson_append(results, item);
	vkjson_free(results);
}
