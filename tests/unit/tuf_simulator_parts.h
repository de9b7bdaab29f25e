/* SPDX-License-Identifier: BSD-3-Clause */
/* Between tuf_simulator.c (the repository) and tuf_simulator_client.c (what it serves, and the
 * store of the client) only. */
#ifndef VK_TUF_SIMULATOR_PARTS_H
#define VK_TUF_SIMULATOR_PARTS_H

#include "tests/unit/tuf_simulator.h"

enum {
	TUF_SIM_SIGNERS = 16,
	TUF_SIM_ROLES = 64,
	TUF_SIM_FILES = 1024,
	TUF_SIM_FILE_MAX_BYTES = 4000000,
};

struct tuf_sim_signer {
	struct vk_signkey *key;
	char keyid[VK_SHA256_HEX_BYTES];
};

struct tuf_sim_role {
	char *name;
	struct vkjson *part;
	struct tuf_sim_role *delegator; /* NULL: root */
	struct tuf_sim_signer signers[TUF_SIM_SIGNERS];
	size_t signer_count;
};

struct tuf_sim_file {
	char *name;
	struct vk_buf data;
};

struct tuf_sim_files {
	struct tuf_sim_file list[TUF_SIM_FILES];
	size_t count;
};

struct tuf_sim {
	struct tuf_sim_role *roles[TUF_SIM_ROLES];
	size_t role_count;
	struct tuf_sim_files served;
	struct tuf_sim_files stored;
	bool lists_hashes;
	int64_t now;
	const char *failing_name;
	enum vk_rc failing_rc;
	unsigned saves_left;
	struct vk_buf requests;
	struct vk_buf reported;
	struct tuf_store store;
	struct tuf_fetch fetch;
};

struct tuf_sim_file *tuf_sim_files_find(struct tuf_sim_files *files, const char *name);
void tuf_sim_files_put(struct tuf_sim_files *files, const char *name, const void *data, size_t len);
void tuf_sim_files_remove(struct tuf_sim_files *files, const char *name);
void tuf_sim_files_release(struct tuf_sim_files *files);

/* Makes the callbacks of the client's store and of its requests. */
void tuf_sim_connect(struct tuf_sim *sim);

#endif
