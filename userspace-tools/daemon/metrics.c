// SPDX-License-Identifier: GPL-2.0
/*
 * Serving metrics.
 *
 *   a client asks -> a worker reads a sample -> the page is made of it, and of
 *   what the loop's thread knows -> all that wait get it
 *
 * Reading may take long (see sample.h), so a worker does it, and only one at a
 * time: however many clients ask, what they cost is bounded by how fast one
 * sample after the other can be read.  Who asks while it is being read gets
 * that one.
 *
 * A worker that does not come back leaves clients waiting, whom http.c then
 * tells so; it does not hold up the rounds.
 */
#include <stdlib.h>

#include "../tool.h"
#include "http.h"
#include "metrics.h"
#include "metrics_page.h"
#include "sample.h"

/*
 * @reading: a worker has @sample and @took, and nobody else has
 * @sample: what it reads
 * @took: how long it took, in nanoseconds
 * @told: what was read, while the page is made of it: whoever comes just then
 *        has the next sample read
 * @view: what the daemon tells, filled in when the sample has been read
 */
static struct {
	uv_loop_t *loop;
	metrics_look *look;
	void *context;
	uv_work_t work;
	bool reading;
	struct sample sample;
	uint64_t took;
	struct sample told;
	struct metrics_view view;
	struct scrapes scrapes;
} metrics;

static void read_sample(uv_work_t *work)
{
	uint64_t begun = uv_hrtime();

	(void)work;		/* there is only one */
	sample_read(&metrics.sample);
	metrics.took = uv_hrtime() - begun;
}

static char *make(void *unused, bool open_metrics, size_t *length)
{
	uint64_t begun = uv_hrtime();
	char *page;

	(void)unused;
	page = metrics_page(&metrics.told, &metrics.view, &metrics.scrapes,
			    open_metrics, length);
	metrics.scrapes.page_ns += uv_hrtime() - begun;
	return page;
}

static void have_sample(uv_work_t *work, int status)
{
	(void)work;
	(void)status;		/* nobody cancels it */
	metrics.told = metrics.sample;
	metrics.scrapes.read_ns += metrics.took;
	metrics.reading = false;
	if (metrics.look) {
		metrics.scrapes.samples++;
		metrics.look(metrics.context, &metrics.view);
		http_answer(make, NULL);
	}
	sample_free(&metrics.told);
}

static void want_sample(void *unused)
{
	(void)unused;
	if (metrics.reading)
		return;
	metrics.reading = true;
	uv_queue_work(metrics.loop, &metrics.work, read_sample, have_sample);
}

int metrics_start(uv_loop_t *loop, const char *address, metrics_look *look,
		  void *context)
{
	int ret = http_start(loop, address, want_sample, NULL);

	if (ret)
		return ret;
	metrics.loop = loop;
	metrics.look = look;
	metrics.context = context;
	return 0;
}

void metrics_stop(void)
{
	metrics.look = NULL;
	http_stop();
}
