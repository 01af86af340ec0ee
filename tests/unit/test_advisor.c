// SPDX-License-Identifier: GPL-2.0
/* The advisor: what it says of what it is told. */
#include "ksm/advisor.c"
#include "tests/unit/unit.h"

#define SCAN_TIME KSMFS_ADVISOR_scan_time
#define PRESSURE KSMFS_ADVISOR_pressure

static const struct {
	struct ksmfs_advisor told;
	unsigned int pages;
} cases[] = {
	/* All of them within the target, in as many batches as that has. */
	{ { SCAN_TIME, 200, 20, 1000000, 0, 0 }, 100 },
	{ { SCAN_TIME, 200, 40, 1000000, 0, 0 }, 200 },
	{ { SCAN_TIME, 100, 20, 1000000, 0, 0 }, 200 },
	{ { SCAN_TIME, 1, 20, 1000000, 0, 0 }, 20000 },
	/* Never none, never more than all. */
	{ { SCAN_TIME, 200, 20, 0, 0, 0 }, 1 },
	{ { SCAN_TIME, 200, 20, 9999, 0, 0 }, 1 },
	{ { SCAN_TIME, 86400, 1, 1000000, 0, 0 }, 1 },
	{ { SCAN_TIME, 10, 10000, 5000, 0, 0 }, 5000 },
	{ { SCAN_TIME, 10, UINT_MAX, 5000, 0, 0 }, 5000 },
	/* The largest numbers there are. */
	{ { SCAN_TIME, 86400, 86399999, 1UL << 51, 0, 0 }, UINT_MAX },
	{ { SCAN_TIME, 86400, 1000, 1UL << 40, 0, 0 }, 12725829 },
	/* Memory is no concern of scan-time. */
	{ { SCAN_TIME, 200, 20, 1000000, 1, 1000 }, 100 },
	/* Plenty, short, and in between. */
	{ { PRESSURE, 200, 20, 1000000, 1000, 1000 }, 100 },
	{ { PRESSURE, 200, 20, 1000000, 200, 1000 }, 100 },
	{ { PRESSURE, 200, 20, 1000000, 199, 1000 }, 100 + 199 },
	{ { PRESSURE, 200, 20, 1000000, 150, 1000 }, 100 + 9950 },
	{ { PRESSURE, 200, 20, 1000000, 101, 1000 }, 100 + 19701 },
	{ { PRESSURE, 200, 20, 1000000, 100, 1000 }, 20000 },
	{ { PRESSURE, 200, 20, 1000000, 0, 1000 }, 20000 },
	{ { PRESSURE, 1, 20, 1000000, 0, 1000 }, 20000 },
	{ { PRESSURE, 200, 60000, 1000, 0, 1000 }, 1000 },
	{ { PRESSURE, 200, 20, 0, 0, 1000 }, 1 },
	{ { PRESSURE, 200, 20, 1000000, 1UL << 49, 1UL << 50 }, 100 },
	{ { PRESSURE, 200, 20, 1000000, 1UL << 46, 1UL << 50 }, 20000 },
};

static void advice(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int pages = ksmfs_advisor_pages(&cases[i].told);

		if (pages != cases[i].pages)
			fail_msg("case %zu: %u pages, not %u", i, pages,
				 cases[i].pages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(advice),
	};

	return cmocka_run_group_tests_name("advisor", tests, NULL, NULL);
}
