// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints exist, and fire when and only when what they name happens.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRACING	"/sys/kernel/tracing"
#define PAGES	16

static const char *const events[] = {
	"ksmfs_merge", "ksmfs_break", "ksmfs_punch", "ksmfs_pass",
};

enum { MERGE, BREAK, PUNCH, PASS, EVENTS };

static void write_file(const char *path, const char *text)
{
	int fd = SYS(open(path, O_WRONLY | O_TRUNC | O_CLOEXEC));

	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	SYS(close(fd));
}

static void switch_events(const char *on)
{
	for (int e = 0; e < EVENTS; e++) {
		char path[128];

		snprintf(path, sizeof(path), TRACING "/events/ksmfs/%s/enable",
			 events[e]);
		write_file(path, on);
	}
}

/* How often each has fired since the last call. */
static void count_events(long counts[EVENTS])
{
	FILE *trace = fopen(TRACING "/trace", "re");
	char line[1024];

	CHECK(trace);
	memset(counts, 0, EVENTS * sizeof(*counts));
	while (fgets(line, sizeof(line), trace)) {
		for (int e = 0; e < EVENTS; e++) {
			char name[32];

			snprintf(name, sizeof(name), " %s: ", events[e]);
			counts[e] += line[0] != '#' && strstr(line, name);
		}
	}
	fclose(trace);
	write_file(TRACING "/trace", "");
}

static void check_counts(long merges, long breaks, long punches, bool passes)
{
	long counts[EVENTS];

	count_events(counts);
	say("%ld merges, %ld breaks, %ld punches, %ld passes", counts[MERGE],
	    counts[BREAK], counts[PUNCH], counts[PASS]);
	CHECK_EQ(counts[MERGE], merges);
	CHECK_EQ(counts[BREAK], breaks);
	CHECK_EQ(counts[PUNCH], punches);
	CHECK_EQ(counts[PASS] > 0, passes);
}

static void provoke(struct region *r)
{
	for (size_t i = 0; i < PAGES; i++)
		pattern(1, slot(r, i));
	settle();
}

int main(void)
{
	struct region r;
	struct stats before, after;

	if (access(TRACING "/events", F_OK))
		FAIL(TRACING " is not mounted");
	knob_set(KNOB_run, 0);
	mount_ksmfs(MNT, "size=16m");
	r = region_create(MNT "/file", PAGES);
	write_file(TRACING "/trace", "");

	provoke(&r);
	check_counts(0, 0, 0, false);

	SYS(fallocate(r.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      PAGES * PAGE));
	switch_events("1");
	before = stats_read();
	provoke(&r);
	after = stats_read();
	CHECK_EQ(after.pages_sharing, PAGES - 1);
	check_counts(after.merges - before.merges, 0, 0, true);

	for (size_t i = 0; i < 3; i++)
		slot(&r, i)[0]++;
	check_counts(0, 3, 0, false);

	/* One for each call, or one for each slot: but there is one. */
	SYS(fallocate(r.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      PAGE));
	check_counts(0, 0, 1, false);

	switch_events("0");
	slot(&r, 8)[0]++;
	settle();
	check_counts(0, 0, 0, false);
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
