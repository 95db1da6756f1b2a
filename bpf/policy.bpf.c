/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Policy: which messages may be sent and received, and which of them a bypass may redirect. A message is judged where it is
 * sent, by sk_msg: in the bypass that the socket is in (gate), or in a SOCKHASH of the policy's own (judge), which takes
 * in what no bypass does (enroll). Data that comes is judged before the socket has it (receive).
 */
#include "kernel.h"
#include "policy.h"
#include "psock.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup___tree {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

#pragma clang attribute pop

const volatile struct policy_config config = { .layout = POLICY_LAYOUT };

/* Which of the two sets holds, by its lowest bit: writing the next number is the one step in which a set takes over. */
volatile __u64 generation = FIRST_GENERATION;

struct policy_set {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	/* As types they would be forward declarations here: clang writes out what a pointer in such a struct points to once. */
	__uint(key_size, sizeof(struct set_key));
	__uint(value_size, sizeof(struct set_value));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct policy_set);
} sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, POLICY_COUNTERS);
	__type(key, __u32);
	__type(value, struct rule_counters);
} counters SEC(".maps");

/* Sockets that are in no bypass, by cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} members SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct policy_state);
} storage SEC(".maps");

/*
 * Sockets, by cookie, of which a message was refused. The kernel (tcp_bpf_send_verdict in net/ipv4/tcp_bpf.c) keeps that
 * verdict in the psock and asks no program again, so that user space gives them a new one when the rules have changed.
 */
struct {
	/* Those that were closed since make room in time. */
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u32);
} refused SEC(".maps");

/* Sockets that could not be taken in (enum enroll_counter). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ENROLL_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} enrolled SEC(".maps");

/* What rules ask for. */
struct flow {
	__u32 local_address[4];
	__u32 remote_address[4];
	__u32 local_port;
	__u32 remote_port;
};

/* A bypass's own, in whose place this one is loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} slot SEC(".maps");

struct verdict {
	__u32 action;
	__u32 counter;
	__u32 personal;
};

/* ---- what a socket is ---- */

static __always_inline void write_address(__u32 to[4], __u32 a, __u32 b, __u32 c, __u32 d)
{
	to[0] = a;
	to[1] = b;
	to[2] = c;
	to[3] = d;
}

static __always_inline bool read_flow(struct sock *sk, struct flow *flow)
{
	const __u32 mapped = bpf_htonl(0xffff);

	if (sk->__sk_common.skc_family == AF_INET) {
		write_address(flow->local_address, 0, 0, mapped, sk->__sk_common.skc_rcv_saddr);
		write_address(flow->remote_address, 0, 0, mapped, sk->__sk_common.skc_daddr);
	} else if (sk->__sk_common.skc_family == AF_INET6) {
		write_address(flow->local_address, sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[0],
			      sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[1],
			      sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[2],
			      sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[3]);
		write_address(flow->remote_address, sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[0],
			      sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[1],
			      sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[2],
			      sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[3]);
	} else {
		return false;
	}
	flow->local_port = sk->__sk_common.skc_num;
	flow->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	return true;
}

#define MOST_LEVELS 32

static __always_inline struct cgroup_subsys_state *cgroup_state_of(struct sock *sk)
{
	return (void *)sk->sk_cgrp_data.cgroup + bpf_core_field_offset(struct cgroup___tree, self);
}

static __always_inline __u64 cgroup_id_of(struct cgroup_subsys_state *self)
{
	struct cgroup___tree *cgroup = (void *)self - bpf_core_field_offset(struct cgroup___tree, self);

	return BPF_CORE_READ(cgroup, kn, id);
}

static __always_inline bool is_below(struct sock *sk, __u64 cgroup_id)
{
	struct cgroup_subsys_state *self = cgroup_state_of(sk);

	for (int i = 0; i < MOST_LEVELS && self; i++) {
		if (cgroup_id_of(self) == cgroup_id)
			return true;
		self = BPF_CORE_READ(self, parent);
	}
	return false;
}

/* ---- what the rules say ---- */

static __always_inline void write_number(__u8 *to, __u64 number, __u32 bytes)
{
	for (__u32 i = 0; i < bytes; i++)
		to[i] = number >> (8 * (bytes - 1 - i));
}

