/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.h - the clock, medians, and what others did to the machine meanwhile.
 * Code in a header, because a benchmark is one compiler call.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/resource.h>

#pragma GCC diagnostic ignored "-Wunused-function"

#define QUIET_SHARE 0.25	 /* of one core that others may have used */
#define QUIET_STOLEN 0.1	 /* of the time, by the host */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Sorts the values. */
static double sort_median(double *values, size_t count)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

/* Seconds of work on all cores, and of those the host took away. */
static void read_busy(double *busy, double *stolen)
{
	unsigned long long user, nice, system, idle, wait, irq, soft, steal;
	FILE *file = fopen("/proc/stat", "r");
	double hertz = sysconf(_SC_CLK_TCK);

	*busy = *stolen = 0;
	if (file && fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
			   &system, &idle, &wait, &irq, &soft, &steal) == 8) {
		*busy = (user + nice + system + irq + soft) / hertz;
		*stolen = steal / hertz;
	}
	if (file)
		fclose(file);
}

static double own_time(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return self.ru_utime.tv_sec + self.ru_stime.tv_sec + children.ru_utime.tv_sec +
	       children.ru_stime.tv_sec +
	       (self.ru_utime.tv_usec + self.ru_stime.tv_usec + children.ru_utime.tv_usec +
		children.ru_stime.tv_usec) / 1e6;
}

#endif
