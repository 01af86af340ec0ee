/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who shares how much with whom, found and printed.
 */
#ifndef _KSMFS_MATRIX_H
#define _KSMFS_MATRIX_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct matrix_vm - a VM
 * @name: as ksmfsd calls it, or "PROCESS PID"; of a region that no process maps
 *        its path; any bytes
 * @pid: the process, or 0
 * @place: for whoever looks for VMs
 */
struct matrix_vm {
	char *name;
	int pid;
	uint32_t place;
};

/**
 * struct matrix - what VMs share
 * @vms: by name
 * @count: how many
 * @one_of: one of so many frames has been looked at; 1: all
 * @frames: @count rows of @count numbers, as sharing_matrix() has them
 */
struct matrix {
	struct matrix_vm *vms;
	size_t count;
	uint64_t one_of;
	uint64_t *frames;
};

/* Finds all that; ends the program if it cannot.  To be freed as below. */
void matrix_load(struct matrix *matrix);
void matrix_free(struct matrix *matrix);

/* Characters of the longest name when it is printed. */
size_t matrix_name_width(const struct matrix *matrix);

/* Bytes that two VMs share, or with a == b what one VM shares with itself. */
uint64_t matrix_bytes(const struct matrix *matrix, size_t a, size_t b);

/* Prints a heat map as an SVG image. */
void matrix_print_svg(const struct matrix *matrix);

#endif /* _KSMFS_MATRIX_H */
