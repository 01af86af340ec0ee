// SPDX-License-Identifier: GPL-2.0
/*
 * The model test.
 *
 * usage: model [--seed N] [--threads N] [--operations N | --seconds N]
 *
 * Some threads do the same: each draws operations from one list, by weight,
 * and does them.  An operation is simple: a guest reads, a region ends, a thread
 * of the scanner works for a while.  Their threads do not know of one another, but
 * for the locks that the file system, too, has around the core.  What each page
 * must be is known all along (shadow.c).  Meanwhile memory, the mount's limit and
 * the swap file fail (trouble.c).  Now and then all threads pause, and everything
 * is counted; and at the end, when nothing fails any more, every page is read,
 * again when all has been merged that can be, and again when all is broken; then
 * everything is given back.
 *
 * With one thread the seed decides everything, and the same operations have the
 * same hash.  With more it decides what each does, not who comes first.
 */
#include <getopt.h>
#include <stdlib.h>
#include <time.h>
#include "cow/swap.h"
#include "cow/unshare.h"
#include "tests/model/model.h"
#include <shim/hash.h>

struct model model;

static unsigned long operations = ULONG_MAX;
static time_t deadline;

static const struct operation {
	const char *name;
	unsigned int weight;
	void (*run)(struct actor *actor);
} all[] = {
#define X(name, weight) { #name, weight, op_##name },
	MODEL_OPERATIONS(X)
#undef X
};

#define X(name, weight) + weight
enum { WEIGHT_OF_ALL = 0 MODEL_OPERATIONS(X) };
#undef X

/* The first report of the thread sanitizer is the last. */
const char *__tsan_default_options(void)
{
	return "halt_on_error=1";
}

unsigned int model_below(struct actor *actor, unsigned int limit)
{
	return shim_random_nth(actor->seed, ++actor->drawn) % limit;
}

void model_note(struct actor *actor, u64 seen)
{
	actor->hash = (actor->hash ^ seen) * 0x100000001b3ULL;
}

void model_rwlock_init(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

struct place *model_enter(struct actor *actor)
{
	struct place *place = &model.place[model_below(actor, MODEL_PLACES)];

	pthread_rwlock_rdlock(&place->lock);
	if (place->file)
		return place;
	pthread_rwlock_unlock(&place->lock);
	return NULL;
}

void model_leave(struct place *place)
{
	pthread_rwlock_unlock(&place->lock);
}

int model_page(struct actor *actor)
{
	return model_below(actor, 1 + model_below(actor, MODEL_PAGES));
}

void model_pause_all(void)
{
	pthread_rwlock_unlock(&model.in_step);
	pthread_rwlock_wrlock(&model.in_step);
}

void model_go_on(void)
{
	pthread_rwlock_unlock(&model.in_step);
	pthread_rwlock_rdlock(&model.in_step);
}

static void check_all(void)
{
	modes_check();
	world_check();
}

/* Count everything, while nobody does anything, nor holds any page. */
void op_audit(struct actor *actor)
{
	unsigned int i;

	model_pause_all();
	for (i = 0; i < model.threads; i++)
		guests_unpin(&model.actor[i]);
	check_all();
	model_note(actor, stat_of(frames));
	model_go_on();
}

static const struct operation *draw(struct actor *actor)
{
	const struct operation *operation = all;
	unsigned int lot = model_below(actor, WEIGHT_OF_ALL);

	for (; lot >= operation->weight; operation++)
		lot -= operation->weight;
	return operation;
}

static void *act(void *arg)
{
	struct actor *actor = arg;

	while (ksmfs_packer_init(&actor->packer))
		;
	while (actor->operation < operations &&
	       (!deadline || time(NULL) < deadline)) {
		const struct operation *operation = draw(actor);

		WRITE_ONCE(actor->doing, operation->name);
		model_note(actor, operation - all);
		pthread_rwlock_rdlock(&model.in_step);
		operation->run(actor);
		pthread_rwlock_unlock(&model.in_step);
		WRITE_ONCE(actor->operation, actor->operation + 1);
	}
	/* An audit of another thread lets go of this one's page, too. */
	pthread_rwlock_rdlock(&model.in_step);
	guests_unpin(actor);
	pthread_rwlock_unlock(&model.in_step);
	ksmfs_packer_destroy(&actor->packer);
	return NULL;
}

static void run_all(void)
{
	unsigned int i;

	for (i = 0; i < model.threads; i++) {
		struct actor *actor = &model.actor[i];

		actor->number = i;
		actor->seed = shim_random_nth(model.seed, i);
		actor->doing = "none";
		if (pthread_create(&actor->thread, NULL, act, actor))
			shim_die("no thread");
	}
	for (i = 0; i < model.threads; i++) {
		pthread_join(model.actor[i].thread, NULL);
		model.actor[i].doing = "the end";
	}
}

static void read_all(void)
{
	struct place *place;
	unsigned int i;

	for (place = model.place; place < model.place + MODEL_PLACES; place++) {
		for (i = 0; place->file && i < model.threads; i++)
			guests_read_all(&model.actor[i], place);
	}
	check_all();
}

/* Nothing is away, so no place is in use. */
static void check_swap(void)
{
	struct ksmfs_swap_numbers numbers;

	ksmfs_swap_wipe(world.quota.swap);
	numbers = ksmfs_swap_count(world.quota.swap);
	if (numbers.used)
		shim_die("%lu places of the swap file are still in use",
			 numbers.used);
}

/* All is calm: nothing is refused, and what is there is right. */
static void end(void)
{
	model.calm = true;
	trouble_end();
	read_all();
	world_scan(8);
	read_all();
	if (ksmfs_scan_unmerge())
		shim_die("not all could be broken");
	ksmfs_unshare_drain(&world.quota);
	if (stat_of(pages_shared) || stat_of(ksm_zero_pages))
		shim_die("something is merged when all is broken");
	read_all();
	if (stat_of(pages_packed) || stat_of(pages_swapped))
		shim_die("not all could be fetched");
	check_swap();
	if (world_end(NULL))
		shim_die("the world did not end");
}

static unsigned long count_operations(void)
{
	unsigned long done = 0;
	unsigned int i;

	for (i = 0; i < model.threads; i++)
		done += model.actor[i].operation;
	return done;
}

/* It would be no test had these not happened. */
static void check_what_happened(void)
{
	static const enum ksmfs_stat needed[] = {
		KSMFS_STAT_merges, KSMFS_STAT_zero_merges, KSMFS_STAT_breaks,
		KSMFS_STAT_zero_breaks, KSMFS_STAT_pages_pinned,
		KSMFS_STAT_pages_punched, KSMFS_STAT_packs,
		KSMFS_STAT_pack_rejects, KSMFS_STAT_unpacks,
		KSMFS_STAT_swap_outs, KSMFS_STAT_swap_ins,
		KSMFS_STAT_prefetches, KSMFS_STAT_alloc_failures,
	};
	long least = count_operations() / 5000;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		if (ksmfs_stat_read(needed[i]) < least)
			shim_die("too little happened: statistic %d is %ld",
				 needed[i], ksmfs_stat_read(needed[i]));
	}
}

