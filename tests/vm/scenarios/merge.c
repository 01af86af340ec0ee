// SPDX-License-Identifier: GPL-2.0
/*
 * Equal pages end up on one frame, zero pages on none, all others stay alone.
 *
 *	slot      0..15       16..31      32..47     48..63
 *	file a    X X X ...   1 2 3 ...   0 0 0 ...  holes
 *	file b    X X X ...   4 5 6 ...   0 0 0 ...  X but for its last byte
 *	          one frame   32 frames   none       16 frames
 *
 * The counters, the frames that the process maps, st_blocks and the ioctl must
 * all tell this same story.  Reading changes nothing; writing one slot gives
 * that slot its own frame again and leaves every other sharer alone.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP	16
#define PAGES	(4 * GROUP)
#define EQUAL	1000		/* the seed of X */

static struct region a, b;
static uint8_t nearly[GROUP][PAGE];	/* X but for the last byte */

static void fill(void)
{
	for (size_t i = 0; i < GROUP; i++) {
		pattern(EQUAL, slot(&a, i));
		pattern(EQUAL, slot(&b, i));
		pattern(1 + i, slot(&a, GROUP + i));
		pattern(1 + GROUP + i, slot(&b, GROUP + i));
		pattern(0, slot(&a, 2 * GROUP + i));
		pattern(0, slot(&b, 2 * GROUP + i));
		pattern(EQUAL, nearly[i]);
		nearly[i][PAGE - 1] += 1 + i;
		memcpy(slot(&b, 3 * GROUP + i), nearly[i], PAGE);
	}
}

static void check_content(void)
{
	for (size_t i = 0; i < GROUP; i++) {
		CHECK_PAGE(slot(&a, i), EQUAL);
		CHECK_PAGE(slot(&b, i), EQUAL);
		CHECK_PAGE(slot(&a, GROUP + i), 1 + i);
		CHECK_PAGE(slot(&b, GROUP + i), 1 + GROUP + i);
		CHECK_PAGE(slot(&a, 2 * GROUP + i), 0);
		CHECK_PAGE(slot(&b, 2 * GROUP + i), 0);
		CHECK_PAGE(slot(&a, 3 * GROUP + i), 0);
		CHECK(!memcmp(slot(&b, 3 * GROUP + i), nearly[i], PAGE));
	}
}

/* st_blocks counts 512 bytes and may round a part of a frame its own way. */
static void check_blocks(int fd, uint64_t frames)
{
	struct stat st;

	SYS(fstat(fd, &st));
	CHECK((uint64_t)st.st_blocks >= frames * (PAGE / 512));
	CHECK((uint64_t)st.st_blocks < (frames + 1) * (PAGE / 512));
}

static void check_counters_merged(void)
{
	struct stats stats = stats_read();
	struct ksmfs_region_info in_a = region_info(a.fd);
	struct ksmfs_region_info in_b = region_info(b.fd);

	CHECK_EQ(stats.pages_shared, 1);
	CHECK_EQ(stats.pages_sharing, 2 * GROUP - 1);
	CHECK_EQ(stats.pages_unshared, 3 * GROUP);
	CHECK_EQ(stats.pages_volatile, 0);
	CHECK_EQ(stats.ksm_zero_pages, 2 * GROUP);
	CHECK_EQ(stats.frames, 1 + 3 * GROUP);

	CHECK_EQ(in_a.pages, PAGES);
	CHECK_EQ(in_a.shared, GROUP);
	CHECK_EQ(in_a.priv, GROUP);
	CHECK_EQ(in_a.zero, GROUP);
	CHECK_EQ(in_a.holes, GROUP);
	CHECK_EQ(in_a.frames, GROUP);	/* and half of the shared one */
	check_blocks(a.fd, in_a.frames);

	CHECK_EQ(in_b.pages, PAGES);
	CHECK_EQ(in_b.shared, GROUP);
	CHECK_EQ(in_b.priv, 2 * GROUP);
	CHECK_EQ(in_b.zero, GROUP);
	CHECK_EQ(in_b.holes, 0);
	CHECK_EQ(in_b.frames, 2 * GROUP);
	check_blocks(b.fd, in_b.frames);
}

static void check_frames_merged(void)
{
	uint64_t one = frame_at(slot(&a, 0));

	CHECK(one);
	for (size_t i = 0; i < GROUP; i++) {
		CHECK_EQ(frame_at(slot(&a, i)), one);
		CHECK_EQ(frame_at(slot(&b, i)), one);
		CHECK(frame_at(slot(&a, GROUP + i)) != one);
		CHECK(frame_at(slot(&b, GROUP + i)) != one);
		CHECK(frame_at(slot(&b, 3 * GROUP + i)) != one);
	}
}

