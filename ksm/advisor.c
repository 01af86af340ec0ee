// SPDX-License-Identifier: GPL-2.0
#include "ksm/advisor.h"

#define MSECS 1000UL

/* Pages of a batch, to have visited all after so many milliseconds. */
static unsigned long pages_within(const struct ksmfs_advisor *advisor,
				  unsigned long msecs)
{
	unsigned long interval = min(advisor->interval + 0UL, msecs);

	return mult_frac(advisor->restless, interval, msecs);
}

/* How short memory is, from 0 to 100. */
static unsigned long shortage(const struct ksmfs_advisor *advisor)
{
	unsigned long plenty, low;

	plenty = mult_frac(advisor->total, KSMFS_ADVISOR_PLENTY_PERCENT + 0UL,
			   100UL);
	low = mult_frac(advisor->total, KSMFS_ADVISOR_SHORT_PERCENT + 0UL,
			100UL);
	if (advisor->available >= plenty)
		return 0;
	if (advisor->available <= low)
		return 100;
	return mult_frac(plenty - advisor->available, 100UL, plenty - low);
}

unsigned int ksmfs_advisor_pages(const struct ksmfs_advisor *advisor)
{
	unsigned long pages, most;

	pages = pages_within(advisor, advisor->target * MSECS);
	if (advisor->mode == KSMFS_ADVISOR_pressure) {
		most = pages_within(advisor, MSECS);
		pages += mult_frac(most - pages, shortage(advisor), 100UL);
	}
	return min(pages + !pages, UINT_MAX + 0UL);
}