static __always_inline void narrow(void *set, struct set_key *key, enum set_kind kind, __u32 bits, __u64 *rules)
{
	struct set_value *value;

	key->kind = kind;
	key->prefix_length = SET_KIND_BITS + bits;
	value = bpf_map_lookup_elem(set, key);
	for (int i = 0; i < RULE_WORDS; i++)
		rules[i] &= value ? value->word[i] : 0;
}

/* A rule's cgroups are those below too. */
static __always_inline void narrow_by_cgroup(void *set, struct set_key *key, struct sock *sk, __u64 *rules)
{
	struct cgroup_subsys_state *self = cgroup_state_of(sk);
	__u64 any[RULE_WORDS] = {};

	key->kind = KIND_CGROUP;
	key->prefix_length = SET_KIND_BITS + 64;
	for (int i = 0; i < MOST_LEVELS && self; i++) {
		struct set_value *value;

		write_number(key->data, cgroup_id_of(self), 8);
		value = bpf_map_lookup_elem(set, key);
		if (value) {
			for (int w = 0; w < RULE_WORDS; w++)
				any[w] |= value->word[w];
		}
		self = BPF_CORE_READ(self, parent);
	}
	for (int w = 0; w < RULE_WORDS; w++)
		rules[w] &= any[w];
}

static __always_inline __u32 lowest_bit(__u64 word)
{
	__u32 bit = 0;

	for (__u32 width = 32; width; width >>= 1) {
		if (!(word & ((1ULL << width) - 1))) {
			word >>= width;
			bit += width;
		}
	}
	return bit;
}

static __always_inline __u32 first_of(__u64 *rules)
{
	for (__u32 i = 0; i < RULE_WORDS; i++) {
		if (rules[i])
			return i * 64 + lowest_bit(rules[i]);
	}
	return MOST_RULES;
}

/* The first rule that matches; MOST_RULES where none does. */
static __always_inline __u32 find_rule(void *set, struct set_key *key, struct sock *sk, struct flow *flow, __u32 criteria)
{
	__u64 rules[RULE_WORDS];
	struct set_value *all;

	key->kind = KIND_ALL;
	key->prefix_length = SET_KIND_BITS;
	all = bpf_map_lookup_elem(set, key);
	if (!all)
		return MOST_RULES;
	__builtin_memcpy(rules, all->word, sizeof(rules));
	if (criteria & (1 << KIND_REMOTE_ADDRESS)) {
		__builtin_memcpy(key->data, flow->remote_address, sizeof(key->data));
		narrow(set, key, KIND_REMOTE_ADDRESS, 128, rules);
	}
	if (criteria & (1 << KIND_LOCAL_ADDRESS)) {
		__builtin_memcpy(key->data, flow->local_address, sizeof(key->data));
		narrow(set, key, KIND_LOCAL_ADDRESS, 128, rules);
	}
	if (criteria & (1 << KIND_REMOTE_PORT)) {
		write_number(key->data, flow->remote_port, 2);
		narrow(set, key, KIND_REMOTE_PORT, 16, rules);
	}
	if (criteria & (1 << KIND_LOCAL_PORT)) {
		write_number(key->data, flow->local_port, 2);
		narrow(set, key, KIND_LOCAL_PORT, 16, rules);
	}
	if (!sk)
		return first_of(rules);
	if (criteria & (1 << KIND_UID)) {
		write_number(key->data, sk->sk_uid.val, 4);
		narrow(set, key, KIND_UID, 32, rules);
	}
	if (criteria & (1 << KIND_CGROUP))
		narrow_by_cgroup(set, key, sk, rules);
	return first_of(rules);
}

/* sk: whose rules these are; null where it is not known, which rule_head's personal tells of the rule found. */
static __always_inline void decide(struct sock *sk, struct flow *flow, __u32 direction, __u64 number,
				   struct verdict *verdict)
{
	__u32 index = number & 1;
	struct set_key key = { .prefix_length = SET_KIND_BITS, .kind = KIND_HEAD };
	struct direction_head *defaults;
	struct rule_head *rule;
	struct set_head *head;
	__u32 found;
	void *set;

