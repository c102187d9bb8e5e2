/* The two events every peer writes, as LTTng-UST tracepoints. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER relay_peer

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./lttng_ust_tracepoint.h"

#if !defined(RELAY_PEER_TRACEPOINT_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define RELAY_PEER_TRACEPOINT_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(relay_peer, one_integer,
	LTTNG_UST_TP_ARGS(uint64_t, value),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint64_t, value, value)))

LTTNG_UST_TRACEPOINT_EVENT(relay_peer, integers_and_string,
	LTTNG_UST_TP_ARGS(uint32_t, a, int64_t, b, uint64_t, c, const char *, text),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, a, a)
		lttng_ust_field_integer(int64_t, b, b)
		lttng_ust_field_integer(uint64_t, c, c)
		lttng_ust_field_string(text, text)))

#endif

#include <lttng/tracepoint-event.h>
