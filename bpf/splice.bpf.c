/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A proxy's data plane: what one socket of a pair receives is sent by the other, and never comes up to user space while
 * that one has room for it. Where it has not, messages are left to user space until it has sent every one of them, so
 * that no byte overtakes another and TCP's own window holds the sender.
 */
#include "kernel.h"
#include "psock.h"
#include "repeated.h"
#include "splice.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define NO_FLAGS 0
/* What a message may cost a send buffer beside its bytes (struct sk_buff with its head, include/linux/skbuff.h). */
#define MESSAGE_COST 2304

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");

/* Beside what kernel.h has of these: where a socket's send buffer and its psock's queue of messages to send are. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock___buffer {
	int sk_sndbuf;
	int sk_wmem_queued;
	__u8 sk_shutdown;
};

struct sk_buff_head {
	__u32 qlen;
};

struct sk_psock___queue {
	struct sk_buff_head ingress_skb;
};

#pragma clang attribute pop

/* Which number the socket of each cookie has. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u64);
	__type(value, __u32);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct splice_way);
} ways SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct splice_bell);
} bells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct splice_totals);
} totals SEC(".maps");

/* Numbers of sockets with bytes for user space: one at a time for each, so that it has room for all. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} signals SEC(".maps");

/* Whether the partner can take this message into its send buffer at once, behind all that was redirected to it before. */
static __always_inline bool has_room(struct splice_way *way, __u32 partner, __u32 length)
{
	struct bpf_sock *found;
	struct tcp_sock *tp;
	bool room = false;

	found = bpf_map_lookup_elem(&sockets, &partner);
	if (!found)
		return false;
	tp = bpf_skc_to_tcp_sock(found);
	if (tp) {
		struct sock___buffer *buffer = (void *)tp;
		__u32 sent = (__u32)way->redirected_bytes + (__u32)way->handed_bytes;
		__u32 write_seq = tp->write_seq;
		__s64 needed = length + MESSAGE_COST;
		__s32 waiting;

		if (!way->has_base) {
			way->base_seq = write_seq - sent;
			way->has_base = 1;
		}
		waiting = way->base_seq + sent - write_seq;
		if (waiting > 0)
			needed += waiting;
		needed += (__s64)PEEK(true, struct sk_psock___queue, psock_of((__u64)tp, true), ingress_skb.qlen) * MESSAGE_COST;
		room = !(buffer->sk_shutdown & SEND_SHUTDOWN) && buffer->sk_wmem_queued + needed <= buffer->sk_sndbuf;
	}
	bpf_sk_release(found);
	return room;
}

static __always_inline void ring(__u32 number)
{
	struct splice_bell *bell = bpf_map_lookup_elem(&bells, &number);

	if (bell && !__sync_lock_test_and_set(&bell->rung, 1))
		bpf_ringbuf_output(&signals, &number, sizeof(number), NO_FLAGS);
}

/* See repeated.h. False where what comes is none of the stream, or cannot be cut. */
static __always_inline bool cut_repeated(struct __sk_buff *skb, struct splice_way *way)
{
	struct splice_totals *total;
	struct bpf_sock *sk = skb->sk;
	struct tcp_sock *tp;
	__u32 seq, none = 0;
	__s32 repeated;

	if (!sk)
		return false;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return false;
	seq = sequence_of(skb);
	if (!way->has_expected) {
		way->expected_seq = tp->copied_seq;
		way->has_expected = 1;
	}
	repeated = way->expected_seq - seq;
	way->expected_seq = seq + skb->len;
	if (!repeated)
		return true;
	if (repeated < 0 || (__u32)repeated >= skb->len)
		return false;
	way->repeated_bytes += repeated;
	total = bpf_map_lookup_elem(&totals, &none);
	if (total)
		total->repeated_bytes += repeated;
	return cut_front(skb, repeated);
}

SEC("sk_skb/stream_verdict")
int splice(struct __sk_buff *skb)
{
	__u32 length = skb->len, number, partner, none = 0;
	__u64 cookie = bpf_get_socket_cookie(skb);
	struct splice_totals *total;
	struct splice_way *way;
	__u32 *known;

	/* A FIN alone is seen in the socket's state. */
	if (!length)
		return SK_DROP;
	known = bpf_map_lookup_elem(&numbers, &cookie);
	/* A socket that its proxy has given up, but that somebody else still holds. */
	if (!known)
		return SK_DROP;
	number = *known;
	way = bpf_map_lookup_elem(&ways, &number);
	if (!way)
		return SK_DROP;
	if (way->is_broken || !cut_repeated(skb, way)) {
		way->is_broken = 1;
		ring(number);
		return SK_DROP;
	}
	length = skb->len;
	partner = number ^ 1;
	if (way->ready && way->passed_bytes == way->handed_bytes && has_room(way, partner, length) &&
	    bpf_sk_redirect_map(skb, &sockets, partner, NO_FLAGS) == SK_PASS) {
		way->redirected_bytes += length;
		way->redirected_messages++;
		total = bpf_map_lookup_elem(&totals, &none);
		if (total) {
			total->bytes[number & 1] += length;
			total->messages[number & 1]++;
		}
		return SK_PASS;
	}
	way->passed_bytes += length;
	way->passed_messages++;
	ring(number);
	return SK_PASS;
}
