/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a socket's psock says: who is about, and what waits in it to be read. */
#pragma once

#include "kernel.h"

/*
 * A field of a kernel struct at an address that may be stale: by a cast that the kernel checks (exact: no call), or by
 * a probe read (probing). Both give 0 or garbage, and no fault, where nothing is.
 */
#define PEEK(exact, type, address, field)                                                                             \
	({                                                                                                             \
		const __u64 address_ = (address);                                                                      \
		__typeof_unqual__(((type *)0)->field) value_ = {};                                                     \
		if (exact)                                                                                             \
			value_ = ((type *)bpf_rdonly_cast((void *)address_, bpf_core_type_id_kernel(type)))->field;    \
		else                                                                                                   \
			bpf_core_read(&value_, sizeof(value_), &((type *)address_)->field);                            \
		value_;                                                                                                \
	})

#define MOST_WAITERS 8

/* sk_user_data carries flags in its lowest bits (include/net/sock.h, SK_USER_DATA_PTRMASK). */
static __always_inline __u64 psock_of(__u64 sock, const bool exact)
{
	return (__u64)PEEK(exact, struct sock, sock, sk_user_data) & ~7ULL;
}

static __always_inline __u32 psock_references(__u64 psock, const bool exact)
{
	return PEEK(exact, struct sk_psock, psock, refcnt.refs.counter);
}

/*
 * How many threads wait in a receive or a send of this socket; at most MOST_WAITERS + 1.
 * waking: address of the kernel's woken_wake_function; where it is hidden, 0, epoll's entries count too.
 */
static __always_inline __u32 count_waiters(__u64 sock, __u64 waking, const bool exact)
{
	__u64 queue = (__u64)PEEK(exact, struct sock, sock, sk_wq);
	__u32 waiters = 0;
	__u64 head, item;

	if (!queue)
		return 0;
	head = queue + bpf_core_field_offset(struct socket_wq, wait.head);
	item = (__u64)PEEK(exact, struct list_head, head, next);
	for (int i = 0; i < MOST_WAITERS; i++) {
		__u64 waiter = item - bpf_core_field_offset(struct wait_queue_entry, entry);

		if (!item || item == head)
			return waiters;
		if (!waking || (__u64)PEEK(exact, struct wait_queue_entry, waiter, func) == waking)
			waiters++;
		item = (__u64)PEEK(exact, struct list_head, item, next);
	}
	return MOST_WAITERS + 1;
}

/* Bytes in the first messages of a psock's queue, for kernels that do not keep their sum; false where there are more. */
static __always_inline bool walk_queue(__u64 psock, __u64 *bytes, const int most, const bool exact)
{
	__u64 head = psock + bpf_core_field_offset(struct sk_psock, ingress_msg);
	__u64 item = (__u64)PEEK(exact, struct list_head, head, next);

	*bytes = 0;
	for (int i = 0; i < most; i++) {
		if (!item || item == head)
			return true;
		*bytes += PEEK(exact, struct sk_msg, item - bpf_core_field_offset(struct sk_msg, list), sg.size);
		item = (__u64)PEEK(exact, struct list_head, item, next);
	}
	return false;
}

/* Longer than queues get: a burst (LONG_BURST of bypass.bpf.c) of messages of one size, and some that were under way. */
#define MOST_LISTED_MESSAGES 3072

/* Redirected bytes that wait to be read. */
static __always_inline __u64 unread_bytes(__u64 psock)
{
	__u64 bytes;

	if (bpf_core_field_exists(struct sk_psock, msg_tot_len))
		return PEEK(false, struct sk_psock, psock, msg_tot_len);
	walk_queue(psock, &bytes, MOST_LISTED_MESSAGES, false);
	return bytes;
}

static __always_inline bool is_queue_empty(__u64 psock, const bool exact)
{
	__u64 head = psock + bpf_core_field_offset(struct sk_psock, ingress_msg);

	return (__u64)PEEK(exact, struct list_head, head, next) == head;
}
