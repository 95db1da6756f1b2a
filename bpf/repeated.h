/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A segment that was sent again together with new bytes comes as it is: its first bytes have been seen. recvmsg(2) looks at
 * the sequence numbers and leaves them out; tcp_read_skb (net/ipv4/tcp.c), which calls sk_skb programs, does not.
 */
#pragma once

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff___segment {
	char cb[48];
};

#pragma clang attribute pop

/* No message is longer than so many cuts, with the largest packets that IPv6 has (BIG TCP). */
#define MOST_CUTS 160
/* sk_skb_adjust_room in net/core/filter.c takes no more at once. */
#define LONGEST_CUT 4095

/* The sequence number of a TCP segment's first byte: struct tcp_skb_cb begins with it (include/net/tcp.h). */
static __always_inline __u32 sequence_of(struct __sk_buff *skb)
{
	__u32 seq = 0;

	bpf_probe_read_kernel(&seq, sizeof(seq), (void *)skb + bpf_core_field_offset(struct sk_buff___segment, cb));
	return seq;
}

/* Takes bytes away at a message's front; false where the kernel cannot. */
static __always_inline bool cut_front(struct __sk_buff *skb, __s32 bytes)
{
	for (int i = 0; i < MOST_CUTS && bytes > 0; i++) {
		__s32 cut = bytes > LONGEST_CUT ? LONGEST_CUT : bytes;

		if (bpf_skb_adjust_room(skb, -cut, 0, 0))
			return false;
		bytes -= cut;
	}
	return !bytes;
}
