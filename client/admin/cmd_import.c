/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/adoption.h"
#include "client/admin/clear_secrets.h"
#include "client/admin/cmd.h"
#include "client/admin/findings_show.h"
#include "client/admin/import_files.h"
#include "client/admin/import_tree.h"
#include "client/admin/lint_show.h"
#include "client/admin/source.h"
#include "common/config/directive.h"
#include "common/config/import.h"
#include "common/config/import_running.h"
#include "common/name.h"

#include "common/banned.h"

enum { LINE_MAX_BYTES = 8192, KINDS = CFG_IMPORT_SECRET + 1 };

/* One import; its options, and what became of it. */
struct job {
	char host[VK_NAME_BYTES];
	char instance[VK_NAME_BYTES];
	const char *directory, *secrets;
	bool is_dry, skips_refused, is_written;
	struct cfg_import *import;
	struct import_tree tree;
	struct cfg_findings *findings;
	struct adoption *adoption; /* NULL: no running server is looked at */
};

static const struct {
	const char *word;
	enum cli_style style;
} kinds[KINDS] = {
	[CFG_IMPORT_REFUSED] = {"refused", CLI_BAD},
	[CFG_IMPORT_NEEDS] = {"needs", CLI_PLAIN},
	[CFG_IMPORT_LEFT_OUT] = {"left out", CLI_WARN},
	[CFG_IMPORT_CHANGED] = {"changed", CLI_PLAIN},
	[CFG_IMPORT_SECRET] = {"secret", CLI_PLAIN},
};

static enum vk_rc start(
	struct cli *cli, const struct args *args, struct job *job, struct vk_err *err)
{
	struct cfg_import_options options = {
		.host = job->host, .instance = job->instance, .include = import_files_include};
	const char *id = args_get(args, "as");

	(void)cli;
	if (id == NULL || !vk_instance_id_parse(id, job->host, job->instance)) {
		vk_err_set(err, VK_EINPUT, "--as HOST/INSTANCE is missing or names no instance");
		vk_err_hint(err, "as in --as db1/main");
		return VK_EINPUT;
	}
	options.version = job->adoption != NULL ? job->adoption->version : cfg_version_default();
	if (args_has(args, "valkey"))
		options.version = args_get(args, "valkey");
	if (!cfg_version_is_known(options.version))
		return vk_err_set(
			err, VK_EINPUT, "Valkey version '%.50s' is not known", options.version);
	if (args_has(args, "fleet") && !vk_name_is_valid(args_get(args, "fleet")))
		return vk_err_set(
			err, VK_EINPUT, "'%.100s' is no name of a fleet", args_get(args, "fleet"));
	if (args_has(args, "env") && !vk_environment_is_valid(args_get(args, "env")))
		return vk_err_set(err, VK_EINPUT, "'%.100s' is no name of an environment",
			args_get(args, "env"));
	job->directory = source_directory(args);
	job->secrets = args_get(args, "secrets");
	job->is_dry = args_has(args, "dry-run");
	job->skips_refused = args_has(args, "skip-refused");
	job->import = cfg_import_new(&options);
	return VK_OK;
}

/* ---- what is shown ---- */

static void print_note(const struct cli *cli, const struct cfg_import_note *note)
{
	struct vk_buf line;

	vk_buf_init(&line, LINE_MAX_BYTES);
	cli_say_in(cli, kinds[note->kind].style, "%s: ", kinds[note->kind].word);
	vk_buf_adds(&line, note->file);
	if (note->line > 0)
		vk_buf_addf(&line, ":%u", note->line);
	vk_buf_addf(&line, ": %s: %s", note->subject, note->message);
	cli_say_foreign(cli, CLI_PLAIN, line.data);
	cli_say(cli, "\n");
	if (note->hint[0] != '\0') {
		cli_say(cli, "  ");
		cli_say_foreign(cli, CLI_DIM, note->hint);
		cli_say(cli, "\n");
	}
	vk_buf_release(&line);
}

static struct vkjson *note_json(const struct cfg_import_note *note)
{
	struct vkjson *out = vkjson_object();

	vkjson_set(out, "kind", vkjson_string(kinds[note->kind].word));
	vkjson_set(out, "file", vkjson_string(note->file));
	vkjson_set(out, "line", vkjson_int(note->line));
	vkjson_set(out, "subject", vkjson_string(note->subject));
	vkjson_set(out, "message", vkjson_string(note->message));
	vkjson_set(out, "hint", vkjson_string(note->hint));
	return out;
}

