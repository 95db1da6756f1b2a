/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A redirect: what one socket sends, or what comes in for it, is handed to another socket, there to be read (local) or to
 * be sent on (egress). Source and target are each alone in a map of their own: only the source's has a program.
 */
#include "describe.h"
#include "kernel.h"
#include "psock.h"
#include "redirect.h"
#include "repeated.h"
#include "sock.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile struct redirect_config config = { .layout = REDIRECT_LAYOUT };

struct one_socket {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	/* 8 bytes, so that a look-up from user space gives the socket's cookie. */
	__type(value, __u64);
};

struct one_socket source SEC(".maps");
struct one_socket target SEC(".maps");

/*
 * Where the source stays, user space puts its map in here, and takes all pins away: the socket holds the verdict, that
 * holds this map, and this one the source's. They go when the socket is closed. Without, the source's map would go at
 * once, and with it what its process has not read.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct one_socket);
} keeper SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct redirect_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COURSES);
	__type(key, __u32);
	__type(value, __u32);
} course SEC(".maps");

/* The two sockets as they were when the redirect was made, source first: they may be closed before it is removed. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct redirect_row);
} ends SEC(".maps");

/*
 * Where the kernel has the two sockets, source first, as list() saw them: a socket out of a look-up is no number that one
 * could calculate with. Zero until then.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} addresses SEC(".maps");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff {
	struct sk_buff *next;
	char cb[48];
	unsigned int truesize;
};

struct sk_buff_head {
	struct sk_buff *next;
	__u32 qlen;
};

struct sk_psock___buffers {
	struct sk_buff_head ingress_skb;
};

struct sock___buffers {
	struct sk_buff_head sk_receive_queue;
};

struct tcp_sock___received {
	__u32 rcv_nxt;
};

#pragma clang attribute pop

#define RCV_SHUTDOWN 1

static const __u32 first = 0, second = 1;

/* ---- how much waits ---- */

/* Buffers that are looked at one by one; of more of them the mean of these is taken. */
#define SAMPLED_BUFFERS 16
/* No buffer has more (MAX_SKB_FRAGS pages, and heads); what says so was freed meanwhile. */
#define LARGEST_BUFFER (1 << 20)
/* A socket in more of them is taken for one that is awaited. */
#define MOST_SOCKMAPS 16
/* Messages that are looked at one by one, on kernels that do not charge them to the socket. */
#define MOST_MESSAGES 256

/* Memory of the buffers that are on their way to a psock's socket, or through it. */
static __always_inline __u64 held_memory(__u64 psock, __u32 *buffers)
{
	struct sk_psock___buffers *p = (void *)psock;
	__u64 memory = 0;
	__u32 length = 0, seen = 0, size;
	struct sk_buff *item;

	bpf_core_read(&length, sizeof(length), &p->ingress_skb.qlen);
	*buffers = length;
	if (!length)
		return 0;
	bpf_core_read(&item, sizeof(item), &p->ingress_skb.next);
	for (int i = 0; i < SAMPLED_BUFFERS; i++) {
		/* The worker takes buffers away meanwhile: a link may lead out of the queue, but never to a fault. */
		if (!item || seen >= length)
			break;
		size = 0;
		bpf_core_read(&size, sizeof(size), &item->truesize);
		if (size > LARGEST_BUFFER)
			break;
		memory += size;
		seen++;
		bpf_core_read(&item, sizeof(item), &item->next);
	}
	return seen ? memory * length / seen : 0;
}

static __always_inline __u64 waiting_bytes(__u64 sock)
{
	__u64 psock = psock_of(sock, false), bytes = 0;
	__u32 charged = PEEK(false, struct sock, sock, sk_backlog.rmem_alloc.counter), buffers;

	if (!psock)
		return charged;
	/* Before 6.14 the kernel charges redirected messages to nobody's receive buffer. */
	if (!charged && !walk_queue(psock, &bytes, MOST_MESSAGES, false))
		return ~0ULL;
	return charged + bytes + held_memory(psock, &buffers);
}

