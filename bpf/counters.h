/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What is counted, by group of sockets: the counters' index is looked up once for a socket and kept in its state. */
#pragma once

#include "bypass.h"
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_GROUPS);
	__type(key, __u32);
	__type(value, struct bypass_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, COUNTER_GROUPS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct group_key);
	__type(value, __u32);
} groups SEC(".maps");

static __u32 next_group = GROUP_OTHER + 1;

static __always_inline __u64 cgroup_of(struct sock *sk)
{
	return sk->sk_cgrp_data.cgroup->kn->id;
}

static __noinline __u32 find_group(__u64 cgroup_id, __u32 port)
{
	struct group_key key = { .cgroup_id = cgroup_id, .port = port };
	__u32 *known = bpf_map_lookup_elem(&groups, &key);
	__u32 group;

	if (known)
		return *known;
	if (next_group >= COUNTER_GROUPS)
		return GROUP_OTHER;
	group = __sync_fetch_and_add(&next_group, 1);
	if (group >= COUNTER_GROUPS)
		return GROUP_OTHER;
	if (!bpf_map_update_elem(&groups, &key, &group, BPF_NOEXIST))
		return group;
	/* Another CPU was faster. */
	known = bpf_map_lookup_elem(&groups, &key);
	return known ? *known : GROUP_OTHER;
}

/* Atomic, though each CPU has its own: programs stay on their CPU, but one may be preempted by another there. */
static __always_inline void count(struct bypass_counters *c, enum bypass_counter counter, __u64 n)
{
	__sync_fetch_and_add(&c->value[counter], n);
}

static __always_inline void count_in_group(__u32 group, enum bypass_counter counter)
{
	struct bypass_counters *c = bpf_map_lookup_elem(&counters, &group);

	if (c)
		count(c, counter, 1);
}

static __always_inline __u32 service_port(const struct entry_key *key, bool connected)
{
	return connected ? key->remote_port : key->local_port;
}

static __always_inline struct bypass_counters *counters_of(struct entry_state *state, struct tcp_sock *tp)
{
	__u32 group;

	if (state->group == GROUP_NONE)
		state->group = find_group(cgroup_of((struct sock *)tp),
					  service_port(&state->own, state->flags & ENTRY_CONNECTED));
	group = state->group;
	return bpf_map_lookup_elem(&counters, &group);
}
