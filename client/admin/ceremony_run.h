/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the commands of a ceremony share: the trusted metadata that it starts
 * from, this person's keys, the file that travels, and the upload at the end.
 *
 *   ceremony_run_open() -> (ceremony_add(), or ceremony_run_read())
 *                       -> ceremony_run_finish(), or sign and publish by themselves
 *                       -> ceremony_run_release()
 */
#ifndef ADMIN_CEREMONY_RUN_H
#define ADMIN_CEREMONY_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/admin/args.h"
#include "client/admin/ceremony.h"
#include "client/admin/cli.h"
#include "client/admin/signers.h"
#include "client/admin/trusted.h"
#include "common/err.h"

struct session;

struct ceremony_run {
	struct cli *cli;
	const struct args *args;
	struct session *session; /* NULL: not enrolled here */
	struct trusted trusted;
	struct ceremony ceremony;
	bool is_published;
};

/* Embedded: even after a failure it must be released. */
void ceremony_run_init(struct ceremony_run *run, struct cli *cli, const struct args *args);
void ceremony_run_release(struct ceremony_run *run);

/* Loads what is trusted; environment: whose role is needed too, or NULL. */
VK_CHECKED enum vk_rc ceremony_run_open(
	struct ceremony_run *run, const char *environment, struct vk_err *err);

/* The same for the proposal in a file, which is checked. */
VK_CHECKED enum vk_rc ceremony_run_open_file(
	struct ceremony_run *run, const char *path, struct vk_err *err);

/* When the parts of a new proposal expire: --days, else a year from now. */
VK_CHECKED enum vk_rc ceremony_run_expiry(
	const struct ceremony_run *run, int64_t *out, struct vk_err *err);

/* Adds the environment's role: the same releases, the next version. VK_ENOTFOUND if nothing was
 * released yet. */
VK_CHECKED enum vk_rc ceremony_run_add_role(struct ceremony_run *run, const char *environment,
	int64_t expires, struct vk_err *err);

/* The keys of --key, else all of this person's that count. VK_EDENIED if none does. */
VK_CHECKED enum vk_rc ceremony_run_choose(
	const struct ceremony_run *run, struct signers *signers, struct vk_err *err);

/* Adds the signatures of keys that are unlocked. */
VK_CHECKED enum vk_rc ceremony_run_sign(
	struct ceremony_run *run, const struct signers *signers, struct vk_err *err);

/* Signs a new proposal with this person's keys; then writes it to --out, or publishes it. VK_EDENIED
 * where the keys here are not enough and there is no --out. */
VK_CHECKED enum vk_rc ceremony_run_finish(struct ceremony_run *run, struct vk_err *err);

/* Uploads it if all thresholds are reached; says who is missing otherwise (VK_EDENIED). */
VK_CHECKED enum vk_rc ceremony_run_publish(struct ceremony_run *run, struct vk_err *err);

/* Shows the changes and whose signatures there are; or only the latter. */
void ceremony_run_print(const struct ceremony_run *run);
void ceremony_run_print_signatures(const struct ceremony_run *run);

/* The same as JSON. */
struct vkjson *ceremony_run_json(const struct ceremony_run *run);

#endif
