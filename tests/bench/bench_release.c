/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What it costs a host to believe a new release, network and disk aside: timestamp, snapshot and
 * the environment's role, beside those that it has kept; the release document; its bundle with the
 * inclusion proof; the audit log's checkpoint with the consistency proof. Two of three approvers
 * have signed; the release has 10,000 bundles. Beside it OpenSSL alone, verifying as many Ed25519
 * signatures. Medians of CPU time.
 *
 *   bench_release [ROUNDS]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "common/bundle.h"
#include "common/mem.h"
#include "common/merkle.h"
#include "common/note.h"
#include "common/num.h"
#include "common/release.h"
#include "tests/unit/tuf_simulator.h"

#include "common/banned.h"

enum {
	MAX_ROUNDS = 300,
	BUNDLES = 10000,
	CONF_LINES = 80,
	LOG_BEFORE = 70000,
	LOG_NOW = 70011,
	/* The stored root and targets, the new checkpoint: one each; timestamp and snapshot, the
	 * stored and the new: one each; the new role: two. */
	SIGNATURES = 1 + 1 + 1 + 2 + 2 + 2,
	SIGNED_BYTES = 1024,
};

/* Allocations are counted where the C library lets itself be asked. */
static uint64_t allocations, allocated;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	allocations++;
	allocated += size;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	allocated += count * size;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	allocated += size;
	return __libc_realloc(old, size);
}
#endif

/* What the server has, and what this host has seen before. */
struct fleet {
	struct tuf_sim *sim;
	struct vk_buf bundle;
	struct merkle_proof bundle_proof;
	uint8_t bundle_root[MERKLE_HASH_BYTES];
	struct vk_signkey *log_key;
	uint8_t log_public[VK_PUBLIC_KEY_BYTES];
	struct note_checkpoint before;
	struct vk_buf note;
	struct merkle_proof growth;
};

static void must(enum vk_rc rc, const struct vk_err *err)
{
	if (rc == VK_OK)
		return;
	fprintf(stderr, "bench_release: %s\n", err->msg);
	exit(EXIT_FAILURE);
}

static double cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void make_bundle(struct fleet *fleet)
{
	static const char acl[] = "user default off resetchannels -@all\n"
				  "user app on ~app:* resetchannels -@all +@read +@write\n";
	struct vk_err err = VK_ERR_INIT;
	struct vk_bundle_file files[2];
	struct vk_buf conf;

	vk_buf_init(&conf, VK_BUNDLE_MAX_BYTES);
	for (int i = 0; i < CONF_LINES; i++)
		vk_buf_addf(&conf, "some-directive-of-valkey-%d 1073741824\n", i);
	files[0] = (struct vk_bundle_file){"users.acl", acl, 0640};
	files[1] = (struct vk_bundle_file){"valkey.conf", conf.data, 0640};
	vk_buf_init(&fleet->bundle, VK_BUNDLE_MAX_BYTES);
	must(vk_bundle_format(&(struct vk_bundle){.environment = "prod",
				      .instance = "db1/main",
				      .kind = VK_KIND_VALKEY,
				      .valkey = "8.0",
				      .file_count = 2,
				      .files = files},
		     &fleet->bundle, &err),
		&err);
	vk_buf_release(&conf);
}

static void make_bundle_proof(struct fleet *fleet)
{
	uint8_t(*leaves)[MERKLE_HASH_BYTES] = xcalloc(BUNDLES, sizeof(*leaves));
	struct merkle_tree *tree;

	for (int i = 0; i < BUNDLES; i++)
		merkle_leaf_hash(&i, sizeof(i), leaves[i]);
	vk_bundle_leaf_hash(fleet->bundle.data, fleet->bundle.len, leaves[BUNDLES / 3]);
	tree = merkle_tree_new((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, BUNDLES);
	merkle_tree_root(tree, fleet->bundle_root);
	merkle_tree_inclusion(tree, BUNDLES / 3, &fleet->bundle_proof);
	merkle_tree_free(tree);
	free(leaves);
}

/* Any tree of hashes will do. */
static uint8_t (*log_levels[64])[MERKLE_HASH_BYTES];

static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	(void)ctx;
	(void)err;
	memcpy(out, log_levels[level][index], MERKLE_HASH_BYTES);
	return VK_OK;
}

