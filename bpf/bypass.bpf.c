/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The bypass: sock_ops puts the two ends of local connections into a SOCKHASH, sk_msg hands each message to the other
 * end's socket. The rules (numbers below) are those of DESIGN.md, section 3.
 */
#include "bypass.h"
#include "counters.h"
#include "events.h"
#include "kernel.h"
#include "listing.h"
#include "nat.h"
#include "psock.h"
#include "sock.h"
#include "streams.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile struct bypass_config config = { .layout = BYPASS_LAYOUT };
const volatile __u8 included_ports[PORT_BITMAP_BYTES] = {};
const volatile __u8 excluded_ports[PORT_BITMAP_BYTES] = {};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, struct entry_key);
	/* 8 bytes, so that a look-up from user space gives the socket's cookie. */
	__type(value, __u64);
} sockhash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct entry_state);
} storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} slot SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct address_key);
	__type(value, __u32);
} included_addresses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct address_key);
	__type(value, __u32);
} excluded_addresses SEC(".maps");

/* Sockets on their way out, by cookie, for mark(): enum entry_leaving. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} marks SEC(".maps");

/* Whether policies judge what is sent here: sockets then stay, as nobody would judge what they send outside. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} judged SEC(".maps");

/* ---- taking sockets in (rules 1 and 2) ---- */

static __always_inline bool has_port(const volatile __u8 *bitmap, __u32 port)
{
	return bitmap[(port >> 3) & (PORT_BITMAP_BYTES - 1)] & (1 << (port & 7));
}

static __always_inline bool has_address(void *trie, const __u8 address[16])
{
	struct address_key key = { .prefix_length = 128 };

	__builtin_memcpy(key.address, address, sizeof(key.address));
	return bpf_map_lookup_elem(trie, &key);
}

static __always_inline void write_address(__u8 to[16], __u32 a, __u32 b, __u32 c, __u32 d)
{
	__u32 *words = (__u32 *)to;

	words[0] = a;
	words[1] = b;
	words[2] = c;
	words[3] = d;
}

static __noinline bool read_key(struct bpf_sock_ops *ops, struct entry_key *key)
{
	const __u32 mapped = bpf_htonl(0xffff);

	if (ops->family == AF_INET && (config.options & OPTION_IPV4)) {
		write_address(key->local_address, 0, 0, mapped, ops->local_ip4);
		write_address(key->remote_address, 0, 0, mapped, ops->remote_ip4);
	} else if (ops->family == AF_INET6) {
		__u32 first = ops->remote_ip6[0], second = ops->remote_ip6[1], third = ops->remote_ip6[2];
		bool is_mapped = !first && !second && third == mapped;

		if (!(config.options & (is_mapped ? OPTION_IPV4 : OPTION_IPV6)))
			return false;
		write_address(key->local_address, ops->local_ip6[0], ops->local_ip6[1], ops->local_ip6[2],
			      ops->local_ip6[3]);
		write_address(key->remote_address, first, second, third, ops->remote_ip6[3]);
	} else {
		return false;
	}
	key->local_port = ops->local_port;
	key->remote_port = bpf_ntohl(ops->remote_port);
	return true;
}

/*
 * `service` is the port that was listened on: both ends of a connection decide alike. Where NAT is between them the end
 * that connected decides for both, and what the accepted one sees (NULL otherwise) counts as what it sees itself.
 */
static __always_inline bool passes_filters(const struct entry_key *key, __u32 service, const struct entry_key *accepted)
{
	if ((config.options & OPTION_INCLUDED_PORTS) && !has_port(included_ports, service) &&
	    !(accepted && has_port(included_ports, accepted->local_port)))
		return false;
	if ((config.options & OPTION_EXCLUDED_PORTS) && (has_port(excluded_ports, service) ||
							 (accepted && has_port(excluded_ports, accepted->local_port))))
		return false;
	if ((config.options & OPTION_INCLUDED_ADDRESSES) && !has_address(&included_addresses, key->local_address) &&
	    !has_address(&included_addresses, key->remote_address) &&
	    !(accepted && has_address(&included_addresses, accepted->local_address)))
		return false;
	if ((config.options & OPTION_EXCLUDED_ADDRESSES) &&
	    (has_address(&excluded_addresses, key->local_address) || has_address(&excluded_addresses, key->remote_address) ||
	     (accepted && has_address(&excluded_addresses, accepted->local_address))))
		return false;
	return true;
}

static __always_inline bool leaves_through_loopback(struct tcp_sock *tp)
{
	struct dst_entry *route = tp->inet_conn.icsk_inet.sk.sk_dst_cache;

	return route && (route->dev->flags & IFF_LOOPBACK);
}

