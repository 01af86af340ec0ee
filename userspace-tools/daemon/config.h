/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration file: what an operator wants.
 *
 * [daemon] and [policy] hold keys, each at most once (qmp: any number of
 * times); [vm PATTERN] holds what is wanted for the VMs whose names fit.
 */
#ifndef KSMFSD_CONFIG_H
#define KSMFSD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "policy.h"

#define CONFIG_DEFAULT_FILE "/etc/ksmfs/ksmfsd.conf"

/**
 * struct config_vm - a section [vm PATTERN]
 * @pattern: as fnmatch(3) has it
 * @settings: for VMs whose name fits
 */
struct config_vm {
	char *pattern;
	struct vm_settings settings;
};

/**
 * struct config - all of it
 * @qmp: glob patterns of QMP sockets
 * @n_qmp: how many
 * @libvirt: URI of the libvirt that runs VMs, or NULL
 * @interval: milliseconds between rounds
 * @socket: path of the control socket
 * @state: path of the file that tells a successor what was changed
 * @csv: path of a file for the numbers of every round, or NULL
 * @metrics: address where metrics are served, or NULL
 * @policy: for the policy
 * @vms: in the order of the file
 * @n_vms: how many
 */
struct config {
	char **qmp;
	size_t n_qmp;
	char *libvirt;
	unsigned int interval;
	char *socket;
	char *state;
	char *csv;
	char *metrics;
	struct policy_config policy;
	struct config_vm *vms;
	size_t n_vms;
};

/**
 * config_load() - read a file
 * @path: the file; NULL: the default one, which need not be there
 *
 * Everything that is wrong is logged, each with its line.
 *
 * Return: the configuration, or NULL if anything is wrong.
 */
struct config *config_load(const char *path);

void config_free(struct config *config);

/* Writes it as a file that config_load() would read. */
void config_print(const struct config *config, FILE *out);

/**
 * config_settings() - what is wanted for a VM
 * @config: the configuration
 * @name: of the VM
 *
 * Return: the settings of the first section that fits, or the defaults.
 */
struct vm_settings config_settings(const struct config *config,
				   const char *name);

#endif /* KSMFSD_CONFIG_H */
