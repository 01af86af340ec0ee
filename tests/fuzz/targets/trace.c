// SPDX-License-Identifier: GPL-2.0
/*
 * Traces, and the policy over what they say: userspace-tools/daemon/trace.c
 * and all that simulate.c needs.
 *
 * The input is a trace.
 */
#include "../../../userspace-tools/daemon/trace.c"
#include "../../../userspace-tools/daemon/simulate.h"
#include "../lib/fuzz.h"

/* Longer ones would have each input take too long. */
#define EVENTS_PRINTED 1000
#define ROUNDS_SIMULATED 2000

static void check(const struct trace *trace)
{
	EXPECT(trace->host && trace->host <= MOST);
	EXPECT(trace->round && trace->round <= HOUR);
	EXPECT(trace->until && trace->until <= SECONDS_MOST);
	EXPECT(trace->nr_vms <= VMS_MOST && trace->nr_events <= EVENTS_MOST);
	for (size_t i = 0; i < trace->nr_vms; i++) {
		const struct trace_vm *vm = &trace->vms[i];

		EXPECT(*vm->name && find(trace, vm->name) == i);
		EXPECT(vm->configured <= MOST && vm->start <= SECONDS_MOST);
		EXPECT(vm->settings.shares > 0);
		EXPECT(!vm->settings.max ||
		       vm->settings.min <= vm->settings.max);
	}
	for (size_t i = 0; i < trace->nr_events; i++) {
		const struct trace_event *event = &trace->events[i];

		EXPECT(event->vm == TRACE_OTHER || event->vm < trace->nr_vms);
		EXPECT(event->active <= event->used && event->used <= MOST);
		EXPECT(event->private <= 100);
		EXPECT(event->second <= SECONDS_MOST);
		EXPECT(!i || event[-1].second <= event->second);
	}
}

static void print(const struct trace *trace, FILE *out)
{
	static const char *const balloons[] = { "yes", "no", "lies", "stuck" };

	fprintf(out, "host %" PRIu64 "\nround %" PRIu64 "\nuntil %" PRIu64 "\n",
		trace->host, trace->round, trace->until);
	for (size_t i = 0; i < trace->nr_vms; i++) {
		const struct trace_vm *vm = &trace->vms[i];

		fprintf(out, "vm %s %" PRIu64 " min=%" PRIu64 " max=%" PRIu64
			" reservation=%" PRIu64 " shares=%u start=%" PRIu64
			" balloon=%s stats=%s\n", vm->name, vm->configured,
			vm->settings.min, vm->settings.max,
			vm->settings.reservation, vm->settings.shares,
			vm->start, balloons[vm->balloon],
			vm->stats ? "yes" : "no");
	}
	for (size_t i = 0; i < trace->nr_events; i++) {
		const struct trace_event *event = &trace->events[i];

		if (event->vm == TRACE_OTHER)
			fprintf(out, "other %" PRIu64 " %" PRIu64 "\n",
				event->second, event->used);
		else
			fprintf(out, "at %" PRIu64 " %s %" PRIu64 " %" PRIu64
				" %u\n", event->second,
				trace->vms[event->vm].name, event->active,
				event->used, event->private);
	}
}

static void check_equal(const struct trace *a, const struct trace *b)
{
	EXPECT(a->host == b->host && a->round == b->round &&
	       a->until == b->until);
	EXPECT(a->nr_vms == b->nr_vms && a->nr_events == b->nr_events);
	for (size_t i = 0; i < a->nr_vms; i++)
		EXPECT(!memcmp(&a->vms[i], &b->vms[i], sizeof(*a->vms)));
	for (size_t i = 0; i < a->nr_events; i++) {
		const struct trace_event *x = &a->events[i];
		const struct trace_event *y = &b->events[i];

		EXPECT(x->second == y->second && x->vm == y->vm &&
		       x->active == y->active && x->used == y->used &&
		       x->private == y->private);
	}
}

static void print_and_read(const struct trace *trace)
{
	FILE *file = fuzz_file(NULL, 0);
	struct trace again;
	char problem[160];

	print(trace, file);
	rewind(file);
	EXPECT(trace_read(&again, file, problem, sizeof(problem)));
	check_equal(trace, &again);
	trace_free(&again);
	fclose(file);
}

static void simulate_it(FILE *file)
{
	struct simulation simulation;
	char problem[160];

	rewind(file);
	EXPECT(simulation_run(&simulation, file, &policy_defaults, NULL,
			      problem, sizeof(problem)));
	EXPECT(simulation.met <= simulation.seconds);
	simulation_free(&simulation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = fuzz_file(data, size);
	char problem[160] = "";
	struct trace trace;

	if (trace_read(&trace, file, problem, sizeof(problem))) {
		check(&trace);
		if (trace.nr_events <= EVENTS_PRINTED)
			print_and_read(&trace);
		if (trace.until / trace.round * (trace.nr_vms + 1) <=
		    ROUNDS_SIMULATED)
			simulate_it(file);
	} else {
		EXPECT(*problem);
	}
	trace_free(&trace);
	fclose(file);
	return 0;
}
