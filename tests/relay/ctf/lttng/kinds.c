/*
 * Writes the events of kinds_tracepoint.h on two threads: kinds EVENTS
 *
 * With small sub-buffers some of them are lost, which the trace tells.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "kinds_tracepoint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static long events;

static void *run(void *argument)
{
	static const uint16_t shorts[] = { 1, 65535, 258, 7 };
	const char *text = argument;

	for (long i = 0; i < events; i++) {
		lttng_ust_tracepoint(relay_kinds, integers, i);
		lttng_ust_tracepoint(relay_kinds, others, (int) i, text, shorts);
		if (i % 7 == 0)
			lttng_ust_tracepoint(relay_kinds, nothing);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t other;

	events = argc == 2 ? atol(argv[1]) : 0;
	if (events < 1) {
		fprintf(stderr, "usage: kinds EVENTS\n");
		return 2;
	}
	if (pthread_create(&other, NULL, run, "a longer text, \303\244 in it") != 0) {
		fprintf(stderr, "a thread cannot be started\n");
		return 1;
	}
	run("text");
	pthread_join(other, NULL);
	return 0;
}