static size_t count_notes(const struct job *job, int kind)
{
	size_t out = 0;

	for (size_t i = 0; i < cfg_import_note_count(job->import); i++)
		out += (int)cfg_import_note_at(job->import, i)->kind == kind;
	return out;
}

/* The groups apart: what is wrong, what only a host must have, what is to be done by hand. */
static void print_summary(const struct cli *cli, const struct job *job)
{
	static const char *const meaning[KINDS] = {
		[CFG_IMPORT_REFUSED] = "refused by Valkey",
		[CFG_IMPORT_NEEDS] = "good, but a host must have what they name",
		[CFG_IMPORT_LEFT_OUT] = "left out, to be done by hand",
		[CFG_IMPORT_CHANGED] = "changed",
		[CFG_IMPORT_SECRET] = "with a password taken out",
	};

	for (int kind = 0; kind < KINDS; kind++) {
		if (count_notes(job, kind) > 0)
			cli_say(cli, "%zu %s\n", count_notes(job, kind), meaning[kind]);
	}
	if (job->tree.lint != NULL)
		lint_print_worst(cli, job->tree.lint);
	if (job->tree.nearest.template != NULL)
		cli_say(cli, "nearest template: %s (%zu of %zu directives differ)\n",
			job->tree.nearest.template->name, job->tree.nearest.differing,
			job->tree.nearest.compared);
}

static struct vkjson *nearest_json(const struct cfg_template_match *match)
{
	struct vkjson *out = vkjson_object();

	vkjson_set(out, "template", vkjson_string(match->template->name));
	vkjson_set(out, "differing", vkjson_int((int64_t)match->differing));
	vkjson_set(out, "compared", vkjson_int((int64_t)match->compared));
	return out;
}

static struct vkjson *job_json(const struct job *job)
{
	struct vkjson *out = vkjson_object(), *notes = vkjson_array(), *files = vkjson_array();
	struct vkjson *secrets = vkjson_array(), *counts = vkjson_object();

	for (size_t i = 0; i < cfg_import_note_count(job->import); i++)
		vkjson_append(notes, note_json(cfg_import_note_at(job->import, i)));
	for (size_t i = 0; i < job->tree.count; i++)
		vkjson_append(files, vkjson_string(job->tree.files[i].path));
	for (size_t i = 0; i < cfg_import_secret_count(job->import); i++)
		vkjson_append(secrets, vkjson_string(cfg_import_secret_at(job->import, i).name));
	vkjson_set(out, "notes", notes);
	for (int kind = 0; kind < KINDS; kind++)
		vkjson_set(counts, kinds[kind].word, vkjson_int((int64_t)count_notes(job, kind)));
	vkjson_set(out, "counts", counts);
	if (job->tree.lint != NULL)
		vkjson_set(out, "baseline", lint_json(job->tree.lint));
	if (job->adoption != NULL)
		vkjson_set(out, "differences", adoption_json(job->import));
	if (job->tree.nearest.template != NULL)
		vkjson_set(out, "nearest", nearest_json(&job->tree.nearest));
	vkjson_set(out, "refused", vkjson_int((int64_t)cfg_import_refused_count(job->import)));
	vkjson_set(out, "sentinel", vkjson_bool(cfg_import_is_sentinel(job->import)));
	if (job->tree.environment != NULL)
		vkjson_set(out, "environment", vkjson_string(job->tree.environment));
	vkjson_set(out, "files", files);
	vkjson_set(out, "secrets", secrets);
	vkjson_set(out, "validation", findings_json(job->findings));
	vkjson_set(out, "written", vkjson_bool(job->is_written));
	return out;
}

