// SPDX-License-Identifier: GPL-2.0
/*
 * The advisor chooses pages_to_scan from what it knows for certain.
 *
 * All pages are held and so need a visit in every pass: their number divided
 * by the batches of the target time is what has to come out, and what is really
 * visited has to follow it.  When memory becomes short, pressure goes to all
 * pages a second; and back when there is plenty.
 *
 * vm: cpus=2 mem=1G timeout=240 clock=instructions
 */
#include "../lib/scenario.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES		4000
#define INTERVAL	40	/* milliseconds: sleep_millisecs */
#define TARGET		16	/* seconds: four times what a visit may take, for each */
#define SECONDS		10

/* Pages of a batch, to have visited all in so many seconds. */
static long long pages_within(int target)
{
	return PAGES * INTERVAL / (target * 1000);
}

/* It comes within a second, but the machine may be slow. */
static void wait_for_advice(long long low, long long high)
{
	double end = seconds() + 60;
	long long pages;

	do {
		usleep(50 * 1000);
		pages = knob_get(KNOB_pages_to_scan);
		if (seconds() > end)
			FAIL("expected advice of %lld to %lld pages, got %lld",
			     low, high, pages);
	} while (pages < low || pages > high);
}

static void expect_advice(long long pages)
{
	wait_for_advice(pages, pages);
	say("advice: %lld pages", pages);
}

static void check_speed(int target)
{
	long long before = stats_read().pages_scanned;
	double start = seconds(), speed;

	sleep(SECONDS);
	speed = (stats_read().pages_scanned - before) / (seconds() - start);
	say("%.0f visits a second, %d pages in %d seconds", speed, PAGES,
	    target);
	CHECK(speed < 1.3 * PAGES / target);
	CHECK(speed > 0.5 * PAGES / target);
}

static long long meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "re");
	long long kib = -1;
	char line[128];

	CHECK(file);
	while (kib < 0 && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %lld", &kib);
	}
	fclose(file);
	CHECK(kib >= 0);
	return kib;
}

/* Take memory until only this much is available. */
static long long leave_percent(int percent, void **memory)
{
	long long bytes = (meminfo("MemAvailable") -
			   meminfo("MemTotal") * percent / 100) * KIB;

	CHECK(bytes > 0);
	*memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	CHECK(*memory != MAP_FAILED);
	say("%lld%% of memory is available",
	    meminfo("MemAvailable") * 100 / meminfo("MemTotal"));
	return bytes;
}

static void check_pressure(void)
{
	long long bytes[2];
	void *memory[2];

	choice_set(CHOICE_advisor_mode, ADVISOR_pressure);
	expect_advice(pages_within(TARGET));
	bytes[0] = leave_percent(15, &memory[0]);
	wait_for_advice(pages_within(1) / 4, pages_within(1) * 3 / 4);
	bytes[1] = leave_percent(7, &memory[1]);
	expect_advice(pages_within(1));
	for (int i = 0; i < 2; i++)
		SYS(munmap(memory[i], bytes[i]));
	expect_advice(pages_within(TARGET));
}

int main(void)
{
	struct region r;
	int pin;

	knob_set(KNOB_run, 0);
	knob_set(KNOB_sleep_millisecs, INTERVAL);
	mount_ksmfs(MNT, "size=64m");
	r = region_create(MNT "/file", PAGES);
	for (size_t i = 0; i < PAGES; i++)
		pattern(i + 1, slot(&r, i));
	pin = region_pin(&r);

	choice_set(CHOICE_advisor_mode, ADVISOR_scan_time);
	knob_set(KNOB_advisor_target_scan_time, TARGET);
	knob_set(KNOB_run, 1);
	expect_advice(pages_within(TARGET));
	check_speed(TARGET);
	knob_set(KNOB_advisor_target_scan_time, 2 * TARGET);
	expect_advice(pages_within(2 * TARGET));
	knob_set(KNOB_advisor_target_scan_time, TARGET);
	check_pressure();

	/* Nothing to do: no more than one page. */
	close(pin);
	choice_set(CHOICE_advisor_mode, ADVISOR_scan_time);
	settle();
	expect_advice(1);
	choice_set(CHOICE_advisor_mode, ADVISOR_none);
	expect_advice(1024);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), i + 1);
	check_balance();
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
