// SPDX-License-Identifier: GPL-2.0
/*
 * The clock of a simulated host.  In each round what the trace says happens, the
 * guests run, and the policy is shown what there is to see, as the daemon shows
 * it, and obeyed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "round.h"
#include "simulate.h"

/* What goes on while a simulation runs. */
struct run {
	struct simulation *simulation;
	struct policy policy;
	struct policy_vm **present;	/* VMs that have started */
	size_t nr_present;
	size_t nr_events;		/* that have happened */
	uint64_t other;
	uint64_t second;
	FILE *csv;
};

static void start_vms(struct run *run)
{
	struct simulation *simulation = run->simulation;
	size_t i;

	for (i = 0; i < simulation->trace.nr_vms; i++) {
		const struct trace_vm *spec = &simulation->trace.vms[i];
		struct simulated_vm *vm = &simulation->vms[i];

		if (vm->guest.spec || spec->start > run->second)
			continue;
		model_start(&vm->guest, spec);
		vm->policy.name = spec->name;
		vm->policy.settings = spec->settings;
		vm->policy.since = run->second * 1000;
		run->present[run->nr_present++] = &vm->policy;
	}
}

static void happen(struct run *run)
{
	const struct trace *trace = &run->simulation->trace;

	while (run->nr_events < trace->nr_events &&
	       trace->events[run->nr_events].second <= run->second) {
		const struct trace_event *event =
			&trace->events[run->nr_events++];
		struct model *guest;

		if (event->vm == TRACE_OTHER) {
			run->other = event->used;
			continue;
		}
		guest = &run->simulation->vms[event->vm].guest;
		if (!guest->spec)
			continue;
		guest->active = least(event->active, guest->spec->configured);
		guest->used = least(event->used, guest->spec->configured);
		guest->private = event->private;
	}
}

/* Frames of all guests. */
static uint64_t frames(const struct simulation *simulation)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < simulation->trace.nr_vms; i++)
		sum += model_frames(&simulation->vms[i].guest);
	return sum;
}

/*
 * Balloons tell of themselves when they move; what a guest says is asked for at
 * the end of a round, and so it is known a round later.
 */
static void see(struct simulated_vm *vm)
{
	struct guest_stats known = vm->said;

	model_view(&vm->guest, &vm->policy.view);
	vm->said = vm->policy.view.stats;
	vm->policy.view.stats = known;
}

/* Let all run, each from another start, so that none is always the first. */
static void run_guests(struct run *run, struct host_view *host)
{
	struct simulation *simulation = run->simulation;
	const struct trace *trace = &simulation->trace;
	uint64_t room = beyond(trace->host, run->other);
	uint64_t used = frames(simulation);
	size_t i;

	*host = (struct host_view) {
		.total = trace->host,
		.limit = trace->host,
	};
	for (i = 0; i < trace->nr_vms; i++) {
		size_t turn = (i + simulation->rounds) % trace->nr_vms;
		struct simulated_vm *vm = &simulation->vms[turn];
		uint64_t before = model_frames(&vm->guest);

		if (!vm->guest.spec)
			continue;
		if (!model_run(&vm->guest, trace->round, beyond(room, used)))
			host->stalled++;
		used = used - before + model_frames(&vm->guest);
		see(vm);
		vm->seconds += trace->round;
		if (vm->guest.met)
			vm->met += trace->round;
	}
	host->available = beyond(room, used);
	host->used = used;
}

static void write_line(const struct run *run, const struct host_view *host)
{
	uint64_t granted = 0, wanted = 0, active = 0, met = 0;
	unsigned int pressure = 0;
	size_t i;

	for (i = 0; i < run->nr_present; i++) {
		const struct policy_vm *vm = run->present[i];

		granted += vm->view.actual;
		wanted += vm->decision.wanted;
		active += vm->view.active;
		pressure = greatest(pressure, vm->decision.pressure);
	}
	for (i = 0; i < run->simulation->trace.nr_vms; i++)
		met += run->simulation->vms[i].guest.met;
	fprintf(run->csv, "%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64
		",%zu,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%u\n",
		run->second, policy_state_name(run->policy.state),
		run->policy.free, host->used, run->other, run->nr_present, met,
		granted, wanted, active, pressure);
}

static void run_round(struct run *run)
{
	struct simulation *simulation = run->simulation;
	enum memory_state before = run->policy.state;
	struct host_view host;
	size_t i;

	start_vms(run);
	happen(run);
	run_guests(run, &host);
	policy_round(&run->policy, run->second * 1000, &host, run->present,
		     run->nr_present);
	if (run->csv)
		write_line(run, &host);
	for (i = 0; i < simulation->trace.nr_vms; i++) {
		struct simulated_vm *vm = &simulation->vms[i];

		if (!vm->guest.spec)
			continue;
		model_obey(&vm->guest, &vm->policy.decision);
		simulation->pressure = greatest(simulation->pressure,
						vm->policy.decision.pressure);
	}
	simulation->transitions += run->policy.state != before;
	simulation->worst = greatest(simulation->worst, run->policy.state);
	simulation->rounds++;
}

