/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a program under the seccomp filter that a systemd unit asks for, where no
 * systemd is there to do it:
 *
 *	jail 'FAMILY...' NUMBER... -- PROGRAM ARGUMENT...
 *
 * Allowed are system calls of these numbers, sockets of these families
 * (RestrictAddressFamilies=), and memory that is not writable and executable at
 * once (MemoryDenyWriteExecute=); all else fails with EPERM.
 */
#include "config.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#define NATIVE 0
#endif

enum { MAX_INSTRUCTIONS = 4096, SKIPPED = 77 };

static struct sock_filter program[MAX_INSTRUCTIONS];
static unsigned short count;

static void fail(const char *what)
{
	fprintf(stderr, "jail: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void add(unsigned short code, unsigned k, unsigned char if_true, unsigned char if_false)
{
	if (count == MAX_INSTRUCTIONS)
		fail("too many system calls");
	program[count++] = (struct sock_filter){code, if_true, if_false, k};
}

static void load(size_t offset)
{
	add(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

/* The low half of an argument; flags and families fit into it. */
static void load_argument(size_t i)
{
	load(offsetof(struct seccomp_data, args) + i * sizeof(__u64));
}

static void allow(void)
{
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

static void deny(void)
{
	add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

/* Denies a call whose argument i has all of these bits. */
static void deny_bits(unsigned number, size_t i, unsigned bits)
{
	add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 5);
	load_argument(i);
	add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
	add(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
	deny();
	load(offsetof(struct seccomp_data, nr));
}

/* Denies sockets of other families than those in text. */
static void check_families(char *text)
{
	unsigned short start = count;

	add(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 0); /* mended below */
	load_argument(0);
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
		add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(word), 0, 1);
		allow();
	}
	deny();
	program[start].jf = (unsigned char)(count - start - 1);
}

static void enter(void)
{
	const struct sock_fprog filter = {.len = count, .filter = program};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fail("PR_SET_NO_NEW_PRIVS");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0)
		fail("PR_SET_SECCOMP");
}

int main(int argc, char **argv)
{
	int i = 2;

	if (NATIVE == 0)
		return SKIPPED;
	if (argc < 4)
		return EXIT_FAILURE;
	load(offsetof(struct seccomp_data, arch));
	add(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
	deny();
	load(offsetof(struct seccomp_data, nr));
	check_families(argv[1]);
	deny_bits(SYS_mmap, 2, PROT_WRITE | PROT_EXEC);
	deny_bits(SYS_mprotect, 2, PROT_EXEC);
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(argv[i]), 0, 1);
		allow();
	}
	deny();
	if (i + 1 >= argc)
		return EXIT_FAILURE;
	enter();
	execv(argv[i + 1], argv + i + 1);
	fail(argv[i + 1]);
}