static void print_result(const struct cli *cli, const struct job *job)
{
	for (size_t i = 0; i < cfg_import_note_count(job->import); i++)
		print_note(cli, cfg_import_note_at(job->import, i));
	if (job->tree.whole != NULL)
		findings_print(cli, job->findings, job->tree.whole);
	print_summary(cli, job);
	adoption_print(cli, job->import);
	if (!job->is_written) {
		cli_say(cli, "nothing was written\n");
		if (cfg_import_is_sentinel(job->import))
			cli_say(cli,
				"  the file of a Sentinel: what the tree has to say is above, to "
				"be written by hand\n");
		if (cfg_import_refused_count(job->import) > 0 && !job->skips_refused)
			cli_say(cli, "  Valkey would not start with these files: mend them, or "
				     "import the rest with --skip-refused\n");
		return;
	}
	for (size_t i = 0; i < job->tree.count; i++)
		cli_say(cli, "%s/%s\n", job->directory, job->tree.files[i].path);
	if (cfg_import_secret_count(job->import) > 0)
		cli_say(cli, "%s\n", job->secrets);
	for (size_t i = 0; i < cfg_import_secret_count(job->import); i++)
		cli_say(cli, "next: vkcfg secret set %s %s\n", job->tree.environment,
			cfg_import_secret_at(job->import, i).name);
}

/* ---- what is done ---- */

static enum vk_rc write_all(struct job *job, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (cfg_import_secret_count(job->import) > 0 && job->secrets == NULL) {
		vk_err_set(err, VK_EINPUT, "the files have passwords, which a tree may not have");
		vk_err_hint(err, "say with --secrets FILE where to put them; nobody else can "
				 "read that file");
		return VK_EINPUT;
	}
	if (cfg_import_secret_count(job->import) > 0)
		rc = clear_secrets_write(job->secrets, job->import, err);
	if (rc == VK_OK)
		rc = import_tree_write(&job->tree, job->directory, err);
	job->is_written = rc == VK_OK;
	return rc;
}

static bool is_good(const struct job *job)
{
	return cfg_findings_errors(job->findings) == 0 &&
	       cfg_import_undecided_count(job->import) == 0 &&
	       (job->skips_refused || cfg_import_refused_count(job->import) == 0);
}

/* The files, and for an adoption what runs from them. */
static enum vk_rc read_all(const struct job *job, const struct args *args, struct vk_err *err)
{
	const char *main_file = NULL;
	enum vk_rc rc = VK_OK;

	if (job->adoption != NULL && args_count(args) == 0)
		rc = adoption_file(job->adoption, &main_file, err);
	if (rc == VK_OK)
		rc = import_files_read(job->import, args, main_file, err);
	if (rc == VK_OK && job->adoption != NULL && !cfg_import_is_sentinel(job->import))
		rc = adoption_compare(job->adoption, args, job->import, err);
	if (rc == VK_OK)
		cfg_import_finish(job->import);
	return rc;
}

static enum vk_rc do_import(
	struct cli *cli, const struct args *args, struct adoption *adoption, struct vk_err *err)
{
	struct job job = {.findings = cfg_findings_new(), .adoption = adoption};
	struct import_target target;
	struct vkjson *result = NULL;
	enum vk_rc rc = start(cli, args, &job, err);

	if (rc == VK_OK)
		rc = read_all(&job, args, err);
	if (rc != VK_OK)
		goto out;
	target = (struct import_target){job.directory, job.host, job.instance,
		args_get(args, "env"), args_get(args, "fleet")};
	if (!cfg_import_is_sentinel(job.import))
		rc = import_tree_make(job.import, &target, job.findings, &job.tree, err);
	if (rc != VK_OK)
		goto out;
	cli->is_answer_no = !is_good(&job) || (cfg_import_is_sentinel(job.import) && !job.is_dry);
	if (is_good(&job) && !job.is_dry && !cfg_import_is_sentinel(job.import))
		rc = write_all(&job, err);
	if (rc != VK_OK)
		goto out;
	result = job_json(&job);
	if (!cli_print_json(cli, result))
		print_result(cli, &job);
	if (adoption != NULL && job.is_written && !cli->is_json)
		adoption_print_next(cli, args, adoption, job.instance);
out:
	vkjson_free(result);
	import_tree_release(&job.tree);
	cfg_import_free(job.import);
	cfg_findings_free(job.findings);
	return rc;
}

enum vk_rc cmd_import(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return do_import(cli, args, NULL, err);
}

enum vk_rc cmd_adopt(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct adoption adoption;
	enum vk_rc rc;

	adoption_init(&adoption);
	rc = adoption_read(cli, args, &adoption, err);
	if (rc == VK_OK)
		rc = do_import(cli, args, &adoption, err);
	adoption_release(&adoption);
	return rc;
}