static void make_log_levels(void)
{
	for (unsigned level = 0; LOG_NOW >> level > 0; level++) {
		log_levels[level] = xcalloc(LOG_NOW >> level, MERKLE_HASH_BYTES);
		for (size_t i = 0; i < (size_t)(LOG_NOW >> level); i++) {
			if (level == 0)
				merkle_leaf_hash(&i, sizeof(i), log_levels[0][i]);
			else
				merkle_node_hash(log_levels[level - 1][2 * i],
					log_levels[level - 1][2 * i + 1], log_levels[level][i]);
		}
	}
}

static void make_log(struct fleet *fleet)
{
	const struct merkle_nodes nodes = {.get = get_node};
	struct note_checkpoint now = {.size = LOG_NOW};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;

	make_log_levels();
	fleet->before.size = LOG_BEFORE;
	must(merkle_nodes_root(&nodes, LOG_BEFORE, fleet->before.root, &err), &err);
	must(merkle_nodes_root(&nodes, LOG_NOW, now.root, &err), &err);
	must(merkle_nodes_consistency(&nodes, LOG_BEFORE, LOG_NOW, &fleet->growth, &err), &err);
	fleet->log_key = vk_signkey_generate();
	vk_signkey_public(fleet->log_key, fleet->log_public);
	vk_buf_init(&text, NOTE_MAX_BYTES);
	vk_buf_init(&fleet->note, NOTE_MAX_BYTES);
	note_checkpoint_format("demo/log", &now, &text);
	note_sign(text.data, "demo/log", fleet->log_key, &fleet->note);
	vk_buf_release(&text);
	for (size_t i = 0; i < 64; i++)
		free(log_levels[i]);
}

static void make_fleet(struct fleet *fleet)
{
	fleet->sim = tuf_sim_new();
	tuf_sim_delegate(fleet->sim, "targets", "prod", "prod/*", true);
	tuf_sim_new_keys(fleet->sim, "prod", 3, 2, false);
	tuf_sim_limit_signers(fleet->sim, "prod", 2);
	tuf_sim_publish(fleet->sim, "targets");
	make_bundle(fleet);
	make_bundle_proof(fleet);
	make_log(fleet);
}

static void fleet_release(struct fleet *fleet)
{
	tuf_sim_free(fleet->sim);
	vk_signkey_free(fleet->log_key);
	vk_buf_release(&fleet->bundle);
	vk_buf_release(&fleet->note);
}

static void publish(struct fleet *fleet, int64_t number, char path[32])
{
	struct vk_release release = {.fleet = "demo",
		.environment = "prod",
		.number = number,
		.author = "carol",
		.message = "raise maxmemory",
		.change = "0123456789abcdef",
		.created = SIM_NOW,
		.renderer = "1",
		.bundle_count = BUNDLES};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf document;

	memcpy(release.bundle_root, fleet->bundle_root, sizeof(release.bundle_root));
	vk_buf_init(&document, VK_RELEASE_MAX_BYTES);
	must(vk_release_format(&release, &document, &err), &err);
	snprintf(path, 32, "prod/%lld.json", (long long)number);
	vkjson_set(tuf_sim_part(fleet->sim, "prod"), "targets", vkjson_object());
	tuf_sim_add_target(fleet->sim, "prod", path, document.data);
	tuf_sim_publish(fleet->sim, "prod");
	tuf_sim_publish_online(fleet->sim);
	vk_buf_release(&document);
}

