/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The few fields of the kernel's own structs that our programs read. Offsets are not these ones: every access is
 * relocated (CO-RE) against the running kernel's BTF when the object is loaded.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2
#define AF_INET6 10
#define IFF_LOOPBACK 0x8
#define SEND_SHUTDOWN 2
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_CLOSE 7
#define TCP_CLOSE_WAIT 8
#define TCP_LISTEN 10
#define E2BIG 7
#define EBUSY 16
#define EEXIST 17
#define IPPROTO_TCP 6
#define TASK_COMM_LEN 16
/* include/net/sock.h: carried in the lowest bits of sk_user_data. */
#define SK_USER_DATA_NOCOPY 1UL
#define SK_USER_DATA_FLAGS 7UL

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long long counter;
} atomic64_t;

typedef struct {
	atomic_t refs;
} refcount_t;

typedef struct {
	__u32 val;
} kuid_t;

struct list_head {
	struct list_head *next;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct wait_queue_entry {
	void *func;
	struct list_head entry;
};

struct wait_queue_head {
	struct list_head head;
};

struct socket_wq {
	struct wait_queue_head wait;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
	__u64 net_cookie;
};

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

/* Before 5.15: the same pointer with flags in its lowest bits. */
struct sock_cgroup_data___tagged {
	__u64 val;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct rtnl_link_ops;

struct net_device {
	unsigned int flags;
	struct rtnl_link_ops *rtnl_link_ops;
};

struct dst_entry {
	struct net_device *dev;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

typedef struct {
	int owned;
} socket_lock_t;

/* An SK_STORAGE's value of a socket (kernel/bpf/bpf_local_storage.c). */
struct bpf_local_storage_map {
	__u16 cache_idx;
};

struct bpf_local_storage_data {
	struct bpf_local_storage_map *smap;
	__u8 data[0];
};

struct bpf_local_storage_elem {
	struct hlist_node snode;
	struct bpf_local_storage_data sdata;
};

struct bpf_local_storage {
	struct bpf_local_storage_data *cache[16];
	struct hlist_head list;
};

struct socket;

struct sock {
	struct sock_common __sk_common;
	struct dst_entry *sk_dst_cache;
	socket_lock_t sk_lock;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	int sk_rcvlowat;
	struct socket_wq *sk_wq;
	void *sk_user_data;
	struct socket *sk_socket;
	kuid_t sk_uid;
	__u16 sk_protocol;
	__u16 sk_type;
	struct sock_cgroup_data sk_cgrp_data;
	struct bpf_local_storage *sk_bpf_storage;
	__u8 sk_shutdown;
	__u8 sk_kern_sock : 1;
};

struct inode {
	unsigned long i_ino;
};

struct socket {
	short type;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct inet_sock {
	struct sock sk;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	const void *icsk_ulp_ops;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 copied_seq;
	__u32 write_seq;
	__u32 snd_nxt;
	__u32 snd_cwnd_clamp;
	__u64 bytes_sent;
	__u8 repair : 1;
};

/* It begins as a sock does: with a sock_common. */
struct tcp_request_sock {
	__u32 rcv_isn;
};

struct bpf_sock_ops_kern {
	struct sock *sk;
};

struct sk_msg_sg {
	__u32 size;
};

struct sk_msg {
	struct sk_msg_sg sg;
	struct sock *sk_redir;
	struct sock *sk;
	struct list_head list;
};

struct sk_psock {
	struct sock *sk;
	refcount_t refcnt;
	/* One for each map that the socket is in. */
	struct list_head link;
	struct list_head ingress_msg;
	__u32 msg_tot_len;
};

/* A SOCKHASH (net/core/sock_map.c). */
struct bpf_shtab_elem {
	__u32 hash;
	struct sock *sk;
	struct hlist_node node;
	__u8 key[0];
};

struct bpf_shtab_bucket {
	struct hlist_head head;
};

struct bpf_shtab {
	struct bpf_shtab_bucket *buckets;
	__u32 buckets_num;
};

struct file {
	struct inode *f_inode;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct {
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[TASK_COMM_LEN];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

struct bpf_iter__sockmap {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	struct sock *sk;
};

#pragma clang attribute pop

/* kernel/bpf/helpers.c, since 6.2. */
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;
extern void *bpf_rdonly_cast(const void *pointer, __u32 btf_id) __ksym __weak;