static void add_up(struct simulation *simulation)
{
	size_t i;

	for (i = 0; i < simulation->trace.nr_vms; i++) {
		const struct simulated_vm *vm = &simulation->vms[i];

		simulation->seconds += vm->seconds;
		simulation->met += vm->met;
		simulation->swap_in += vm->guest.swap_in;
		simulation->brought_back += vm->guest.brought_back;
		simulation->stalls += vm->guest.stalls;
	}
}

bool simulation_run(struct simulation *simulation, FILE *file,
		    const struct policy_config *config, FILE *csv,
		    char *problem, size_t size)
{
	struct trace *trace = &simulation->trace;
	struct run run = { .simulation = simulation, .csv = csv };

	*simulation = (struct simulation) {};
	if (!trace_read(trace, file, problem, size))
		return false;
	simulation->vms = calloc(trace->nr_vms + 1, sizeof(*simulation->vms));
	run.present = calloc(trace->nr_vms + 1, sizeof(*run.present));
	if (!simulation->vms || !run.present) {
		snprintf(problem, size, "out of memory");
		free(run.present);
		return false;
	}
	if (csv)
		fputs("second,state,free,used,other,vms,met,granted,wanted,"
		      "active,pressure\n", csv);
	policy_init(&run.policy, config);
	for (; run.second < trace->until; run.second += trace->round)
		run_round(&run);
	add_up(simulation);
	free(run.present);
	return true;
}

const struct simulated_vm *simulation_find(const struct simulation *simulation,
					   const char *name)
{
	size_t i;

	for (i = 0; i < simulation->trace.nr_vms; i++)
		if (!strcmp(simulation->trace.vms[i].name, name))
			return &simulation->vms[i];
	return NULL;
}

void simulation_free(struct simulation *simulation)
{
	trace_free(&simulation->trace);
	free(simulation->vms);
}

static double met_percent(const struct simulation *simulation)
{
	if (!simulation->seconds)
		return 100;
	return 100.0 * simulation->met / simulation->seconds;
}

void simulation_print(const struct simulation *simulation, FILE *file,
		      bool json)
{
	static const char text[] =
		"rounds            %" PRIu64 "\n"
		"VM-seconds        %" PRIu64 "\n"
		"of these, met     %" PRIu64 "\n"
		"in percent        %.3f\n"
		"guests' swap-in   %" PRIu64 "\n"
		"host's swap-in    %" PRIu64 "\n"
		"stalls            %" PRIu64 "\n"
		"state transitions %" PRIu64 "\n"
		"worst state       %s\n"
		"worst pressure    %u\n";
	static const char object[] =
		"{\"rounds\": %" PRIu64 ", \"seconds\": %" PRIu64
		", \"met\": %" PRIu64 ", \"met_percent\": %.3f"
		", \"swap_in\": %" PRIu64 ", \"brought_back\": %" PRIu64
		", \"stalls\": %" PRIu64 ", \"transitions\": %" PRIu64
		", \"worst\": \"%s\", \"pressure\": %u}\n";

	fprintf(file, json ? object : text, simulation->rounds,
		simulation->seconds, simulation->met, met_percent(simulation),
		simulation->swap_in, simulation->brought_back,
		simulation->stalls, simulation->transitions,
		policy_state_name(simulation->worst), simulation->pressure);
}

static FILE *open_or_say(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file)
		fprintf(stderr, "ksmfsd: %s: %s\n", path, strerror(errno));
	return file;
}

/* Return: false if what was written did not all arrive. */
static bool close_or_say(FILE *file, const char *path)
{
	bool written = !ferror(file);

	if (!fclose(file) && written)
		return true;
	fprintf(stderr, "ksmfsd: %s: cannot be written\n", path);
	return false;
}

int simulate(const char *trace, const struct policy_config *config,
	     const char *csv, bool json)
{
	struct simulation simulation;
	FILE *in, *out = NULL;
	char problem[160];
	bool right;

	in = open_or_say(trace, "r");
	if (!in)
		return 1;
	if (csv) {
		out = open_or_say(csv, "w");
		if (!out) {
			fclose(in);
			return 1;
		}
	}
	right = simulation_run(&simulation, in, config, out, problem,
			       sizeof(problem));
	fclose(in);
	if (!right)
		fprintf(stderr, "ksmfsd: %s: %s\n", trace, problem);
	if (out && !close_or_say(out, csv))
		right = false;
	if (right)
		simulation_print(&simulation, stdout, json);
	simulation_free(&simulation);
	return !right;
}
