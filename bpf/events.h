/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Events for whoever watches: a watcher puts a ring buffer of its own into a place of `watchers`, and takes it out when
 * it ends. While nobody watches an event costs the look into the empty places, and messages as such are no events.
 */
#pragma once

#include "bypass.h"
#include "counters.h"
#include "kernel.h"

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MOST_WATCHERS);
	__type(key, __u32);
	__array(values, struct ring);
} watchers SEC(".maps");

/* Events that found a watcher's ring buffer full. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MOST_WATCHERS);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline bool is_watched(void)
{
	for (__u32 i = 0; i < MOST_WATCHERS; i++) {
		__u32 place = i;

		if (bpf_map_lookup_elem(&watchers, &place))
			return true;
	}
	return false;
}

static __always_inline void emit(struct bypass_event *event)
{
	for (__u32 i = 0; i < MOST_WATCHERS; i++) {
		__u32 place = i;
		void *ring = bpf_map_lookup_elem(&watchers, &place);
		__u64 *missed;

		if (!ring || !bpf_ringbuf_output(ring, event, sizeof(*event), 0))
			continue;
		missed = bpf_map_lookup_elem(&lost, &place);
		if (missed)
			__sync_fetch_and_add(missed, 1);
	}
}

static __always_inline void describe(struct bypass_event *event, struct tcp_sock *tp, enum event_kind kind,
				     __u32 reason)
{
	struct sock *sk = (struct sock *)tp;

	event->time = bpf_ktime_get_ns();
	event->cookie = sk->__sk_common.skc_cookie.counter;
	event->cgroup_id = cgroup_of(sk);
	event->uid = sk->sk_uid.val;
	event->kind = kind;
	event->reason = reason;
}

/* Something happened to a socket that is in the map. */
static __noinline void report(struct entry_state *state, struct tcp_sock *tp, __u32 kind, __u32 reason)
{
	struct bypass_event event = {};

	if (!is_watched())
		return;
	event.key = state->own;
	event.connected = !!(state->flags & ENTRY_CONNECTED);
	event.redirected_messages = state->redirected_messages;
	event.redirected_bytes = state->redirected_bytes;
	event.tcp_messages = state->tcp_messages;
	event.tcp_bytes = state->tcp_bytes;
	event.spilled_messages = state->spilled_messages;
	describe(&event, tp, kind, reason);
	emit(&event);
}

/* Something happened to a socket that is not, or not yet. */
static __noinline void report_newcomer(struct entry_key *key, struct tcp_sock *tp, __u32 kind, __u32 reason,
				       __u32 connected)
{
	struct bypass_event event = {};

	if (!is_watched())
		return;
	event.key = *key;
	event.connected = connected;
	describe(&event, tp, kind, reason);
	emit(&event);
}
