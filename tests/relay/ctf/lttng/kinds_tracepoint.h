/* Tracepoints with a field of each kind that LTTng-UST has. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER relay_kinds

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./kinds_tracepoint.h"

#if !defined(RELAY_KINDS_TRACEPOINT_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define RELAY_KINDS_TRACEPOINT_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_ENUM(relay_kinds, state,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("idle", 0)
		lttng_ust_field_enum_range("busy", 1, 5)
		lttng_ust_field_enum_value("done here", 9)))

LTTNG_UST_TRACEPOINT_EVENT(relay_kinds, integers,
	LTTNG_UST_TP_ARGS(int64_t, n),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int8_t, i8, n)
		lttng_ust_field_integer(uint16_t, u16, n)
		lttng_ust_field_integer_hex(int32_t, hex, n)
		lttng_ust_field_integer(int64_t, i64, -n * 0x10001LL * 0x10001LL)
		lttng_ust_field_integer(uint64_t, u64, ~(uint64_t) n)
		lttng_ust_field_integer_network(uint32_t, network, 0x01020304)))

LTTNG_UST_TRACEPOINT_EVENT(relay_kinds, others,
	LTTNG_UST_TP_ARGS(int, n, const char *, text, const uint16_t *, shorts),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_float(float, f32, n / 4.0f)
		lttng_ust_field_float(double, f64, n / 8.0)
		lttng_ust_field_string(text, text)
		lttng_ust_field_enum(relay_kinds, state, uint8_t, state, n % 12)
		lttng_ust_field_array(uint16_t, pair, shorts, 2)
		lttng_ust_field_array_text(char, chars, text, 4)
		lttng_ust_field_sequence(uint16_t, some, shorts, uint8_t, n % 4)
		lttng_ust_field_sequence_text(char, begin, text, uint32_t, n % 3)))

LTTNG_UST_TRACEPOINT_EVENT(relay_kinds, nothing, LTTNG_UST_TP_ARGS(), LTTNG_UST_TP_FIELDS())

#endif

#include <lttng/tracepoint-event.h>
