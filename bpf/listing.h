/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What listings tell of the sockets in the map (rule 10). */
#pragma once

#include "bypass.h"
#include "kernel.h"
#include "nat.h"
#include "other.h"
#include "psock.h"
#include "sock.h"

#define TOLD (-1)

static __always_inline void read_queue(__u64 sock, struct entry_row *row, const bool exact)
{
	__u64 psock = psock_of(sock, exact);

	row->queue_empty = !psock || is_queue_empty(psock, exact);
	if (!row->queue_empty)
		row->queued_bytes = unread_bytes(psock);
}

/*
 * Whether no send is under way: one holds a reference and does not wait on the socket. Where the address that tells who
 * waits is hidden (epoll waits too) nothing can be told: a drain then gives sends time instead (Drain.cs).
 */
static __always_inline bool sends_nothing(__u64 sock, __u64 waking, const bool exact)
{
	__u64 psock = psock_of(sock, exact);
	__u32 references, waiters;

	if (!psock || !waking)
		return true;
	references = psock_references(psock, exact);
	if (references <= 1)
		return true;
	waiters = count_waiters(sock, waking, exact);
	return waiters <= MOST_WAITERS && references <= waiters + 1;
}

static __always_inline void read_socket(__u64 sock, struct entry_row *row, const bool exact)
{
	__u64 net = (__u64)PEEK(exact, struct sock, sock, __sk_common.skc_net.net);

	row->cookie = PEEK(exact, struct sock, sock, __sk_common.skc_cookie.counter);
	row->netns_cookie = PEEK(exact, struct net, net, net_cookie);
	row->netns_inode = PEEK(exact, struct net, net, ns.inum);
	row->inode = inode_at(sock, exact);
	row->cgroup_id = cgroup_at(sock, exact);
	row->uid = PEEK(exact, struct sock, sock, sk_uid.val);
	row->family = PEEK(exact, struct sock, sock, __sk_common.skc_family);
	row->state = PEEK(exact, struct sock, sock, __sk_common.skc_state);
	read_queue(sock, row, exact);
}

/* What is not in its state, but becomes part of it when something is sent. */
static __always_inline void read_unsettled(__u64 sock, struct entry_row *row, const bool exact)
{
	if (row->listed.last_tick) {
		row->now = bpf_ktime_get_ns();
		row->tick = bpf_jiffies64();
	}
	/* In later states write_seq counts the FIN. */
	if (!(row->listed.flags & ENTRY_UNCOUNTED) && (row->state == TCP_ESTABLISHED || row->state == TCP_CLOSE_WAIT))
		row->unsettled_bytes = PEEK(exact, struct tcp_sock, sock, write_seq) - row->listed.counted_seq;
}

/* An entry that the program itself was given. */
static __always_inline void read_entry(struct entry_row *row, const struct entry_key *key, struct sock *sk,
				       const struct entry_state *state, const bool exact)
{
	row->key = *key;
	read_socket((__u64)sk, row, exact);
	if (state) {
		__builtin_memcpy(&row->listed, state, sizeof(row->listed));
		read_unsettled((__u64)sk, row, exact);
	} else {
		mirror(&row->listed.peer, key);
	}
}

static __always_inline int list_entry(struct bpf_iter__sockmap *ctx, void *storage, __u64 waking, const bool exact)
{
	struct entry_key *key = ctx->key;
	struct sock *sk = ctx->sk;
	struct entry_row row = {};

	if (!sk || !key)
		return 0;
	read_entry(&row, key, sk, bpf_sk_storage_get(storage, sk, 0, 0), exact);
	row.quiet = sends_nothing((__u64)sk, waking, exact);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

/* An entry that the program found by itself, the other end of `own`; false where it is another's by now. */
static __always_inline bool read_other(struct entry_row *row, const struct entry_key *own, __u64 sock, void *storage,
				       const bool exact)
{
	__u64 state = find_value(sock, storage, exact);

	read_socket(sock, row, exact);
	if (!state) {
		mirror(&row->listed.peer, &row->key);
	} else {
		if (bpf_probe_read_kernel(&row->listed, sizeof(row->listed), (void *)state))
			return false;
		read_unsettled(sock, row, exact);
	}
	return is_same_key(&row->listed.peer, own) &&
	       row->cookie == (__u64)PEEK(exact, struct sock, sock, __sk_common.skc_cookie.counter);
}

/*
 * Writes the other end's row, whose key is in it, where it is this end's to tell. What that says of this end is returned,
 * or TOLD where this end has been told with the other one.
 */
static __always_inline int list_other(struct bpf_iter__sockmap *ctx, const struct entry_key *own,
				      struct entry_row *row, void *storage, __u32 options, const bool exact)
{
	__u64 map = (__u64)ctx->map, other;
	__u32 mask, bucket, other_bucket;

	if (!can_search())
		return OTHER_UNKNOWN;
	mask = PEEK(exact, struct bpf_shtab, map, buckets_num) - 1;
	bucket = hash_of(own) & mask;
	other_bucket = hash_of(&row->key) & mask;
	if (bucket == other_bucket)
		return OTHER_UNKNOWN;
	other = find_socket(map, &row->key, other_bucket, exact);
	/* None, or the kernel hashes otherwise than we know. */
	if (!other)
		return find_socket(map, own, bucket, exact) == (__u64)ctx->sk ? OTHER_ABSENT : OTHER_UNKNOWN;
	if (other == NOT_SEARCHED)
		return OTHER_UNKNOWN;
	/* The peer of its peer is itself, but where NAT may have made it another. */
	if (other_bucket < bucket && !(options & OPTION_THROUGH_NAT))
		return TOLD;
	if (!read_other(row, own, other, storage, exact))
		return OTHER_UNKNOWN;
	if (other_bucket < bucket)
		return TOLD;
	row->other = OTHER_FOLLOWS;
	bpf_seq_write(ctx->meta->seq, row, sizeof(*row));
	return OTHER_PRECEDES;
}

/*
 * What list_entry() writes, with the other end: that one is written before whichever of the two comes first in the map,
 * so that nobody need keep a row until its other end comes. One whose other end leaves meanwhile may be told twice.
 */
static __always_inline int list_pair(struct bpf_iter__sockmap *ctx, void *storage, __u32 options, const bool exact)
{
	struct entry_state *state = NULL;
	struct entry_key *key = ctx->key;
	struct sock *sk = ctx->sk;
	struct entry_row row = {};
	int other;

	if (!sk || !key)
		return 0;
	if (options & OPTION_THROUGH_NAT)
		state = bpf_sk_storage_get(storage, sk, 0, 0);
	if (state)
		row.key = state->peer;
	else
		mirror(&row.key, key);
	other = list_other(ctx, key, &row, storage, options, exact);
	if (other == TOLD)
		return 0;
	if (!state)
		state = bpf_sk_storage_get(storage, sk, 0, 0);
	__builtin_memset(&row, 0, sizeof(row));
	row.other = other;
	read_entry(&row, key, sk, state, exact);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}