static void merge_all(void)
{
	struct stats before, after;

	knob_set(KNOB_run, 0);
	fill();
	CHECK_EQ(stats_read().frames, 7 * GROUP);
	CHECK_EQ(stats_read().pages_shared, 0);
	check_content();

	before = stats_read();
	settle();
	after = stats_read();
	CHECK_EQ(after.merges - before.merges, 2 * GROUP);
	CHECK_EQ(after.zero_merges - before.zero_merges, 2 * GROUP);
	check_counters_merged();
	check_balance();

	before = stats_read();
	check_content();
	check_frames_merged();
	after = stats_read();
	CHECK_EQ(after.breaks, before.breaks);
	CHECK_EQ(after.zero_breaks, before.zero_breaks);
	check_counters_merged();
}

/* One store into slot 3 of a: only that slot gets another frame. */
static void break_by_store(void)
{
	uint64_t one = frame_at(slot(&b, 0));
	struct stats before = stats_read(), after;

	slot(&a, 3)[100] ^= 0xff;
	after = stats_read();
	CHECK_EQ(after.breaks - before.breaks, 1);
	CHECK_EQ(after.pages_sharing, before.pages_sharing - 1);
	CHECK_EQ(after.frames, before.frames + 1);
	CHECK_EQ(region_info(a.fd).breaks, 1);
	CHECK_EQ(region_info(b.fd).breaks, 0);
	CHECK(frame_at(slot(&a, 3)) != one);

	slot(&a, 3)[100] ^= 0xff;
	check_content();
	CHECK_EQ(frame_at(slot(&a, 2)), one);
	CHECK_EQ(frame_at(slot(&b, 3)), one);
	CHECK_EQ(stats_read().breaks - before.breaks, 1);

	settle();
	check_counters_merged();
	check_content();
	check_frames_merged();
}

/* The same through pwrite(2), into a shared and into a zero slot. */
static void break_by_write(void)
{
	struct stats before = stats_read(), after;
	uint64_t word = pattern_word(EQUAL, 0);

	word++;
	CHECK_EQ(pwrite(b.fd, &word, sizeof(word), 4 * PAGE), sizeof(word));
	CHECK_EQ(pwrite(b.fd, &word, sizeof(word), 2 * GROUP * PAGE),
		 sizeof(word));
	after = stats_read();
	CHECK_EQ(after.breaks - before.breaks, 1);
	CHECK_EQ(after.zero_breaks - before.zero_breaks, 1);
	CHECK_EQ(after.frames, before.frames + 2);
	CHECK_EQ(*(uint64_t *)slot(&b, 4), word);
	CHECK_EQ(*(uint64_t *)slot(&b, 2 * GROUP), word);
	CHECK_EQ(frame_at(slot(&b, 5)), frame_at(slot(&a, 4)));

	word = pattern_word(EQUAL, 0);
	CHECK_EQ(pwrite(b.fd, &word, sizeof(word), 4 * PAGE), sizeof(word));
	memset(slot(&b, 2 * GROUP), 0, sizeof(word));
	check_content();
	settle();
	check_counters_merged();
	check_content();
}

/* The frame outlives one of its files, and goes with the last of them. */
static void drop(void)
{
	struct stats stats;

	region_close(&b);
	SYS(unlink(MNT "/b"));
	stats = stats_read();
	CHECK_EQ(stats.pages_shared, 1);
	CHECK_EQ(stats.pages_sharing, GROUP - 1);
	CHECK_EQ(stats.frames, 1 + GROUP);
	CHECK_EQ(region_info(a.fd).frames, GROUP + 1);
	for (size_t i = 0; i < GROUP; i++)
		CHECK_PAGE(slot(&a, i), EQUAL);
	check_balance();

	region_close(&a);
	SYS(unlink(MNT "/a"));
	check_empty();
}

int main(void)
{
	knob_set(KNOB_sample_pages, 0);	/* it unmaps what is to be looked at */
	mount_ksmfs(MNT, "size=64m");
	a = region_create(MNT "/a", PAGES);
	b = region_create(MNT "/b", PAGES);
	merge_all();
	break_by_store();
	break_by_write();
	drop();
	umount_ksmfs(MNT);
	return 0;
}
