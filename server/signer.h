/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The signer: a child process that alone holds the online private keys
 * (snapshot, timestamp, log; the issuing CA). vkcfgd starts it after reading its
 * settings and before it opens a socket; the process that talks to the network
 * never maps a signing key. The two speak over a socket pair, in typed, bounded
 * messages, one answer per request.
 *
 * The child checks what it signs, so that a vkcfgd that has been taken over
 * cannot make it sign anything: it parses a snapshot itself and refuses a version
 * that is not newer than the last; it builds timestamps, checkpoints and
 * certificates itself; its log only grows, proven from each checkpoint to the
 * next; its certificates never live longer than their kind allows. What it
 * remembers lasts as long as it lives.
 *
 * The functions may be called by any thread; requests are answered one by one.
 * When the child is gone they fail with VK_EIO, and signer_fd() becomes readable:
 * vkcfgd then ends, for without a signer it cannot record anything.
 */
#ifndef VK_SERVER_SIGNER_H
#define VK_SERVER_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/ca_set.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/merkle.h"
#include "common/signkey.h"
#include "common/x509.h"

enum {
	SIGNER_SNAPSHOT_MAX_BYTES = 131072, /* some 700 environments */
	SIGNER_TIMESTAMP_MAX_SECONDS = 30 * 86400,
	SIGNER_SNAPSHOT_MAX_SECONDS = 366 * 86400,
	SIGNER_HOST_MAX_SECONDS = 30 * 86400,
	SIGNER_USER_MAX_SECONDS = 366 * 86400,
	SIGNER_SERVER_MAX_SECONDS = 2 * 366 * 86400,
	SIGNER_CLOCK_SKEW_SECONDS = 3600, /* not_before may lie this far in the past */
	SIGNER_MAX_NAMES = 16,		  /* DNS names and addresses of a certificate */
	SIGNER_MAX_CAS = 2,		  /* while a CA is replaced */
};

struct signer;

struct signer_options {
	const char
		*state; /* directory: online/{snapshot,timestamp,log}.key, online/ca.key, ca.crt,
			 * and those of the next CA */
	const char *fleet;
	unsigned log_number; /* which log of the fleet; 0 and 1: the first */
	/* Where vkcfgd was started as root and has not dropped its privileges yet: the child drops
	 * to these before it reads a key. */
	bool is_dropping;
	uid_t uid;
	gid_t gid;
};

/* Forks the child and waits until it has read its keys: its errors (a key missing, readable by
 * others, not the CA's) are returned here. Must be called while the process has one thread. */
VK_CHECKED enum vk_rc signer_start(
	const struct signer_options *options, struct signer **out, struct vk_err *err);

/* Ends the child and waits for it. NULL does nothing. */
void signer_stop(struct signer *signer);

/* Becomes readable (end of file) when the child has died, and never before; for an event loop. */
int signer_fd(const struct signer *signer);
pid_t signer_pid(const struct signer *signer);

struct signer_public_keys {
	uint8_t snapshot[VK_PUBLIC_KEY_BYTES];
	uint8_t timestamp[VK_PUBLIC_KEY_BYTES];
	uint8_t log[VK_PUBLIC_KEY_BYTES];
	struct ca_list ca; /* those that it can issue certificates of */
};

/* Learned when the child started: does not ask it. */
void signer_get_public_keys(const struct signer *signer, struct signer_public_keys *out);

/* "FLEET/log" (or a later one): the origin of checkpoints and the name of the log's key. */
const char *signer_log_name(const struct signer *signer);

/* The smallest versions that the child will sign, given the newest ones in the database. They skip
 * one whose transaction failed after the child had signed it. */
int64_t signer_next_snapshot_version(struct signer *signer, int64_t stored);
int64_t signer_next_timestamp_version(struct signer *signer, int64_t stored);

/* Signs the canonical `signed` part of a snapshot, which says this version. VK_EUNTRUSTED if the
 * child refuses: not canonical, another type, not newer than the last, expired or expiring too
 * late. */
VK_CHECKED enum vk_rc signer_sign_snapshot(struct signer *signer, int64_t version,
	const char *signed_part, size_t len, uint8_t sig[VK_SIGNATURE_BYTES], struct vk_err *err);

/* What a timestamp says. */
struct signer_timestamp {
	int64_t version;
	int64_t expires;
	int64_t snapshot_version;
	int64_t snapshot_length; /* bytes of the file */
	uint8_t snapshot_sha256[VK_SHA256_BYTES];
};

/* Has the child make and sign a timestamp; appends its canonical `signed` part. VK_EUNTRUSTED if it
 * refuses: version not newer than the last, snapshot older, expiry too far. */
VK_CHECKED enum vk_rc signer_make_timestamp(struct signer *signer,
	const struct signer_timestamp *timestamp, struct vk_buf *signed_part,
	uint8_t sig[VK_SIGNATURE_BYTES], struct vk_err *err);

/* Size of the log at the last checkpoint that the child has signed; 0 if it has signed none. */
uint64_t signer_log_size(struct signer *signer);

/* Has the child make and sign a checkpoint of the log; appends the note. proof: that the log at
 * signer_log_size() is the beginning of this one (empty where that is 0). VK_EUNTRUSTED if the log
 * would shrink or the proof does not hold. */
VK_CHECKED enum vk_rc signer_make_checkpoint(struct signer *signer, uint64_t size,
	const uint8_t root[VK_SHA256_BYTES], const struct merkle_proof *proof, struct vk_buf *note,
	struct vk_err *err);

/* A certificate to be issued. not_before may be a little in the past, not_after - now at most
 * SIGNER_<KIND>_MAX_SECONDS. */
struct signer_certificate {
	const void *spki; /* DER SubjectPublicKeyInfo, P-256 */
	size_t spki_len;
	const uint8_t *issuer; /* digest of the CA that issues it; NULL: the first one */
	enum x509_kind kind;
	const char *name;
	const char *const *names; /* kind server: DNS names, addresses; NULL-terminated or NULL */
	int64_t not_before;
	int64_t not_after;
};

/* Has the child issue a certificate; appends its PEM. VK_EINPUT if the key or a name is not
 * acceptable, VK_EUNTRUSTED if the child refuses kind or validity. */
VK_CHECKED enum vk_rc signer_issue_certificate(struct signer *signer,
	const struct signer_certificate *certificate, struct vk_buf *pem, struct vk_err *err);

#endif
