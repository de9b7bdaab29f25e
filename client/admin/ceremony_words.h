/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a proposal changes, against the metadata that this person trusts: first
 * whether it may be signed at all, then in words. Words that leave something out
 * would be worse than none; so the proposal is made again from what the words
 * are made of, and refused if a byte differs.
 *
 * Pure: no clock, no storage, no network, no terminal.
 */
#ifndef ADMIN_CEREMONY_WORDS_H
#define ADMIN_CEREMONY_WORDS_H

#include <stdint.h>

#include "client/admin/ceremony.h"
#include "common/err.h"

struct trusted;
struct vkjson;

enum {
	CEREMONY_LIFETIME_DAYS = 365,
	CEREMONY_LIFETIME_MAX_DAYS = 366, /* that is signed */
};

/* VK_OK if every part follows the trusted version directly and holds nothing that cannot be said.
 * VK_ECONFLICT: it follows another version (stale, or this person's metadata is too old);
 * VK_EUNTRUSTED: something is wrong with it. */
VK_CHECKED enum vk_rc ceremony_check(const struct ceremony *ceremony,
	const struct trusted *trusted, int64_t now, struct vk_err *err);

/* [{"role","version","changes":["sentence",...]}], after ceremony_check(). */
struct vkjson *ceremony_describe(
	const struct ceremony *ceremony, const struct trusted *trusted);

/* [{"whose","threshold","signed":[..],"missing":[..],"complete"}] */
struct vkjson *ceremony_describe_signatures(
	const struct ceremony *ceremony, const struct trusted *trusted);

/* The sentences that say who may do what in a root and targets, for `root show`. */
struct vkjson *ceremony_describe_trusted(const struct trusted *trusted);

#endif
