// SPDX-License-Identifier: GPL-2.0
/* The budget: what is spent of how much time, whatever the pieces. */
#include "ksm/budget.c"
#include "tests/unit/unit.h"

#define MSEC 1000000ULL
#define SECOND (1000 * MSEC)

/* Spend in pieces for a time, waiting late; returns what was spent. */
static u64 spend_for(u64 time, unsigned int percent, u64 piece, u64 late)
{
	struct ksmfs_budget budget = {};
	u64 start = 12345678 * SECOND, now = start, total = 0;

	ksmfs_budget_spend(&budget, percent, start, 0);
	budget.level = 0;
	while (now < start + time) {
		u64 wait = ksmfs_budget_spend(&budget, percent, now, piece);

		total += piece;
		/* Work takes as long as there are CPUs to share it. */
		now += piece * 100 / (percent > 100 ? percent : 100);
		if (wait)
			now += wait + late;
	}
	return total;
}

static void the_share_is_spent(void **state)
{
	static const unsigned int percents[] = { 1, 2, 10, 50, 99, 150, 6400 };
	static const u64 pieces[] = { MSEC / 10, MSEC, 20 * MSEC };
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(percents); i++) {
		for (j = 0; j < ARRAY_SIZE(pieces); j++) {
			u64 share = 100 * SECOND * percents[i] / 100;
			u64 spent = spend_for(100 * SECOND, percents[i],
					      pieces[j], 0);

			assert_in_range(spent, share - share / 50,
					share + share / 50 + pieces[j]);
		}
	}
}

/* Who is woken too late can make up for it. */
static void lateness_is_made_up_for(void **state)
{
	u64 share = 10 * SECOND;

	(void)state;
	assert_in_range(spend_for(100 * SECOND, 10, MSEC, 9 * MSEC),
			share - share / 50, share + share / 50);
}

static void idle_hours_are_not_saved(void **state)
{
	static const u64 idle[] = { SECOND, 3600 * SECOND, 1ULL << 63 };
	struct ksmfs_budget budget = {};
	u64 now = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(idle); i++) {
		now += idle[i];
		assert_int_equal(ksmfs_budget_spend(&budget, 50, now, 0), 0);
		assert_int_equal(budget.level, KSMFS_BUDGET_BURST / 2);
		assert_int_equal(ksmfs_budget_spend(&budget, 50, now,
						    KSMFS_BUDGET_BURST / 2), 0);
		assert_int_equal(ksmfs_budget_spend(&budget, 50, now, 1), 2);
	}
}

static void debts_are_waited_for(void **state)
{
	struct ksmfs_budget budget = {};

	(void)state;
	assert_int_equal(ksmfs_budget_spend(&budget, 10, 0, MSEC), 10 * MSEC);
	assert_int_equal(ksmfs_budget_spend(&budget, 10, 4 * MSEC, 0),
			 6 * MSEC);
	/* A larger share pays it sooner. */
	assert_int_equal(ksmfs_budget_spend(&budget, 60, 4 * MSEC, 0), MSEC);
	assert_int_equal(ksmfs_budget_spend(&budget, 60, 5 * MSEC, 0), 0);
	assert_int_equal(budget.level, 0);
	/* No part of a nanosecond is too little to wait for. */
	assert_int_equal(ksmfs_budget_spend(&budget, 6400, 5 * MSEC, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_share_is_spent),
		cmocka_unit_test(lateness_is_made_up_for),
		cmocka_unit_test(idle_hours_are_not_saved),
		cmocka_unit_test(debts_are_waited_for),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
