/* A small whole: a sockhash with sk_msg, sock_ops and an iterator, kernel reads by the two casts, global data. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";

struct net { __u64 net_cookie; } __core;
struct possible_net { struct net *net; } __core;
typedef struct { struct net *net; } __core possible_net_t;
struct sock_common { unsigned short skc_family; possible_net_t skc_net; } __core;
struct sock { struct sock_common __sk_common; } __core;
struct tcp_sock { __u32 write_seq; __u32 copied_seq; } __core;
struct sk_msg { struct sock *sk_redir; } __core;
struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; } __core;
struct bpf_iter__sockmap { struct bpf_iter_meta *meta; void *map; void *key; struct sock *sk; } __core;
struct bpf_sock;
struct sk_msg_md { __u64 data, data_end; __u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, size; __u64 sk; };
struct bpf_sock_ops { __u32 op, args[4], family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port; };

struct key { __u32 local, remote; };
struct { __uint(type, SOCKHASH); __uint(max_entries, 64); __type(key, struct key); __type(value, __u64); } sockets SEC(".maps");
struct state { __u64 messages; __u32 write_seq; };
struct { __uint(type, SK_STORAGE); __uint(map_flags, 1); __type(key, int); __type(value, struct state); } states SEC(".maps");

extern void *bpf_cast_to_kern_ctx(void *obj) __ksym;
extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym;
extern int bpf_kfunc_that_never_was(void *obj) __ksym __weak;
extern const void woken_wake_function __ksym;
extern int bpf_strong_that_never_was(void *obj) __ksym;

const volatile __u32 only_port = 0;
__u64 inserted, seen, wake_address;
__u32 last_write_seq;

SEC("sockops") int insert(struct bpf_sock_ops *ops)
{
	if (ops->op != 4 && ops->op != 5)
		return 1;
	__u32 local = ops->local_port, remote = __builtin_bswap32(ops->remote_port);
	if (local != only_port && remote != only_port)
		return 1;
	struct key key = { local, remote };
	if (!bpf_sock_hash_update(ops, &sockets, &key, 1))
		__sync_fetch_and_add(&inserted, 1);
	return 1;
}

SEC("sk_msg") int redirect(struct sk_msg_md *msg)
{
	struct sk_msg *kernel = bpf_cast_to_kern_ctx(msg);
	struct sock *sk = bpf_rdonly_cast(kernel->sk_redir, bpf_core_type_id_kernel(struct sock));
	void *own = (void *)msg->sk;
	if (own) {
		struct tcp_sock *tp = bpf_skc_to_tcp_sock(own);
		if (tp)
			last_write_seq = tp->write_seq;
		struct state *state = bpf_sk_storage_get(&states, own, 0, 1);
		if (state)
			state->messages++;
	}
	if (bpf_kfunc_that_never_was)
		return bpf_kfunc_that_never_was(sk);
	wake_address = (__u64)&woken_wake_function;
	__sync_fetch_and_add(&seen, 1);
	struct key peer = { __builtin_bswap32(msg->remote_port), msg->local_port };
	bpf_msg_redirect_hash(msg, &sockets, &peer, 1);
	return 1;
}

struct row { struct key key; __u64 netns; __u32 family, pad; };
SEC("iter/sockmap") int list(struct bpf_iter__sockmap *ctx)
{
	struct key *key = ctx->key;
	struct sock *sk = ctx->sk;
	if (!sk || !key)
		return 0;
	struct row row = { *key, sk->__sk_common.skc_net.net->net_cookie, sk->__sk_common.skc_family, 0 };
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

SEC("sk_msg") int needs_strong(struct sk_msg_md *msg) { return bpf_strong_that_never_was(msg); }
SEC("sk_msg") int reaches_weak(struct sk_msg_md *msg) { return bpf_kfunc_that_never_was(msg); }
SEC("iter/never_there") int no_such_target(void *ctx) { return 0; }