	verdict->action = ACTION_NONE;
	verdict->counter = 0;
	verdict->personal = 0;
	if (sk && config.cgroup_id && !is_below(sk, config.cgroup_id))
		return;
	set = bpf_map_lookup_elem(&sets, &index);
	if (!set)
		return;
	head = bpf_map_lookup_elem(set, &key);
	if (!head || head->disabled)
		return;
	defaults = direction == DIRECTION_EGRESS ? &head->direction[0] : &head->direction[1];
	verdict->action = defaults->action;
	verdict->counter = defaults->counter;
	if (!defaults->rules)
		return;
	key.direction = direction;
	found = find_rule(set, &key, sk, flow, defaults->criteria);
	if (found >= MOST_RULES)
		return;
	__builtin_memset(key.data, 0, sizeof(key.data));
	key.kind = KIND_RULE;
	key.direction = 0;
	key.prefix_length = SET_KIND_BITS + 32;
	write_number(key.data, found, 2);
	rule = bpf_map_lookup_elem(set, &key);
	if (!rule)
		return;
	verdict->action = rule->action;
	verdict->counter = rule->counter;
	verdict->personal = rule->personal;
}

/* ---- what was decided before ---- */

static __always_inline bool recall(struct policy_state *state, enum decision which, __u64 number, struct verdict *verdict)
{
	__u64 decided = *(volatile __u64 *)&state->decided[which];

	if (decided >> 32 != (__u32)number)
		return false;
	verdict->action = decided & 0xff;
	verdict->counter = (__u32)decided >> 8;
	return true;
}

static __always_inline void remember(struct policy_state *state, enum decision which, __u64 number,
				     struct verdict *verdict)
{
	*(volatile __u64 *)&state->decided[which] = number << 32 | (__u64)verdict->counter << 8 | verdict->action;
}

/* ---- judging ---- */

static __always_inline void count(__u32 counter, __u64 bytes)
{
	struct rule_counters *c = bpf_map_lookup_elem(&counters, &counter);

	if (!c)
		return;
	__sync_fetch_and_add(&c->messages, 1);
	__sync_fetch_and_add(&c->bytes, bytes);
}

static __always_inline void count_verdict(struct verdict *verdict, __u32 direction, __u64 bytes)
{
	if (verdict->action == ACTION_NONE)
		return;
	count(verdict->counter, bytes);
	if (verdict->action == ACTION_DROP)
		count(COUNTER_DROPPED + direction, bytes);
}

static __always_inline void judge_sending(struct sock *sk, struct policy_state *state, struct flow *flow, __u64 number,
					  struct verdict *verdict)
{
	if (recall(state, DECIDED_EGRESS, number, verdict))
		return;
	decide(sk, flow, DIRECTION_EGRESS, number, verdict);
	remember(state, DECIDED_EGRESS, number, verdict);
}

/*
 * May what a socket sends skip the packets by which its receiver judges? Whose socket that is nobody can tell here, so that
 * a rule which asks for that, as one that drops, says no: then it goes over TCP, and receive() has its exact say.
 */
static __always_inline bool may_skip_packets(struct policy_state *state, struct flow *flow, __u64 number)
{
	struct verdict verdict;
	struct flow reverse;

	if (!recall(state, DECIDED_RECEIVER, number, &verdict)) {
		__builtin_memcpy(reverse.local_address, flow->remote_address, sizeof(reverse.local_address));
		__builtin_memcpy(reverse.remote_address, flow->local_address, sizeof(reverse.remote_address));
		reverse.local_port = flow->remote_port;
		reverse.remote_port = flow->local_port;
		decide(0, &reverse, DIRECTION_INGRESS, number, &verdict);
		if (verdict.personal)
			verdict.action = ACTION_DROP;
		remember(state, DECIDED_RECEIVER, number, &verdict);
	}
	return verdict.action != ACTION_DROP;
}

static __always_inline struct tcp_sock *open_message(struct sk_msg_md *msg, struct flow *flow,
						     struct policy_state **state)
{
	struct bpf_sock *own = msg->sk;
	struct tcp_sock *tp;

	if (!own)
		return 0;
	tp = bpf_skc_to_tcp_sock(own);
	if (!tp || !read_flow((struct sock *)tp, flow))
		return 0;
	*state = bpf_sk_storage_get(&storage, own, 0, BPF_SK_STORAGE_GET_F_CREATE);
	return *state ? tp : 0;
}

