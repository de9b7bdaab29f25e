/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Findings for people, editors and CI: as text with the offending line
 * underlined, as JSON, as SARIF 2.1.0 (OASIS), as JUnit XML.
 */
#ifndef ADMIN_FINDINGS_SHOW_H
#define ADMIN_FINDINGS_SHOW_H

#include "common/err.h"

struct cfg_findings;
struct cfg_tree;
struct cli;
struct vk_buf;
struct vkjson;

enum findings_format { FINDINGS_TEXT, FINDINGS_JSON, FINDINGS_SARIF, FINDINGS_JUNIT };

/* "text", "json", "sarif", "junit"; VK_EINPUT for anything else. */
VK_CHECKED enum vk_rc findings_format_parse(
	const char *name, enum findings_format *out, struct vk_err *err);

/* {"findings":[{"severity","file","line","column","message","hint","value"}],"errors":N} */
struct vkjson *findings_json(struct cfg_findings *findings);

/* A log with one run; every finding is a result with its place. */
struct vkjson *findings_sarif(struct cfg_findings *findings);

/* One suite, a failed test case for each error, one that passed where there is none; warnings go to
 * its output. Appends. */
void findings_junit(struct cfg_findings *findings, struct vk_buf *out);

/* "error: file:line:column: message", the line with a mark under the value, the hint. A line on
 * which a finding hides its value (it may be a secret) is not shown. */
void findings_print(
	const struct cli *cli, struct cfg_findings *findings, const struct cfg_tree *tree);

#endif