static __always_inline bool is_full(__u64 sock, __u32 size)
{
	__u64 waiting = waiting_bytes(sock);

	/* Alone, a message may be as long as it likes. */
	return waiting && waiting + size > config.queue_limit;
}

/* ---- what is counted ---- */

#define COUNT(counters_, what, bytes_)                                                                                 \
	({                                                                                                             \
		__sync_fetch_and_add(&(counters_)->what##_messages, 1);                                                \
		__sync_fetch_and_add(&(counters_)->what##_bytes, (bytes_));                                            \
	})

static __always_inline bool is_on(__u32 which)
{
	__u32 *value = bpf_map_lookup_elem(&course, &which);

	return value && *value;
}

static __always_inline void overrun(void)
{
	__u32 which = COURSE_OVERRUN, on = 1;

	bpf_map_update_elem(&course, &which, &on, BPF_ANY);
}

/* ---- what the source sends ---- */

static __always_inline int refuse(struct redirect_counters *c, __u32 size)
{
	COUNT(c, refused, size);
	return SK_DROP;
}

static __always_inline int judge_send(struct sk_msg_md *msg, const __u64 flags)
{
	struct redirect_counters *c = bpf_map_lookup_elem(&counters, &first);
	__u64 to = 0;

	if (!c || is_on(COURSE_STOPPED))
		return SK_PASS;
	/* Its peer was not to get these bytes: where the target is gone the sender hears of it. */
	if (bpf_msg_redirect_map(msg, &target, 0, flags) != SK_PASS)
		return refuse(c, msg->size);
	/* On its way out TCP holds the sender when it is full. A queue to be read from has no such end. */
	if (flags & BPF_F_INGRESS) {
		bpf_probe_read_kernel(&to, sizeof(to), (void *)msg + bpf_core_field_offset(struct sk_msg, sk_redir));
		if (is_full(to, msg->size)) {
			overrun();
			return refuse(c, msg->size);
		}
	}
	COUNT(c, redirected, msg->size);
	return SK_PASS;
}

SEC("sk_msg")
int send_to_local(struct sk_msg_md *msg)
{
	return judge_send(msg, BPF_F_INGRESS);
}

SEC("sk_msg")
int send_to_egress(struct sk_msg_md *msg)
{
	return judge_send(msg, 0);
}

/* ---- what comes in for the source ---- */

static __always_inline int drop(struct redirect_counters *c, __u32 size)
{
	COUNT(c, dropped, size);
	return SK_DROP;
}

static __always_inline bool is_full_at(const __u32 *end, __u32 size)
{
	__u64 *address = bpf_map_lookup_elem(&addresses, end);

	return address && *address && is_full(*address, size);
}

static __always_inline bool is_in(void *map)
{
	struct bpf_sock *sk = bpf_map_lookup_elem(map, &first);

	if (!sk)
		return false;
	bpf_sk_release(sk);
	return true;
}

/*
 * The source's own reader gets it, as without a redirect. TCP's window closes when he does not read; nothing holds the
 * sender of another socket, for which the same limit holds as for the target.
 */
static __always_inline int keep(struct redirect_counters *c, __u32 size)
{
	if (!(config.options & REDIRECT_HOLDS_SENDER) && is_full_at(&first, size))
		return drop(c, size);
	COUNT(c, kept, size);
	return SK_PASS;
}

/* Where a TCP source's stream goes on, once it was seen. */
struct expectation {
	__u32 seq;
	__u32 is_known;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct expectation);
} expected SEC(".maps");

/* Bytes that came before are not handed on again (repeated.h); false where nothing else is in it, or it cannot be cut. */
static __always_inline bool cut_repeated(struct __sk_buff *skb)
{
	struct expectation *next = bpf_map_lookup_elem(&expected, &first);
	struct bpf_sock *sk = skb->sk;
	struct tcp_sock *tp;
	__s32 repeated;
	__u32 seq;

	if (!next || !sk)
		return true;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return true;
	seq = sequence_of(skb);
	if (!next->is_known) {
		/* Every byte that came before it was read (try_to_join). */
		next->seq = tp->copied_seq;
		next->is_known = 1;
	}
	repeated = next->seq - seq;
	next->seq = seq + skb->len;
	if (repeated <= 0)
		return true;
	if ((__u32)repeated >= skb->len)
		return false;
	return cut_front(skb, repeated);
}

static __always_inline int judge_ingress(struct __sk_buff *skb, const __u64 flags)
{
	struct redirect_counters *c = bpf_map_lookup_elem(&counters, &first);
	bool full;

	if (!c)
		return SK_PASS;
	/*
	 * Nothing to hand on. The kernel would take it for an error of the target and redirect no more (sk_psock_backlog). A
	 * FIN is TCP's, which has seen it: the source's reader finds the end. An empty datagram is lost.
	 */
	if (!skb->len) {
		if (!(config.options & REDIRECT_HOLDS_SENDER))
			COUNT(c, dropped, 0);
		return SK_DROP;
	}
	if ((config.options & REDIRECT_HOLDS_SENDER) && !cut_repeated(skb))
		return SK_DROP;
	if (is_on(COURSE_STAYS)) {
		/* A program holds the maps that it looks into. */
		bpf_map_lookup_elem(&keeper, &first);
		return SK_PASS;
	}
	if (is_on(COURSE_OVERRUN))
		return keep(c, skb->len);
	if (!is_in(&target))
		return keep(c, skb->len);
	full = is_full_at(&second, skb->len);
	if (full && (config.options & REDIRECT_MAY_DROP))
		return drop(c, skb->len);
	if (full) {
		overrun();
		return keep(c, skb->len);
	}
	if (bpf_sk_redirect_map(skb, &target, 0, flags) != SK_PASS)
		return keep(c, skb->len);
	COUNT(c, redirected, skb->len);
	return SK_PASS;
}

SEC("sk_skb/verdict")
int ingress_to_egress(struct __sk_buff *skb)
{
	return judge_ingress(skb, 0);
}

SEC("sk_skb/verdict")
int ingress_to_local(struct __sk_buff *skb)
{
	return judge_ingress(skb, BPF_F_INGRESS);
}

/* ---- listing ---- */

SEC("iter/sockmap")
int list(struct bpf_iter__sockmap *ctx)
{
	struct sock *sk = ctx->sk;
	struct redirect_row row = {};
	__u64 psock, address;

	if (!sk || !ctx->key)
		return 0;
	describe(sk, &row.socket);
	address = (__u64)sk;
	bpf_map_update_elem(&addresses, row.socket.cookie == config.source_cookie ? &first : &second, &address, BPF_ANY);
	row.socket.inode = inode_at((__u64)sk, false);
	bpf_core_read(&row.received_buffers, sizeof(row.received_buffers),
		      &((struct sock___buffers *)sk)->sk_receive_queue.qlen);
	psock = owned_psock(sk);
	if (psock) {
		row.socket.queued_bytes = unread_bytes(psock);
		row.has_messages = !is_queue_empty(psock, false);
		row.held_bytes = held_memory(psock, &row.held_buffers);
		row.references = psock_references(psock, false);
	}
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

/* ---- in and out, for TCP sources ---- */

/*
 * The iterator over TCP sockets holds a socket's lock: no verdict of it is under way, and nobody reads from it.
 */
static __always_inline struct tcp_sock *locked_source(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;

	if (!common || (__u64)common->skc_cookie.counter != config.source_cookie)
		return NULL;
	return bpf_skc_to_tcp_sock(common);
}

static __always_inline bool is_unread(struct sock *sk)
{
	__u32 buffers = 0;

	bpf_core_read(&buffers, sizeof(buffers), &((struct sock___buffers *)sk)->sk_receive_queue.qlen);
	return buffers;
}

/* Where the first byte is that was not read: in the first buffer, or still to come. */
static __always_inline __u32 first_unread(struct tcp_sock *tp)
{
	struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct sk_buff *next = NULL;
	__u32 seq = 0;

	if (is_unread(sk)) {
		bpf_core_read(&next, sizeof(next), &((struct sock___buffers *)sk)->sk_receive_queue.next);
		/* struct tcp_skb_cb begins with it (include/net/tcp.h). */
		bpf_core_read(&seq, sizeof(seq), &next->cb);
		return seq;
	}
	bpf_core_read(&seq, sizeof(seq), &((struct tcp_sock___received *)tp)->rcv_nxt);
	return sk->sk_shutdown & RCV_SHUTDOWN ? seq - 1 : seq;
}

static __always_inline int try_to_join(struct bpf_iter__tcp *ctx, const bool only_dry)
{
	struct tcp_sock *tp = locked_source(ctx);
	int result;

	if (!tp)
		return 0;
	/* A verdict gets each buffer whole (tcp_read_skb), also what was read of it. */
	if (only_dry && is_unread((struct sock *)tp))
		result = JOIN_UNREAD;
	else if (is_unread((struct sock *)tp) && first_unread(tp) != tp->copied_seq)
		result = JOIN_PARTLY_READ;
	else
		result = bpf_map_update_elem(&source, &first, tp, BPF_NOEXIST);
	bpf_seq_write(ctx->meta->seq, &result, sizeof(result));
	return 0;
}

SEC("iter/tcp")
int join(struct bpf_iter__tcp *ctx)
{
	return try_to_join(ctx, false);
}

/*
 * What is unread is redirected by whoever receives next, and if he does not only look, the kernel forgets to count it
 * (tcp_bpf_recvmsg_parser writes back the copied_seq that it began with): better, nothing is.
 */
SEC("iter/tcp")
int join_dry(struct bpf_iter__tcp *ctx)
{
	return try_to_join(ctx, true);
}

/*
 * Whether a thread may be waiting in tcp_bpf_recvmsg_parser: it has a reference to the psock beside those of the maps, and
 * waits on the socket.
 */
static __always_inline bool is_awaited(struct sock *sk, __u64 psock)
{
	__u64 head = psock + bpf_core_field_offset(struct sk_psock, link);
	__u64 link = (__u64)PEEK(false, struct list_head, head, next);
	__u32 maps = 0;

	for (int i = 0; i < MOST_SOCKMAPS && link && link != head; i++) {
		maps++;
		link = (__u64)PEEK(false, struct list_head, link, next);
	}
	return psock_references(psock, false) > maps && count_waiters((__u64)sk, 0, false);
}

/*
 * It goes when its own queue is empty. What comes in from then on is TCP's, and nothing of it is lost. Only, a process
 * that was in a receive of the source meanwhile may have set copied_seq back, see above, so that TCP would look for bytes
 * that are gone, and find no others any more; and one that waits in a receive may still do so.
 */
SEC("iter/tcp")
int leave(struct bpf_iter__tcp *ctx)
{
	struct tcp_sock *tp = locked_source(ctx);
	int result = LEAVE_UNREAD;
	__u32 buffers = 0;
	__u64 psock;

	if (!tp)
		return 0;
	psock = owned_psock((struct sock *)tp);
	if (!psock)
		return 0;
	held_memory(psock, &buffers);
	if (!buffers && is_queue_empty(psock, false)) {
		if (first_unread(tp) != tp->copied_seq) {
			result = LEAVE_LAGS;
		} else if (is_awaited((struct sock *)tp, psock)) {
			result = LEAVE_AWAITED;
		} else {
			bpf_map_delete_elem(&source, &first);
			result = 0;
		}
	}
	bpf_seq_write(ctx->meta->seq, &result, sizeof(result));
	return 0;
}
