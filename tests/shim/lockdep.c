// SPDX-License-Identifier: GPL-2.0
/*
 * The lock checker.  What a thread holds is its own, and the order of classes
 * is read without a lock: a lock here would order what the thread sanitizer
 * must see as unordered.
 */
#include <pthread.h>
#include <unistd.h>
#include <shim/atomic.h>
#include <shim/bug.h>
#include <shim/lockdep.h>
#include <shim/sched.h>

#define MAX_CLASSES 32
#define MAX_HELD 48	/* MAX_LOCK_DEPTH of linux/sched.h */

__thread struct task_struct shim_task;
unsigned int shim_sleep_one_in;

static __thread struct lockdep_map *held[MAX_HELD];
static __thread int nr_held;

/* Guards changes of all below. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int nr_classes;
static const char *name[MAX_CLASSES];

/* Whether the first class has been held when the second was taken. */
static bool before[MAX_CLASSES][MAX_CLASSES];

static int class_of(const struct lockdep_map *map)
{
	int class = READ_ONCE(map->key->number);

	if (class)
		return class;
	pthread_mutex_lock(&mutex);
	class = map->key->number;
	if (!class) {
		class = ++nr_classes;
		if (class == MAX_CLASSES)
			shim_die("more than %d lock classes", MAX_CLASSES);
		name[class] = map->name;
		WRITE_ONCE(map->key->number, class);
	}
	pthread_mutex_unlock(&mutex);
	return class;
}

/* Whether @from comes before @to, in any number of steps. */
static bool leads(int from, int to, bool seen[MAX_CLASSES])
{
	int next;

	if (from == to)
		return true;
	if (seen[from])
		return false;
	seen[from] = true;
	for (next = 1; next <= nr_classes; next++) {
		if (before[from][next] && leads(next, to, seen))
			return true;
	}
	return false;
}

/* @class is about to be taken under @outer. */
static void check_order(int outer, int class)
{
	bool seen[MAX_CLASSES] = {};

	if (READ_ONCE(before[outer][class]))
		return;
	pthread_mutex_lock(&mutex);
	if (leads(class, outer, seen))
		shim_die("lock order: %s is taken under %s, and was before it",
			 name[class], name[outer]);
	WRITE_ONCE(before[outer][class], true);
	pthread_mutex_unlock(&mutex);
}

void lockdep_init_map(struct lockdep_map *map, const char *lock_name,
		      struct lock_class_key *key, int subclass)
{
	if (subclass)
		shim_die("%s: subclasses are not known here", lock_name);
	map->name = lock_name;
	map->key = key;
}

void mutex_acquire(struct lockdep_map *map, int subclass, int trylock,
		   unsigned long ip)
{
	int class = class_of(map);
	int i;

	(void)subclass, (void)ip;
	for (i = 0; i < nr_held; i++) {
		int outer = class_of(held[i]);

		if (trylock)
			continue;
		if (outer == class)
			shim_die("a second %s is taken", map->name);
		check_order(outer, class);
	}
	if (nr_held == MAX_HELD)
		shim_die("more than %d locks are held", MAX_HELD);
	held[nr_held++] = map;
}

void mutex_release(struct lockdep_map *map, unsigned long ip)
{
	int i = nr_held;

	(void)ip;
	while (i && held[i - 1] != map)
		i--;
	if (!i)
		shim_die("%s is released by who does not hold it", map->name);
	for (nr_held--; i <= nr_held; i++)
		held[i - 1] = held[i];
}

bool shim_lockdep_holds(const struct lockdep_map *map)
{
	int i;

	for (i = 0; i < nr_held; i++) {
		if (held[i] == map)
			return true;
	}
	return false;
}

const char *shim_lockdep_held(void)
{
	if (nr_held)
		return held[nr_held - 1]->name;
	return shim_task.atomic ? "RCU" : NULL;
}

void might_sleep(void)
{
	if (shim_task.atomic)
		shim_die("sleeps while holding %s", shim_lockdep_held());
	if (shim_sleep_one_in && !(++shim_task.rests % shim_sleep_one_in))
		usleep(50);
}
