/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host itself wants to be asked about its Valkey: a program that
 * pull.yaml names, and the login of an application. Nothing that the server
 * sends can name either.
 */
#ifndef VK_PULL_HEALTH_PROGRAM_H
#define VK_PULL_HEALTH_PROGRAM_H

#include "client/pull/health_checks.h"
#include "client/pull/instance.h"

/* Runs what the host names, and adds a check for each. */
void health_ask_host(const struct instance *instance, struct health_verdict *verdict);

#endif