static __always_inline int refuse(struct tcp_sock *tp, struct policy_state *state)
{
	__u64 cookie = tp->inet_conn.icsk_inet.sk.__sk_common.skc_cookie.counter;
	__u32 one = 1;

	if (!state->refused && !bpf_map_update_elem(&refused, &cookie, &one, BPF_ANY))
		state->refused = 1;
	return SK_DROP;
}

/* A message of a socket that is in no bypass. The program is attached to `members`. */
SEC("sk_msg")
int judge(struct sk_msg_md *msg)
{
	__u64 number = generation;
	struct policy_state *state;
	struct verdict verdict;
	struct tcp_sock *tp;
	struct flow flow;

	tp = open_message(msg, &flow, &state);
	if (!tp)
		return SK_PASS;
	judge_sending((struct sock *)tp, state, &flow, number, &verdict);
	count_verdict(&verdict, DIRECTION_EGRESS, msg->size);
	return verdict.action == ACTION_DROP ? refuse(tp, state) : SK_PASS;
}

/*
 * A message of a socket that is in a bypass, before its verdict. What has to stay on TCP goes to the leaving verdict, which
 * redirects only behind redirected bytes that wait unread.
 */
SEC("sk_msg")
int gate(struct sk_msg_md *msg)
{
	__u64 number = generation;
	struct policy_state *state;
	struct verdict verdict;
	struct tcp_sock *tp;
	struct flow flow;

	tp = open_message(msg, &flow, &state);
	if (tp) {
		judge_sending((struct sock *)tp, state, &flow, number, &verdict);
		count_verdict(&verdict, DIRECTION_EGRESS, msg->size);
		if (verdict.action == ACTION_DROP)
			return refuse(tp, state);
		/* TCP behind unread redirected bytes is in order, too: the switch-over rule is asked again later. */
		if (!may_skip_packets(state, &flow, number))
			return SK_PASS;
		if (verdict.action == ACTION_NO_BYPASS) {
			bpf_tail_call(msg, &slot, SLOT_LEAVE);
			return SK_PASS;
		}
	}
#pragma unroll
	for (__u32 i = 1; i < MOST_POLICIES; i++) {
		if (i > config.number)
			bpf_tail_call(msg, &slot, SLOT_GATES + i);
	}
	bpf_tail_call(msg, &slot, SLOT_VERDICT);
	return SK_PASS;
}

/* ---- data that comes ---- */

/* Addresses and ports of a packet from the view of its receiver, a TCP socket; false where it brings no data. */
static __always_inline bool read_packet(struct __sk_buff *skb, struct sock *sk, struct flow *flow, __u32 *bytes)
{
	const __u32 mapped = bpf_htonl(0xffff);
	__u32 words[10], header;
	__u8 tcp[14];

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, 0, words, 20))
			return false;
		header = (((__u8 *)words)[0] & 15) * 4;
		write_address(flow->remote_address, 0, 0, mapped, words[3]);
		write_address(flow->local_address, 0, 0, mapped, words[4]);
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(skb, 0, words, 40))
			return false;
		header = 40;
		write_address(flow->remote_address, words[2], words[3], words[4], words[5]);
		write_address(flow->local_address, words[6], words[7], words[8], words[9]);
		/* Headers between IPv6 and TCP, which hardly anybody sends: taken for data, so that nothing passes by them. */
		if (((__u8 *)words)[6] != IPPROTO_TCP) {
			flow->local_port = sk->__sk_common.skc_num;
			flow->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
			*bytes = skb->len - header;
			return true;
		}
	} else {
		return false;
	}
	if (bpf_skb_load_bytes(skb, header, tcp, sizeof(tcp)))
		return false;
	flow->remote_port = tcp[0] << 8 | tcp[1];
	flow->local_port = tcp[2] << 8 | tcp[3];
	header += (tcp[12] >> 4) * 4;
	if (skb->len <= header)
		return false;
	*bytes = skb->len - header;
	return true;
}

/*
 * Not taken, a packet with data is not acknowledged either: the sender keeps it and sends it again, so that what is held
 * back here is not lost. Packets without data pass, as the answers to what the socket itself sends are among them.
 */