static void verify_bundle(const struct fleet *fleet, const struct vk_buf *document)
{
	uint8_t leaf[MERKLE_HASH_BYTES];
	struct vk_release *release = NULL;
	struct vk_bundle *bundle = NULL;
	struct vk_err err = VK_ERR_INIT;

	must(vk_release_parse(document->data, document->len, &release, &err), &err);
	vk_bundle_leaf_hash(fleet->bundle.data, fleet->bundle.len, leaf);
	must(merkle_verify_inclusion(leaf, BUNDLES / 3, (uint64_t)release->bundle_count,
		     &fleet->bundle_proof, release->bundle_root, &err),
		&err);
	must(vk_bundle_parse(fleet->bundle.data, fleet->bundle.len, &bundle, &err), &err);
	vk_bundle_free(bundle);
	vk_release_free(release);
}

static void verify_log(const struct fleet *fleet)
{
	struct note_checkpoint now;
	struct vk_err err = VK_ERR_INIT;

	must(note_verify_checkpoint(
		     fleet->note.data, fleet->note.len, "demo/log", fleet->log_public, &now, &err),
		&err);
	must(merkle_verify_consistency(fleet->before.size, fleet->before.root, now.size, now.root,
		     &fleet->growth, &err),
		&err);
}

static void verify(const struct fleet *fleet, const char *path)
{
	struct tuf_client *client = tuf_sim_client(fleet->sim);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf document;

	vk_buf_init(&document, VK_RELEASE_MAX_BYTES);
	must(tuf_client_refresh(client, &err), &err);
	must(tuf_client_target(client, path, &document, &err), &err);
	verify_bundle(fleet, &document);
	verify_log(fleet);
	vk_buf_release(&document);
	tuf_client_free(client);
}

static void measure_verify(struct fleet *fleet, size_t rounds)
{
	static double us[MAX_ROUNDS];
	uint64_t count = 0, bytes = 0;
	char path[32];

	publish(fleet, 1, path);
	verify(fleet, path);
	for (size_t i = 0; i < rounds; i++) {
		double begun;

		publish(fleet, (int64_t)i + 2, path);
		count = allocations;
		bytes = allocated;
		begun = cpu_us();
		verify(fleet, path);
		us[i] = cpu_us() - begun;
		count = allocations - count;
		bytes = allocated - bytes;
	}
	printf("release_verify_cpu_us=%.0f\n", median(us, rounds));
	if (count > 0) {
		printf("release_verify_allocations=%llu\n", (unsigned long long)count);
		printf("release_verify_allocated_kb=%llu\n", (unsigned long long)bytes / 1024);
	}
}

/* The floor: as many signatures, checked by OpenSSL. */
static void measure_openssl(const struct fleet *fleet, size_t rounds)
{
	static double us[MAX_ROUNDS];
	unsigned char text[SIGNED_BYTES] = {1}, sig[VK_SIGNATURE_BYTES];
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
		EVP_PKEY_ED25519, NULL, fleet->log_public, sizeof(fleet->log_public));

	vk_signkey_sign(fleet->log_key, text, sizeof(text), sig);
	for (size_t i = 0; i < rounds; i++) {
		double begun = cpu_us();

		for (int k = 0; k < SIGNATURES; k++) {
			EVP_MD_CTX *ctx = EVP_MD_CTX_new();

			if (EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) != 1 ||
				EVP_DigestVerify(ctx, sig, sizeof(sig), text, sizeof(text)) != 1)
				abort();
			EVP_MD_CTX_free(ctx);
		}
		us[i] = cpu_us() - begun;
	}
	printf("openssl_signatures=%d\n", SIGNATURES);
	printf("openssl_signatures_cpu_us=%.0f\n", median(us, rounds));
	EVP_PKEY_free(pkey);
}

int main(int argc, char **argv)
{
	static struct fleet fleet;
	uint64_t rounds = 101;

	if (argc > 2 || (argc == 2 && !vk_parse_uint(argv[1], 1, MAX_ROUNDS, &rounds))) {
		fprintf(stderr, "usage: bench_release [ROUNDS]\n");
		return 2;
	}
	make_fleet(&fleet);
	measure_verify(&fleet, (size_t)rounds);
	measure_openssl(&fleet, (size_t)rounds);
	fleet_release(&fleet);
	return EXIT_SUCCESS;
}
