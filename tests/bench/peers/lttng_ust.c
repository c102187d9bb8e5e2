/*
 * What an event costs with LTTng-UST: lttng_ust one|four THREADS EVENTS
 *
 * Each thread is pinned to a CPU of its own, writes a fifth of EVENTS to warm up, then EVENTS of
 * them in slices. The first thread to have written all stops the others, so that all are measured
 * over the same span. Prints whether the event was traced, and the mean of the threads' ns an event.
 */
#define _GNU_SOURCE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_ust_tracepoint.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_THREADS = 16, TEXTS = 16 };

static char texts[TEXTS][18];
static bool four_fields;
static long events;
static bool stop;
static pthread_barrier_t start;

static void write_one(long from, long to)
{
	for (long i = from; i < to; i++)
		lttng_ust_tracepoint(relay_peer, one_integer, i);
}

static void write_four(long from, long to)
{
	for (long i = from; i < to; i++)
		lttng_ust_tracepoint(relay_peer, integers_and_string, i, -i, i + 1, texts[i % TEXTS]);
}

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

/* Pins the calling thread to the n-th of the CPUs it may run on. */
static void pin(long n)
{
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	n %= CPU_COUNT(&allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || n-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
		return;
	}
}

struct thread {
	pthread_t id;
	long index;
	double ns;
};

static void *run(void *argument)
{
	struct thread *thread = argument;
	void (*write)(long, long) = four_fields ? write_four : write_one;
	long slice = (events + 49) / 50, written = 0;

	pin(thread->index);
	write(0, events / 5);
	pthread_barrier_wait(&start);
	double begin = now_ns();
	do {
		write(written, written + slice);
		written += slice;
	} while (written < events && !__atomic_load_n(&stop, __ATOMIC_RELAXED));
	thread->ns = (now_ns() - begin) / written;
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	return NULL;
}

int main(int argc, char **argv)
{
	struct thread threads[MAX_THREADS];
	long n = argc == 4 ? atol(argv[2]) : 0;
	double sum = 0;

	events = argc == 4 ? atol(argv[3]) : 0;
	if (n < 1 || n > MAX_THREADS || events < 1) {
		fprintf(stderr, "usage: lttng_ust one|four THREADS EVENTS\n");
		return 2;
	}
	four_fields = strcmp(argv[1], "four") == 0;
	for (int i = 0; i < TEXTS; i++)
		snprintf(texts[i], sizeof(texts[i]), "a string, no. %03d", i);
	bool traced = four_fields ? lttng_ust_tracepoint_enabled(relay_peer, integers_and_string)
				  : lttng_ust_tracepoint_enabled(relay_peer, one_integer);

	pthread_barrier_init(&start, NULL, n);
	for (long i = 0; i < n; i++) {
		threads[i].index = i;
		if (pthread_create(&threads[i].id, NULL, run, &threads[i]) != 0) {
			fprintf(stderr, "a thread cannot be started\n");
			return 1;
		}
	}
	for (long i = 0; i < n; i++) {
		pthread_join(threads[i].id, NULL);
		sum += threads[i].ns;
	}
	printf("{\"traced\": %s, \"ns\": %.3f}\n", traced ? "true" : "false", sum / n);
	return 0;
}