static u64 hash_of_all(void)
{
	struct actor sum = {};
	unsigned int i;

	for (i = 0; i < model.threads; i++)
		model_note(&sum, model.actor[i].hash);
#define X(name, kind, help) model_note(&sum, stat_of(name));
	KSMFS_STATS(X)
#undef X
	return sum.hash;
}

static void report(void)
{
#define X(name, kind, help)                                                    \
	if (stat_of(name))                                                     \
		printf("# %10ld %s\n", stat_of(name), #name);
	KSMFS_STATS(X)
#undef X
	printf("ok - seed %llu: %u threads, %lu operations, hash %016llx\n",
	       model.seed, model.threads, count_operations(), hash_of_all());
}

static unsigned long number(const char *text)
{
	char *rest;
	unsigned long n = strtoul(text, &rest, 0);

	if (rest != text && !*rest)
		return n;
	fprintf(stderr, "model: not a number: %s\n", text);
	exit(2);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "threads", required_argument, NULL, 't' },
		{ "operations", required_argument, NULL, 'o' },
		{ "seconds", required_argument, NULL, 'd' },
		{}
	};
	int option;

	model.seed = time(NULL);
	model.threads = 4;
	deadline = time(NULL) + 10;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			model.seed = number(optarg);
			break;
		case 't':
			model.threads = number(optarg);
			break;
		case 'o':
			operations = number(optarg);
			deadline = 0;
			break;
		case 'd':
			deadline = time(NULL) + number(optarg);
			break;
		default:
			exit(2);
		}
	}
	if (optind < argc || !model.threads || model.threads > MODEL_THREADS) {
		fprintf(stderr, "model: from 1 to %d threads, and no further words\n",
			MODEL_THREADS);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct place *place;

	parse(argc, argv);
	shim_random_seed(model.seed);
	model_rwlock_init(&model.in_step);
	for (place = model.place; place < model.place + MODEL_PLACES; place++) {
		model_rwlock_init(&place->lock);
		pthread_mutex_init(&place->size_lock, NULL);
	}
	witness_begin(argv[0]);
	world_places = trouble_places();
	if (world_begin(NULL))
		shim_die("no world");
	modes_begin();
	trouble_begin();
	run_all();
	end();
	check_what_happened();
	report();
	witness_end();
	return 0;
}