/* The other end may be in another namespace of this host: every device but those that a NIC's driver made. */
static __always_inline bool leaves_through_virtual_device(struct tcp_sock *tp)
{
	struct dst_entry *route = tp->inet_conn.icsk_inet.sk.sk_dst_cache;

	return route && ((route->dev->flags & IFF_LOOPBACK) || route->dev->rtnl_link_ops);
}

/* Addresses that mean another socket in every namespace: 127.0.0.0/8, ::1, fe80::/10. */
static __always_inline bool is_namespace_bound(const __u8 address[16])
{
	const __u32 *words = (const __u32 *)address;

	if (words[0] || words[1])
		return (words[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
	if (words[2] == bpf_htonl(0xffff))
		return address[12] == 127;
	return !words[2] && words[3] == bpf_htonl(1);
}

/*
 * Sockets that the kernel made (an NFS server's) get a sk_user_data of their maker's after they are established, over
 * the psock. What is written to a socket in TCP_REPAIR may be bytes to receive.
 */
static __always_inline bool is_out_of_the_ordinary(struct tcp_sock *tp)
{
	return BPF_CORE_READ_BITFIELD(&tp->inet_conn.icsk_inet.sk, sk_kern_sock) || BPF_CORE_READ_BITFIELD(tp, repair);
}

static __always_inline __u64 scope_of(struct bpf_sock_ops *ops, const struct entry_key *key)
{
	if ((config.options & OPTION_CROSS_NAMESPACE) && !is_namespace_bound(key->local_address) &&
	    !is_namespace_bound(key->remote_address))
		return 0;
	return bpf_get_netns_cookie(ops);
}

/* ---- pairs with NAT between them (nat.h) ---- */

/* `source` is the address that connects: what both ends know alike, other than each other's keys. */
static __always_inline __u64 nat_scope_of(struct bpf_sock_ops *ops, const __u8 source[16])
{
	if ((config.options & OPTION_CROSS_NAMESPACE) && !is_namespace_bound(source))
		return 0;
	return bpf_get_netns_cookie(ops);
}

static __always_inline void write_connecting_key(struct bpf_sock_ops *ops, struct nat_key *to, const struct entry_key *key)
{
	__builtin_memcpy(to->address, key->local_address, sizeof(to->address));
	to->port = key->local_port;
	to->sequence = connecting_sequence(ops);
	to->scope = nat_scope_of(ops, key->local_address);
}

static __always_inline void write_accepted_key(struct bpf_sock_ops *ops, struct nat_key *to, const struct entry_key *key,
					       __u32 sequence)
{
	__builtin_memcpy(to->address, key->remote_address, sizeof(to->address));
	to->port = key->remote_port;
	to->sequence = sequence;
	to->scope = nat_scope_of(ops, key->remote_address);
}

/* A SYN came to a listener: `ops` is about the request. */
static __noinline int note_request(struct bpf_sock_ops *ops)
{
	struct nat_pair pair = {};
	struct nat_key source = {};

	if (!read_key(ops, &pair.accepted))
		return 0;
	pair.accepted.scope = scope_of(ops, &pair.accepted);
	write_accepted_key(ops, &source, &pair.accepted, requested_sequence(ops));
	bpf_map_update_elem(&nat, &source, &pair, BPF_ANY);
	return 0;
}

/* A socket that connected ends, maybe before anybody was accepted for it. */
static __noinline int forget_request(struct bpf_sock_ops *ops)
{
	struct entry_key key = {};
	struct nat_key source = {};

	if (!read_key(ops, &key))
		return 0;
	write_connecting_key(ops, &source, &key);
	bpf_map_delete_elem(&nat, &source);
	return 0;
}

/* The handshake that a socket which connected is an end of, where NAT is between the ends. */
static __always_inline struct nat_pair *find_pair(struct bpf_sock_ops *ops, const struct entry_key *key)
{
	struct nat_key source = {};
	struct nat_pair *pair;

	write_connecting_key(ops, &source, key);
	pair = bpf_map_lookup_elem(&nat, &source);
	if (!pair || !is_mirror(key, &pair->accepted))
		return pair;
	bpf_map_delete_elem(&nat, &source);
	return 0;
}

/*
 * The same for a socket that was accepted. True where the other end decided for both: its key is in `peer` then, or why
 * it stays out in `reason`.
 */
static __always_inline bool take_pair(struct bpf_sock_ops *ops, const struct entry_key *key, __u32 sequence,
				      struct entry_key *peer, enum bypass_counter *reason)
{
	struct nat_key source = {};
	struct nat_pair *pair;

	write_accepted_key(ops, &source, key, sequence);
	pair = bpf_map_lookup_elem(&nat, &source);
	if (!pair)
		return false;
	*reason = pair->reason;
	*peer = pair->connected;
	bpf_map_delete_elem(&nat, &source);
	return *reason || peer->local_port;
}

static __always_inline enum bypass_counter refusal_of(int error)
{
	if (error == -E2BIG)
		return SOCKETS_MAP_FULL;
	if (error == -EEXIST)
		return SOCKETS_KEY_TAKEN;
	if (error == -EBUSY)
		return SOCKETS_BUSY;
	return SOCKETS_REFUSED;
}

/*
 * A socket that connects and is in the map was disconnected (connect() with AF_UNSPEC). TCP threw away what it had not
 * read; leaving the map does the same with what was redirected, and frees the key of its former connection.
 */
static __always_inline void leave_former_connection(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct entry_state *state;
	struct entry_key key;
	struct tcp_sock *tp;

	if (!sk)
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	state = bpf_sk_storage_get(&storage, sk, 0, 0);
	if (!tp || !state)
		return;
	key = state->own;
	bpf_sk_storage_delete(&storage, sk);
	/* One that was taken out before keeps its state, and the key may be another socket's by now. */
	if (psock_of((__u64)tp, false))
		bpf_map_delete_elem(&sockhash, &key);
}

static __always_inline void start_clock(struct entry_state *state)
{
	state->clock_at = bpf_ktime_get_ns();
	state->clock_tick = bpf_jiffies64();
}

/* Bytes that TCP took and no program was asked about, or fewer than one was: write_seq knows. */
static __always_inline void settle_tcp_bytes(struct entry_state *state, struct bypass_counters *c, __u32 write_seq)
{
	__s64 more = (__s32)(write_seq - state->counted_seq);

	if (state->flags & ENTRY_UNCOUNTED) {
		state->flags &= ~ENTRY_UNCOUNTED;
		state->counted_seq = write_seq;
		start_clock(state);
		return;
	}
	if (!more)
		return;
	state->tcp_bytes += more;
	state->counted_seq = write_seq;
	count(c, BYTES_OVER_TCP, more);
}

static __always_inline void follow_state(struct bpf_sock_ops *ops)
{
	__u32 from = ops->args[0], to = ops->args[1];
	struct bpf_sock *sk = ops->sk;
	struct bypass_counters *c;
	struct entry_state *state;
	struct tcp_sock *tp;

	if (!sk)
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	state = bpf_sk_storage_get(&storage, sk, 0, 0);
	if (!tp || !state)
		return;
	/* Its connection ended before, and the socket was used again: to listen, or to connect without success. */
	if (from == TCP_CLOSE || from == TCP_LISTEN || from == TCP_SYN_SENT)
		return;
	c = counters_of(state, tp);
	/*
	 * In later states write_seq counts the FIN. One that was told to leave may be out: what it sent since is not the
	 * bypass's to count, and may be more than a difference of sequence numbers can tell.
	 */
	if (c && !state->leaving && (from == TCP_ESTABLISHED || from == TCP_CLOSE_WAIT))
		settle_tcp_bytes(state, c, tp->write_seq);
	if (to == TCP_CLOSE)
		report(state, tp, EVENT_CLOSED, 0);
}

#define SOL_TCP 6
#define TCP_BPF_SNDCWND_CLAMP 1002
#define TCP_BPF_SOCK_OPS_CB_FLAGS 1008

/*
 * The one field of a socket that a program may write, that others can read, and that changes nothing: congestion windows
 * do not come near these. Whoever reads CLAMP_NO_REDIRECT in his peer redirects nothing into it.
 */
#define CLAMP_NO_REDIRECT 0x7ffffffe
#define CLAMP_NONE 0x7fffffff

static __always_inline void clamp(struct bpf_sock_ops *ops, int value)
{
	bpf_setsockopt(ops, SOL_TCP, TCP_BPF_SNDCWND_CLAMP, &value, sizeof(value));
}

/* No send of this socket is under way but those that wait on it. */
static __always_inline bool is_quiet(__u64 sock)
{
	__u64 psock = psock_of(sock, false);
	__u32 waiters = count_waiters(sock, config.woken_wake_function, false);

	return psock && waiters <= MOST_WAITERS && psock_references(psock, false) <= waiters + 1;
}

static __always_inline bool is_judged(void)
{
	__u32 zero = 0, *is = bpf_map_lookup_elem(&judged, &zero);

	return is && *is;
}

/*
 * TCP had news for a socket that it serves better (ENTRY_BETTER_ON_TCP), which therefore leaves the map. First its peer
 * is told not to redirect into it any more. It goes when both are seen without a send under way after that, so that no
 * redirect can be on its way in either direction, and when nothing redirected waits in it.
 */
static __noinline int leave_for_tcp(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct entry_state *state;
	struct bypass_counters *c;
	struct entry_key key;
	struct tcp_sock *tp;
	__u64 psock;

	if (!sk)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	state = bpf_sk_storage_get(&storage, sk, 0, 0);
	if (!tp || !state)
		return 0;
	if (!(state->flags & ENTRY_BETTER_ON_TCP)) {
		/* It was put in anew. */
		if (tp->snd_cwnd_clamp == CLAMP_NO_REDIRECT)
			clamp(ops, CLAMP_NONE);
		return 0;
	}
	psock = psock_of((__u64)tp, false);
	/* Where it is hidden who waits nothing can be told. */
	if (!psock || state->leaving || !config.woken_wake_function || is_judged())
		return 0;
	if (tp->snd_cwnd_clamp != CLAMP_NO_REDIRECT) {
		state->flags &= ~ENTRY_PEER_MISSED;
		clamp(ops, CLAMP_NO_REDIRECT);
		return 0;
	}
	if (!is_queue_empty(psock, false) || !is_quiet((__u64)tp) ||
	    !(state->peer_sock ? is_quiet(state->peer_sock) : state->flags & ENTRY_PEER_MISSED))
		return 0;
	c = counters_of(state, tp);
	if (c)
		count(c, SOCKETS_LEFT, 1);
	report(state, tp, EVENT_LEFT, state->reason);
	state->leaving = LEAVING_NOW;
	key = state->own;
	bpf_map_delete_elem(&sockhash, &key);
	return 0;
}

static __always_inline void keep_out(struct entry_key *key, struct tcp_sock *tp, enum bypass_counter reason,
				     bool connected)
{
	if (reason < BYPASS_COUNTERS)
		count_in_group(GROUP_NONE, reason);
	report_newcomer(key, tp, EVENT_ESTABLISHED, reason, connected);
}

static __always_inline void refuse(struct entry_key *key, struct tcp_sock *tp, enum bypass_counter reason,
				   bool connected)
{
	count_in_group(GROUP_NONE, reason);
	report_newcomer(key, tp, EVENT_FAILED, reason, connected);
}

/* Its end, and news from TCP for leave_for_tcp(), which come with what goes over TCP only. */
#define FOLLOWED (BPF_SOCK_OPS_STATE_CB_FLAG | BPF_SOCK_OPS_RTT_CB_FLAG)

static __always_inline bool is_local(const struct entry_key *key, struct tcp_sock *tp)
{
	return key->scope ? leaves_through_loopback(tp) : leaves_through_virtual_device(tp);
}

static __noinline int take_in_established(struct bpf_sock_ops *ops, bool connected)
{
	struct entry_key key = {}, peer = {};
	enum bypass_counter reason = 0;
	struct nat_pair *pair = 0;
	struct entry_state *state;
	bool translated = false;
	struct tcp_sock *tp;
	struct bpf_sock *sk;
	int error;

	if (!read_key(ops, &key)) {
		count_in_group(GROUP_NONE, SOCKETS_FILTERED);
		return 0;
	}
	sk = ops->sk;
	if (!sk)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	key.scope = scope_of(ops, &key);
	if (config.options & OPTION_THROUGH_NAT) {
		/* As below, but a pair is to be found once only. */
		if (bpf_sk_storage_get(&storage, sk, 0, 0))
			return 0;
		if (connected) {
			pair = find_pair(ops, &key);
			translated = !!pair;
		} else {
			translated = take_pair(ops, &key, tp->copied_seq - 1, &peer, &reason);
		}
	}
	if (pair) {
		peer = pair->accepted;
		/* The accepted end stays out unless this one comes in. */
		pair->reason = SOCKETS_REFUSED;
	}
	if (connected || !translated) {
		if (!passes_filters(&key, service_port(&key, connected), pair ? &peer : 0))
			reason = SOCKETS_FILTERED;
		else if (!translated && !is_local(&key, tp))
			reason = SOCKETS_REMOTE;
	}
	if (reason) {
		if (pair)
			pair->reason = reason;
		keep_out(&key, tp, reason, connected);
		return 0;
	}
	/* Somebody attached this program a second time: the first run has taken the socket in. */
	if (bpf_sk_storage_get(&storage, sk, 0, 0))
		return 0;
	/* The cookie is 0 until somebody asks for it; listings and events show it. */
	bpf_get_socket_cookie(ops);
	report_newcomer(&key, tp, EVENT_ESTABLISHED, 0, connected);
	state = is_out_of_the_ordinary(tp) ? 0 :
					     bpf_sk_storage_get(&storage, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!state) {
		refuse(&key, tp, SOCKETS_REFUSED, connected);
		return 0;
	}
	__builtin_memset(state, 0, sizeof(*state));
	state->own = key;
	if (translated) {
		state->peer = peer;
		state->flags |= ENTRY_TRANSLATED;
	} else {
		mirror(&state->peer, &key);
	}
	state->first_seq = tp->write_seq;
	state->counted_seq = tp->write_seq;
	start_clock(state);
	state->joined_at = state->clock_at;
	if (connected)
		state->flags |= ENTRY_CONNECTED;
	/* Fast open sends data before it is established. */
	if (tp->bytes_sent || tp->write_seq != tp->snd_nxt)
		state->flags |= ENTRY_USED_TCP;
	state->group = find_group(cgroup_of((struct sock *)tp), service_port(&key, connected));
	error = bpf_sock_hash_update(ops, &sockhash, &key, BPF_NOEXIST);
	if (error) {
		bpf_sk_storage_delete(&storage, sk);
		refuse(&key, tp, refusal_of(error), connected);
		return 0;
	}
	if (pair) {
		pair->connected = key;
		pair->reason = 0;
	}
	count_in_group(state->group, connected ? SOCKETS_CONNECTED : SOCKETS_ACCEPTED);
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | FOLLOWED);
	report(state, tp, EVENT_JOINED, 0);
	return 0;
}

/* Every path returns 1: sock_ops programs beside ours have their say. */
SEC("sockops")
int take_in(struct bpf_sock_ops *ops)
{
	const bool through_nat = config.options & OPTION_THROUGH_NAT;

	switch (ops->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		leave_former_connection(ops);
		if (through_nat)
			bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
		break;
	case BPF_SOCK_OPS_TIMEOUT_INIT:
		if (through_nat && !ops->is_fullsock)
			note_request(ops);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (through_nat && ops->args[1] == TCP_CLOSE)
			forget_request(ops);
		follow_state(ops);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		leave_for_tcp(ops);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		take_in_established(ops, true);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		take_in_established(ops, false);
		break;
	}
	return 1;
}

/* ---- messages (rules 3 to 6) ---- */

/*
 * Is somebody inside plain tcp_recvmsg() of the peer? He came before the socket was in the map, or waits there for more
 * than TCP brought (MSG_WAITALL), and a redirect would not wake him. Readers and writers that came later hold a
 * reference to the psock, beside the map's own one. Where somebody waits, nobody else may be about: the reference of a
 * thread that does not wait would stand in for his. While such a thread sends to us, it also has one to our psock, where
 * the map and this send have theirs.
 */
static __always_inline bool has_tcp_reader(__u64 peer, __u64 own, const bool exact)
{
	__u64 psock = psock_of(peer, exact), own_psock = psock_of(own, exact);
	__u32 waiters;

	if (!psock || PEEK(exact, struct sock, peer, sk_lock.owned))
		return true;
	waiters = count_waiters(peer, config.woken_wake_function, exact);
	if (!waiters)
		return false;
	return psock_references(psock, exact) != waiters + 1 ||
	       psock_references(own_psock, exact) > count_waiters(own, config.woken_wake_function, exact) + 2;
}

#define MOST_MESSAGES 64
#define LONG_BURST 2048

static __always_inline __u64 queued_bytes(__u64 sock, const bool exact)
{
	__u32 charged = PEEK(exact, struct sock, sock, sk_backlog.rmem_alloc.counter);
	__u64 psock, bytes;

	if (charged)
		return charged;
	psock = psock_of(sock, exact);
	if (!psock)
		return 0;
	return walk_queue(psock, &bytes, MOST_MESSAGES, exact) ? bytes : ~0ULL;
}

/*
 * Rule 4. A message of one byte costs the kernel about a kilobyte, so that bytes alone do not bound a queue of small
 * messages: once many came in a row that were never seen read dry, the limit is their number too.
 *
 * The limits are wide, as spilling has a price: recv() stops where the redirected bytes end, and an edge-triggered reader
 * that takes a short read for a dry socket (epoll(7) says it may) does not look again until more TCP comes.
 */
static __always_inline bool is_full(struct entry_state *state, __u32 size, const bool exact)
{
	__u64 limit = config.queue_limit;
	__u64 queued = queued_bytes(state->peer_sock, exact);

	if (!(config.options & OPTION_KEEP_SOCKETS) && add_to_window(state, size, queued) && is_trial_due(state, queued))
		state->flags |= ENTRY_TRIAL;
	if (!queued) {
		state->burst = 0;
		return false;
	}
	state->burst++;
	if (state->burst > LONG_BURST && queued > (__u64)size * LONG_BURST)
		return true;
	if (!limit)
		limit = DEFAULT_QUEUE_LIMIT;
	return queued > limit;
}

/* The socket that the last successful redirect put into the kernel's sk_msg. */
static __always_inline __u64 redirected_to(struct sk_msg_md *msg, const bool exact)
{
	__u64 target = 0;

	/* Only TCP sockets have a state, so that a cast will do, which is no call. */
	if (exact) {
		struct sk_msg *kernel_msg = bpf_cast_to_kern_ctx(msg);

		return (__u64)kernel_msg->sk_redir;
	}
	bpf_probe_read_kernel(&target, sizeof(target), (void *)msg + bpf_core_field_offset(struct sk_msg, sk_redir));
	return target;
}

/* A message under its verdict. */
struct message {
	struct sk_msg_md *msg;
	struct entry_state *state;
	struct tcp_sock *tp;
	struct bypass_counters *counters;
	__u32 write_seq;
};

/*
 * Bytes over TCP are counted before TCP takes them, and it may take fewer (a full buffer, an error) or get more that no
 * program was asked about (the send after such a one): the next settling sets the count right.
 */
static __noinline int count_over_tcp(struct entry_state *state, struct tcp_sock *tp, struct bypass_counters *c,
				     __u32 size, enum bypass_counter reason)
{
	bool was_redirected = state->flags & ENTRY_REDIRECTED;

	settle_tcp_bytes(state, c, tp->write_seq);
	state->flags = (state->flags & ~ENTRY_REDIRECTED) | ENTRY_USED_TCP;
	state->tcp_messages++;
	state->tcp_bytes += size;
	state->counted_seq += size;
	state->reason = reason;
	if (reason == TCP_SPILLED)
		state->spilled_messages++;
	if (reason < BYPASS_COUNTERS)
		count(c, reason, 1);
	count(c, MESSAGES_OVER_TCP, 1);
	count(c, BYTES_OVER_TCP, size);
	if (was_redirected) {
		bool spilled = reason == TCP_SPILLED;

		count(c, spilled ? DIRECTIONS_SPILLED : DIRECTIONS_FELL_BACK, 1);
		report(state, tp, spilled ? EVENT_SPILLED : EVENT_FELL_BACK, reason);
	}
	return SK_PASS;
}

static __always_inline int over_tcp(struct message *m, enum bypass_counter reason)
{
	return count_over_tcp(m->state, m->tp, m->counters, m->msg->size, reason);
}

/* A verdict cannot be taken back, but egress to oneself is an ordinary TCP send. */
static __always_inline int undo(struct message *m, enum bypass_counter reason)
{
	if (bpf_msg_redirect_hash(m->msg, &sockhash, &m->state->own, 0) != SK_PASS) {
		count(m->counters, MESSAGES_REFUSED, 1);
		return SK_DROP;
	}
	return over_tcp(m, reason);
}

/*
 * An accepted socket was in the map before anybody could read from it, and as long as TCP brought it nothing its
 * readers have no way into tcp_recvmsg().
 */
static __always_inline bool needs_reader_check(struct entry_state *state, __u32 write_seq)
{
	return !(state->flags & ENTRY_CONNECTED) || (state->flags & ENTRY_USED_TCP) || state->first_seq != write_seq;
}

/* Whoever was found by a key that can be forged, or by way of another map, is proven by the numbers of both directions. */
static __always_inline bool needs_proof(struct entry_state *state)
{
	return !state->own.scope || (state->flags & ENTRY_TRANSLATED);
}

/* Rule 3: every byte ever sent over TCP has been read, and nothing keeps the peer's reader on TCP. */
static __always_inline enum bypass_counter may_switch(struct entry_state *state, struct tcp_sock *tp, __u32 write_seq,
						      const bool exact)
{
	__u64 peer = state->peer_sock;

	/* It also proves the peer: a socket may keep its key after its connection was reset, and another one begin. */
	if (PEEK(exact, struct tcp_sock, peer, copied_seq) != write_seq)
		return TCP_UNREAD;
	if (needs_proof(state) && PEEK(exact, struct tcp_sock, peer, write_seq) != tp->copied_seq)
		return TCP_UNREAD;
	if (PEEK(exact, struct sock, peer, sk_rcvlowat) > 1)
		return TCP_LOW_WATER;
	if (needs_reader_check(state, write_seq) && has_tcp_reader(peer, (__u64)tp, exact))
		return TCP_READER;
	return 0;
}

/* See ENTRY_KICK. A message that TCP did not take was none. */
static __always_inline bool is_to_kick(struct entry_state *state, __u32 write_seq)
{
	if (!(state->flags & ENTRY_KICK))
		return false;
	if (!(state->flags & ENTRY_KICKED)) {
		state->flags |= ENTRY_KICKED;
		state->first_seq = write_seq;
		return true;
	}
	if (state->first_seq == write_seq)
		return true;
	state->flags &= ~(ENTRY_KICK | ENTRY_KICKED);
	return false;
}

/* Why this message has to go over TCP, or 0. */
static __always_inline enum bypass_counter judge(struct message *m, const bool exact, __u32 leaving)
{
	struct entry_state *state = m->state;
	__u64 peer = state->peer_sock;

	if (PEEK(exact, struct inet_connection_sock, peer, icsk_ulp_ops))
		return TCP_UPPER_PROTOCOL;
	if (PEEK(exact, struct tcp_sock, peer, snd_cwnd_clamp) == CLAMP_NO_REDIRECT)
		return TCP_LEAVING;
	if (state->flags & (ENTRY_TRIAL | ENTRY_BETTER_ON_TCP)) {
		if (state->flags & ENTRY_TRIAL && add_to_window(state, m->msg->size, true))
			follow_trial(state, PEEK(exact, struct tcp_sock, peer, copied_seq));
		return TCP_STREAM;
	}
	/* No byte behind unread ones: see is_full() on readers that take a short read for a dry socket. */
	if (leaving && (state->synced_seq != m->write_seq || !queued_bytes(peer, exact)))
		return TCP_LEAVING;
	if (!(state->flags & ENTRY_REDIRECTED) || state->synced_seq != m->write_seq) {
		enum bypass_counter reason = is_to_kick(state, m->write_seq) ?
						     TCP_KICK :
						     may_switch(state, m->tp, m->write_seq, exact);

		if (reason)
			return reason;
		settle_tcp_bytes(state, m->counters, m->write_seq);
		state->flags |= ENTRY_REDIRECTED;
		state->synced_seq = m->write_seq;
		count(m->counters, DIRECTIONS_SWITCHED, 1);
		report(state, m->tp, EVENT_SWITCHED, 0);
	}
	if (is_full(state, m->msg->size, exact))
		return TCP_SPILLED;
	return 0;
}

/* A connection whose other end never comes in is asked about again less and less. */
static __always_inline bool is_worth_looking(struct entry_state *state)
{
	__u32 misses = state->misses;

	return misses < 16 || !(misses & 63);
}

#define MANY_MISSES 1024
#define LONG_ALONE (10 * 1000 * MILLISECOND)

static __noinline int note_miss(struct entry_state *state)
{
	state->misses++;
	if (state->flags & ENTRY_BETTER_ON_TCP)
		state->flags |= ENTRY_PEER_MISSED;
	else if (state->misses >= MANY_MISSES && !(config.options & OPTION_KEEP_SOCKETS) &&
		  bpf_ktime_get_ns() - state->joined_at >= LONG_ALONE)
		state->flags |= ENTRY_BETTER_ON_TCP;
	return 0;
}

/* False where the message is of a socket that is none of ours. */
static __always_inline bool open_message(struct message *m, struct sk_msg_md *msg, const bool exact)
{
	struct bpf_sock *sk = msg->sk;

	if (!sk)
		return false;
	m->msg = msg;
	m->state = bpf_sk_storage_get(&storage, sk, 0, 0);
	if (!m->state)
		return false;
	if (exact) {
		struct sk_msg *kernel_msg = bpf_cast_to_kern_ctx(msg);

		m->tp = bpf_rdonly_cast(kernel_msg->sk, bpf_core_type_id_kernel(struct tcp_sock));
	} else {
		m->tp = bpf_skc_to_tcp_sock(sk);
	}
	if (!m->tp)
		return false;
	m->counters = counters_of(m->state, m->tp);
	if (!m->counters)
		return false;
	m->write_seq = m->tp->write_seq;
	m->state->last_tick = bpf_jiffies64();
	return true;
}

static __always_inline int judge_message(struct sk_msg_md *msg, const bool exact, const bool all_leave)
{
	enum bypass_counter reason;
	struct entry_state *state;
	struct message m = {};
	__u32 leaving;
	bool discovered;

	if (!open_message(&m, msg, exact))
		return SK_PASS;
	state = m.state;
	/* TCP answers it with EPIPE. */
	if (m.tp->inet_conn.icsk_inet.sk.sk_shutdown & SEND_SHUTDOWN) {
		count(m.counters, TCP_SHUT_DOWN, 1);
		return SK_PASS;
	}
	/* Before any redirect: one to itself would carry a message past TLS. */
	if (m.tp->inet_conn.icsk_ulp_ops)
		return over_tcp(&m, TCP_UPPER_PROTOCOL);
	leaving = all_leave ? LEAVING_WHEN_READ : state->leaving;
	if (leaving && (leaving == LEAVING_NOW || !(state->flags & ENTRY_REDIRECTED)))
		return over_tcp(&m, TCP_LEAVING);

	discovered = !state->peer_sock;
	if (discovered) {
		if (!is_worth_looking(state)) {
			state->misses++;
			return over_tcp(&m, TCP_NO_PEER);
		}
		/* To oneself first: that is the verdict that stays when the peer is not found. */
		if (bpf_msg_redirect_hash(msg, &sockhash, &state->own, 0) != SK_PASS ||
		    bpf_msg_redirect_hash(msg, &sockhash, &state->peer, BPF_F_INGRESS) != SK_PASS) {
			note_miss(state);
			return over_tcp(&m, TCP_NO_PEER);
		}
		state->misses = 0;
		state->peer_sock = redirected_to(msg, exact);
	}
	reason = judge(&m, exact, leaving);
	if (reason) {
		if (discovered && needs_proof(state))
			state->peer_sock = 0;
		return discovered ? undo(&m, reason) : over_tcp(&m, reason);
	}
	if (!discovered) {
		if (bpf_msg_redirect_hash(msg, &sockhash, &state->peer, BPF_F_INGRESS) != SK_PASS) {
			state->peer_sock = 0;
			return over_tcp(&m, TCP_NO_PEER);
		}
		if (redirected_to(msg, exact) != state->peer_sock) {
			state->peer_sock = 0;
			return undo(&m, TCP_WRONG_PEER);
		}
	}
	state->redirected_messages++;
	state->redirected_bytes += msg->size;
	count(m.counters, MESSAGES_REDIRECTED, 1);
	count(m.counters, BYTES_REDIRECTED, msg->size);
	return SK_PASS;
}

SEC("sk_msg")
int verdict_exact(struct sk_msg_md *msg)
{
	return judge_message(msg, true, false);
}

SEC("sk_msg")
int verdict_probing(struct sk_msg_md *msg)
{
	return judge_message(msg, false, false);
}

/* In the slot when a removal begins: each direction goes over to TCP for good when its reader has read all. */
SEC("sk_msg")
int leave_exact(struct sk_msg_md *msg)
{
	return judge_message(msg, true, true);
}

SEC("sk_msg")
int leave_probing(struct sk_msg_md *msg)
{
	return judge_message(msg, false, true);
}

/*
 * What sockets carry for life. The slot decides; when it is empty the message is TCP's. The redirect that never runs
 * makes this program, and with it every socket in the map, hold the map: its entries outlive the last pin.
 */
SEC("sk_msg")
int root(struct sk_msg_md *msg)
{
	struct message m = {};

	bpf_tail_call(msg, &slot, 0);
	if (!open_message(&m, msg, false))
		return SK_PASS;
	if (msg->size == 0xffffffff)
		return bpf_msg_redirect_hash(msg, &sockhash, &m.state->own, 0);
	return over_tcp(&m, TCP_PAUSED);
}

/* ---- listing (rule 10) ---- */

SEC("iter/sockmap")
int list_exact(struct bpf_iter__sockmap *ctx)
{
	return list_entry(ctx, &storage, config.woken_wake_function, true);
}

SEC("iter/sockmap")
int list_probing(struct bpf_iter__sockmap *ctx)
{
	return list_entry(ctx, &storage, config.woken_wake_function, false);
}

SEC("iter/sockmap")
int pair_exact(struct bpf_iter__sockmap *ctx)
{
	return list_pair(ctx, &storage, config.options, true);
}

SEC("iter/sockmap")
int pair_probing(struct bpf_iter__sockmap *ctx)
{
	return list_pair(ctx, &storage, config.options, false);
}

/* ---- single sockets, in and out, by user space (rules 7 and 8) ---- */

/* Writes what `marks` says into the state of each socket that it names. */
SEC("iter/sockmap")
int mark(struct bpf_iter__sockmap *ctx)
{
	struct sock *sk = ctx->sk;
	struct entry_state *state;
	__u32 *leaving;
	__u64 cookie;

	if (!sk)
		return 0;
	cookie = sk->__sk_common.skc_cookie.counter;
	leaving = bpf_map_lookup_elem(&marks, &cookie);
	if (!leaving)
		return 0;
	state = bpf_sk_storage_get(&storage, sk, 0, 0);
	if (state)
		state->leaving = *leaving;
	return 0;
}

/*
 * Has the sockets of a network namespace that user space put in tell take_in() of their states, as the others do: their
 * totals and their end. The option came with 6.12; before, the kernel says EINVAL, and they do not.
 */
SEC("iter/tcp")
int follow_added(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct entry_state *state;
	struct tcp_sock *tp;
	int flags = 0;

	if (!common)
		return 0;
	tp = bpf_skc_to_tcp_sock(common);
	if (!tp)
		return 0;
	state = bpf_sk_storage_get(&storage, tp, 0, 0);
	if (!state || !(state->flags & ENTRY_ADDED) ||
	    bpf_getsockopt(tp, SOL_TCP, TCP_BPF_SOCK_OPS_CB_FLAGS, &flags, sizeof(flags)))
		return 0;
	flags |= FOLLOWED;
	bpf_setsockopt(tp, SOL_TCP, TCP_BPF_SOCK_OPS_CB_FLAGS, &flags, sizeof(flags));
	return 0;
}

/* User space put a socket in or took it out, and tells whoever watches. */
SEC("syscall")
int announce(struct bypass_event *told)
{
	struct bypass_event event = *told;

	if (event.kind == EVENT_JOINED)
		count_in_group(find_group(event.cgroup_id, service_port(&event.key, event.connected)), SOCKETS_ADDED);
	event.time = bpf_ktime_get_ns();
	emit(&event);
	return 0;
}
