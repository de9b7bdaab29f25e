/* SPDX-License-Identifier: BSD-3-Clause */
/* Proposals that travel between the people who sign them. */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <string.h>

#include "client/admin/ceremony_run.h"
#include "client/admin/ceremony_words.h"
#include "common/digest.h"
#include "common/file.h"

#include "common/banned.h"

/* With --json nobody reads a question: it needs --yes. */
static enum vk_rc ask(
	const struct cli *cli, const struct args *args, bool *is_yes, struct vk_err *err)
{
	*is_yes = args_has(args, "yes");
	if (*is_yes)
		return VK_OK;
	if (cli->is_json)
		return vk_err_set(err, VK_EINPUT, "--json asks no questions: give --yes as well");
	return cli_confirm(cli, "Sign this?", is_yes, err);
}

static enum vk_rc replace_file(
	const struct ceremony_run *run, const char *path, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CEREMONY_FILE_MAX_BYTES);
	rc = ceremony_format(&run->ceremony, &text, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0644, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}

static void print_result(const struct ceremony_run *run)
{
	struct vkjson *result = ceremony_run_json(run);

	if (!cli_print_json(run->cli, result))
		ceremony_run_print(run);
	vkjson_free(result);
}

/* What changes was shown before the question. */
static void print_signed(const struct ceremony_run *run)
{
	struct vkjson *result = ceremony_run_json(run);

	if (!cli_print_json(run->cli, result)) {
		cli_say_in(run->cli, CLI_GOOD, "\nsigned\n");
		ceremony_run_print_signatures(run);
	}
	vkjson_free(result);
}

enum vk_rc cmd_root_sign(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct ceremony_run run;
	struct signers signers;
	bool is_yes = false;
	enum vk_rc rc;

	signers_init(&signers);
	ceremony_run_init(&run, cli, args);
	rc = ceremony_run_open_file(&run, args_at(args, 0), err);
	if (rc == VK_OK)
		rc = ceremony_run_choose(&run, &signers, err);
	if (rc != VK_OK)
		goto out;
	ceremony_run_print(&run);
	rc = ask(cli, args, &is_yes, err);
	if (rc == VK_OK && !is_yes) {
		cli->is_answer_no = true;
		cli_say(cli, "nothing was signed\n");
		goto out;
	}
	if (rc == VK_OK)
		rc = signers_unlock(&signers, cli, err);
	if (rc == VK_OK)
		rc = ceremony_run_sign(&run, &signers, err);
	if (rc == VK_OK)
		rc = replace_file(&run, args_at(args, 0), err);
	if (rc == VK_OK)
		print_signed(&run);
out:
	signers_release(&signers);
	ceremony_run_release(&run);
	return rc;
}

static void print_trusted(const struct cli *cli, const struct trusted *trusted)
{
	struct vkjson *result = vkjson_object();
	struct vkjson *lines = ceremony_describe_trusted(trusted);
	struct vkjson *expires = vkjson_time(tuf_meta_expires(trusted->root));
	struct vkjson *targets_expires = vkjson_time(tuf_meta_expires(trusted->targets));
	char digest[VK_SHA256_HEX_BYTES];
	size_t len = 0;
	const char *text = tuf_meta_bytes(trusted->root, &len);

	vk_sha256_hex(text, len, digest);
	vkjson_set(result, "version", vkjson_int(tuf_meta_version(trusted->root)));
	vkjson_set(result, "expires", expires);
	vkjson_set(result, "digest", vkjson_string(digest));
	vkjson_set(result, "targets_version", vkjson_int(tuf_meta_version(trusted->targets)));
	vkjson_set(result, "targets_expires", targets_expires);
	vkjson_set(result, "keys", lines);
	if (!cli_print_json(cli, result)) {
		cli_say(cli, "root version %lld, valid until %s\nSHA-256 %s\n",
			(long long)tuf_meta_version(trusted->root), vkjson_text(expires), digest);
		cli_say(cli, "targets version %lld, valid until %s\n\n",
			(long long)tuf_meta_version(trusted->targets),
			vkjson_text(targets_expires));
		for (size_t i = 0; i < vkjson_count(lines); i++) {
			cli_say_foreign(cli, CLI_PLAIN, vkjson_text(vkjson_at(lines, i)));
			cli_say(cli, "\n");
		}
	}
	vkjson_free(result);
}

enum vk_rc cmd_root_show(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct ceremony_run run;
	enum vk_rc rc;

	ceremony_run_init(&run, cli, args);
	if (args_count(args) > 0) {
		rc = ceremony_run_open_file(&run, args_at(args, 0), err);
		if (rc == VK_OK)
			print_result(&run);
	} else {
		rc = ceremony_run_open(&run, NULL, err);
		if (rc == VK_OK)
			print_trusted(cli, &run.trusted);
	}
	ceremony_run_release(&run);
	return rc;
}

enum vk_rc cmd_root_publish(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct ceremony_run run;
	enum vk_rc rc;

	ceremony_run_init(&run, cli, args);
	rc = ceremony_run_open_file(&run, args_at(args, 0), err);
	if (rc == VK_OK)
		rc = ceremony_run_publish(&run, err);
	if (rc == VK_OK) {
		print_result(&run);
		cli_say_in(cli, CLI_GOOD, "published\n");
	}
	ceremony_run_release(&run);
	return rc;
}
