/* SPDX-License-Identifier: BSD-3-Clause */
/* A secret sealed in Python (PyNaCl) for the key of vector_seed. */
static const char vector_seed[] =
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char vector_seal[] =
	"6741a699edaa0ba601453972af19de92cf567d9120a6b790cca8d9fe1b00fd5ffde219975bde141f"
	"d17c37b7adffe01495d6d46b8ebb878f28f4f25cab4b9d65cfaa506b6f346fd58f7822a6fd3c7c0f";
static const char vector_value[] =
	"correct horse battery staple";
static const char vector_body[] =
	"{\"_type\":\"vkcfg-secret\",\"ciphertext\":\"33fc14c35a82da161ce83b613b7c200135d"
	"180caf6b40e8e2a7b6b6d0eaacc21f9304b9be9ad19b296edd929ae35dfad672fdae0e1531d81966"
	"3e06fde75d75484519a1889fd65a75ade4fb74d9aec9e\",\"commitment\":\"64ade58691b14b7"
	"2dbbfd8a79d4d5568f75da789a1d863b4db85cc064d31686d\",\"environment\":\"prod\",\"f"
	"leet\":\"demo\",\"format\":1,\"name\":\"app-password\",\"nonce\":\"6465666768696"
	"a6b6c6d6e6f707172737475767778797a7b\",\"version\":4}";
