// SPDX-License-Identifier: GPL-2.0
/* The shims do what tests/shim/conformance.c says that the kernel does. */
#include "tests/shim/conformance.h"
#include "tests/unit/unit.h"

#define MAX_CHECKS 64

static void run(void **state)
{
	const struct conformance *check = *state;
	int line = conformance_run(check);

	if (line)
		fail_msg("%s: conformance.c:%d", check->name, line);
	assert_null(shim_lockdep_held());
	assert_int_equal(shim_page_live(), 0);
	assert_int_equal(shim_alloc_live(), 0);
}

int main(void)
{
	struct CMUnitTest tests[MAX_CHECKS] = {};
	size_t i;

	for (i = 0; conformance[i].name; i++) {
		tests[i].name = conformance[i].name;
		tests[i].test_func = run;
		tests[i].initial_state = (void *)&conformance[i];
	}
	return _cmocka_run_group_tests("conformance", tests, i, NULL, NULL);
}