SEC("cgroup_skb/ingress")
int receive(struct __sk_buff *skb)
{
	__u64 number = generation;
	struct policy_state *state;
	struct verdict verdict;
	struct tcp_sock *tp;
	struct flow flow;
	__u32 bytes;
	void *own = skb->sk;

	if (!own)
		return 1;
	own = bpf_sk_fullsock(own);
	if (!own)
		return 1;
	tp = bpf_skc_to_tcp_sock(own);
	if (!tp || !read_packet(skb, (struct sock *)tp, &flow, &bytes))
		return 1;
	/* A listener gets the first data of many connections. */
	state = ((struct sock *)tp)->__sk_common.skc_state == TCP_LISTEN ?
			0 :
			bpf_sk_storage_get(&storage, own, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!state || !recall(state, DECIDED_INGRESS, number, &verdict)) {
		decide((struct sock *)tp, &flow, DIRECTION_INGRESS, number, &verdict);
		if (state)
			remember(state, DECIDED_INGRESS, number, &verdict);
	}
	count_verdict(&verdict, DIRECTION_INGRESS, bytes);
	return verdict.action != ACTION_DROP;
}

/* ---- taking sockets in ---- */

static __always_inline void count_enrolled(__u32 counter)
{
	__u64 *c = bpf_map_lookup_elem(&enrolled, &counter);

	if (c)
		__sync_fetch_and_add(c, 1);
}

static __always_inline void count_outcome(int error)
{
	count_enrolled(!error ? ENROLLED : error == -E2BIG ? ENROLL_FULL : ENROLL_REFUSED);
}

static __always_inline bool may_enroll(struct tcp_sock *tp)
{
	if (config.cgroup_id && !is_below((struct sock *)tp, config.cgroup_id))
		return false;
	/* See is_out_of_the_ordinary() of bypass.bpf.c. */
	if (BPF_CORE_READ_BITFIELD(&tp->inet_conn.icsk_inet.sk, sk_kern_sock) || BPF_CORE_READ_BITFIELD(tp, repair))
		return false;
	if (!psock_of((__u64)tp, false))
		return true;
	count_enrolled(ENROLLED_ELSEWHERE);
	return false;
}

/*
 * Runs behind the bypasses' programs: attached to the root of the cgroups, and there as the last. A socket can be in one
 * sockmap with an sk_msg program only, and what a bypass has is judged there.
 */
SEC("sockops")
int enroll(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct tcp_sock *tp;
	__u64 cookie;

	if (ops->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && ops->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return 1;
	if (!sk)
		return 1;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 1;
	/* Of a former connection of the same socket. */
	bpf_sk_storage_delete(&storage, sk);
	if (!may_enroll(tp))
		return 1;
	cookie = bpf_get_socket_cookie(ops);
	count_outcome(bpf_sock_hash_update(ops, &members, &cookie, BPF_NOEXIST));
	return 1;
}

/* Takes in what was established before, of one network namespace. */
SEC("iter/tcp")
int enroll_established(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct tcp_sock *tp;
	__u64 cookie;

	if (!common || common->skc_state != TCP_ESTABLISHED)
		return 0;
	tp = bpf_skc_to_tcp_sock(common);
	if (!tp || !may_enroll(tp))
		return 0;
	cookie = bpf_get_socket_cookie(tp);
	bpf_sk_storage_delete(&storage, tp);
	count_outcome(bpf_map_update_elem(&members, &cookie, tp, BPF_NOEXIST));
	return 0;
}

/* Writes the cookies of members of which a message was refused, and in which no thread is that would keep the psock. */
SEC("iter/sockmap")
int list_refused(struct bpf_iter__sockmap *ctx)
{
	struct sock *sk = ctx->sk;
	__u64 cookie, psock;

	if (!sk)
		return 0;
	cookie = sk->__sk_common.skc_cookie.counter;
	psock = psock_of((__u64)sk, false);
	if (bpf_map_lookup_elem(&refused, &cookie) && psock && psock_references(psock, false) == 1)
		bpf_seq_write(ctx->meta->seq, &cookie, sizeof(cookie));
	return 0;
}
