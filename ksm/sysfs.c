// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/mm/ksmfs: one file for each line of KSMFS_KNOBS, KSMFS_CHOICES
 * and KSMFS_STATS.
 *
 * Statistics are root's to read, unlike KSM's: they move with each page that is
 * merged or broken, so they would tell anybody what others have in memory.
 */
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include "ksm/ksmfs.h"
#include <ksmfs/stats.h>

/**
 * struct knob - a file that can be written
 * @attr: the file
 * @lowest: value allowed
 * @highest: value allowed
 * @get: the value
 * @set: to a value in range
 */
struct knob {
	struct kobj_attribute attr;
	unsigned int lowest;
	unsigned int highest;
	unsigned int (*get)(void);
	int (*set)(unsigned int value);
};

static ssize_t knob_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	struct knob *knob = container_of(attr, struct knob, attr);

	return sysfs_emit(buf, "%u\n", knob->get());
}

static ssize_t knob_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t count)
{
	struct knob *knob = container_of(attr, struct knob, attr);
	unsigned int value;
	int err;

	/* kstrtouint() ends at a NUL, which may not be where the writer did. */
	if (strlen(buf) != count || kstrtouint(buf, 10, &value) ||
	    *buf == '+' || value < knob->lowest || value > knob->highest)
		return -EINVAL;
	err = knob->set(value);
	return err ?: count;
}

#define X(name_, lowest_, highest_, initial, help)                            \
static struct knob name_##_knob = {                                           \
	.attr = __ATTR(name_, 0644, knob_show, knob_store),                   \
	.lowest = lowest_,                                                    \
	.highest = highest_,                                                  \
	.get = ksmfs_knob_get_##name_,                                        \
	.set = ksmfs_knob_set_##name_,                                        \
};
KSMFS_KNOBS(X)
#undef X

/**
 * struct choice - a file that one of some words is written to
 * @attr: the file
 * @words: all there are
 * @count: how many
 * @get: number of the word chosen
 * @set: choose one
 */
struct choice {
	struct kobj_attribute attr;
	const char *const *words;
	unsigned int count;
	unsigned int (*get)(void);
	int (*set)(unsigned int value);
};

static ssize_t choice_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	struct choice *choice = container_of(attr, struct choice, attr);
	unsigned int chosen = choice->get();
	unsigned int i;
	int length = 0;

	for (i = 0; i < choice->count; i++)
		length += sysfs_emit_at(buf, length,
					i == chosen ? "%s[%s]" : "%s%s",
					i ? " " : "", choice->words[i]);
	length += sysfs_emit_at(buf, length, "\n");
	return length;
}

static ssize_t choice_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	struct choice *choice = container_of(attr, struct choice, attr);
	int value = __sysfs_match_string(choice->words, choice->count, buf);
	int err;

	if (strlen(buf) != count || value < 0)
		return -EINVAL;
	err = choice->set(value);
	return err ?: count;
}

#define WORD(id, word, help) word,
#define X(name_, words_, initial, help)                                       \
static const char *const name_##_words[] = { words_(WORD) };                  \
static struct choice name_##_choice = {                                       \
	.attr = __ATTR(name_, 0644, choice_show, choice_store),               \
	.words = name_##_words,                                               \
	.count = ARRAY_SIZE(name_##_words),                                   \
	.get = ksmfs_knob_get_##name_,                                        \
	.set = ksmfs_knob_set_##name_,                                        \
};
KSMFS_CHOICES(X)
#undef X
#undef WORD

/**
 * struct stat_file - a file that tells a number
 * @attr: the file
 * @stat: which
 */
struct stat_file {
	struct kobj_attribute attr;
	enum ksmfs_stat stat;
};

static long general_profit(void)
{
	long saved = ksmfs_stat_read(KSMFS_STAT_pages_sharing) +
		     ksmfs_stat_read(KSMFS_STAT_ksm_zero_pages);

	return saved * (long)PAGE_SIZE -
	       ksmfs_stat_read(KSMFS_STAT_metadata_bytes);
}

static long break_debt(void)
{
	return ksmfs_stat_read(KSMFS_STAT_pages_sharing) +
	       ksmfs_stat_read(KSMFS_STAT_ksm_zero_pages) +
	       ksmfs_stat_read(KSMFS_STAT_pages_packed) +
	       ksmfs_stat_read(KSMFS_STAT_pages_swapped) -
	       ksmfs_stat_read(KSMFS_STAT_frames_packed);
}

static ssize_t stat_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	enum ksmfs_stat stat = container_of(attr, struct stat_file, attr)->stat;
	long value;

	if (stat == KSMFS_STAT_general_profit)
		return sysfs_emit(buf, "%ld\n", general_profit());

	/* A gauge caught in the middle of a change may be a little below 0. */
	value = stat == KSMFS_STAT_break_debt ? break_debt() :
						ksmfs_stat_read(stat);
	return sysfs_emit(buf, "%ld\n", max(value, 0L));
}

#define X(name, kind, help)                                                   \
static struct stat_file name##_stat = {                                       \
	.attr = __ATTR(name, 0400, stat_show, NULL),                          \
	.stat = KSMFS_STAT_##name,                                            \
};
KSMFS_STATS(X)
#undef X

static struct attribute *attrs[] = {
#define X(name, ...) &name##_knob.attr.attr,
	KSMFS_KNOBS(X)
#undef X
#define X(name, ...) &name##_choice.attr.attr,
	KSMFS_CHOICES(X)
#undef X
#define X(name, ...) &name##_stat.attr.attr,
	KSMFS_STATS(X)
#undef X
	NULL
};

static const struct attribute_group group = {
	.name = "ksmfs",
	.attrs = attrs,
};

/* Of /sys/kernel/mm, which is there for good; not all kernels export it. */
static struct kobject *mm;

static struct kobject *find_mm(void)
{
	struct kernfs_node *node = kernfs_find_and_get(kernel_kobj->sd, "mm");
	struct kobject *found;

	if (!node)
		return NULL;
	found = node->priv;	/* that is what sysfs keeps there */
	kernfs_put(node);
	return found;
}

int ksmfs_sysfs_add(void)
{
	mm = find_mm();
	return mm ? sysfs_create_group(mm, &group) : -ENOENT;
}

void ksmfs_sysfs_notify_stall(void)
{
	sysfs_notify(mm, group.name, stalls_stat.attr.attr.name);
}

void ksmfs_sysfs_remove(void)
{
	sysfs_remove_group(mm, &group);
}
