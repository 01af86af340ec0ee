// SPDX-License-Identifier: GPL-2.0
/*
 * The matrix as a picture: the darker a square, the more two VMs share.  Who
 * points at one reads the numbers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "matrix.h"
#include "text.h"

#define SIDE		960	/* that the squares should not exceed, in pixels */
#define LARGEST		24	/* side of a square */
#define SMALLEST	2
#define READABLE	9	/* squares of which rows have names beside them */
#define LETTER		7	/* what a letter is wide */

/* XML has no control characters either. */
static void print_name(const char *name)
{
	char *text = text_for_terminal(name);

	for (const char *c = text; *c; c++) {
		switch (*c) {
		case '&':
			fputs("&amp;", stdout);
			break;
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		default:
			putchar(*c);
		}
	}
	free(text);
}

static size_t square_of(size_t count)
{
	size_t square = SIDE / count;

	if (square > LARGEST)
		return LARGEST;
	return square < SMALLEST ? SMALLEST : square;
}

static uint64_t largest_number(const struct matrix *matrix)
{
	uint64_t largest = 1;

	for (size_t i = 0; i < matrix->count * matrix->count; i++)
		if (matrix->frames[i] > largest)
			largest = matrix->frames[i];
	return largest;
}

static void print_square(const struct matrix *matrix, size_t a, size_t b,
			 size_t left, size_t square, double part)
{
	printf("<rect x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%zu\" "
	       "fill-opacity=\"%.3f\"><title>", left + b * square, a * square,
	       square, square, 0.05 + 0.95 * part);
	print_name(matrix->vms[a].name);
	if (a == b) {
		fputs(" with itself", stdout);
	} else {
		fputs(" and ", stdout);
		print_name(matrix->vms[b].name);
	}
	printf(": %s</title></rect>\n",
	       text_size(matrix_bytes(matrix, a, b)).text);
}

void matrix_print_svg(const struct matrix *matrix)
{
	size_t square = square_of(matrix->count ? matrix->count : 1);
	size_t side = matrix->count * square;
	size_t left = square < READABLE ? 0 :
		      (matrix_name_width(matrix) + 1) * LETTER;
	double largest = largest_number(matrix);

	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" "
	       "height=\"%zu\" font-family=\"monospace\" font-size=\"%d\">\n"
	       "<title>memory that VMs share</title>\n"
	       "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
	       left + side, side, LETTER * 5 / 3);
	if (left) {
		puts("<g>");
		for (size_t i = 0; i < matrix->count; i++) {
			printf("<text y=\"%zu\">", i * square + square * 3 / 4);
			print_name(matrix->vms[i].name);
			puts("</text>");
		}
		puts("</g>");
	}
	puts("<g fill=\"#08306b\">");
	for (size_t a = 0; a < matrix->count; a++)
		for (size_t b = 0; b < matrix->count; b++) {
			uint64_t n = matrix->frames[a * matrix->count + b];

			if (n)
				print_square(matrix, a, b, left, square,
					     n / largest);
		}
	puts("</g>\n</svg>");
}
