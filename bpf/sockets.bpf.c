/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The sockets of this host: who holds them (one record for each open file of a process that is a socket), and which are
 * in a sockmap of anybody's.
 */
#include "describe.h"
#include "kernel.h"
#include "psock.h"
#include "sock.h"
#include "sockets.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u32 holder_options = 0;
/* Of the map that is listed: its key follows each record. */
const volatile __u32 key_size = 4;

/* ---- who holds them ---- */

static __always_inline struct sock *chosen_socket(struct file *file)
{
	struct socket *socket;
	struct sock *sk;

	socket = bpf_sock_from_file(file);
	if (!socket)
		return NULL;
	sk = socket->sk;
	if (!sk)
		return NULL;
	if (!(holder_options & HOLDER_ANY_PROTOCOL) &&
	    (sk->sk_protocol != IPPROTO_TCP ||
	     (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)))
		return NULL;
	if ((holder_options & HOLDER_PSOCK_ONLY) && !owned_psock(sk))
		return NULL;
	return sk;
}

/* The process's id as its reader numbers processes: he may be in a PID namespace. */
static __always_inline __s32 process_id(struct task_struct *leader)
{
	struct task_struct *reader = bpf_get_current_task_btf();
	unsigned int level = reader->thread_pid->level;
	__u64 pid = 0;
	__s32 id = 0;

	/* As a number: before 6.2 the verifier lets nobody calculate with a struct's pointer. */
	bpf_core_read(&pid, sizeof(pid), &leader->thread_pid);
	bpf_probe_read_kernel(&id, sizeof(id), (void *)(pid + bpf_core_field_offset(struct pid, numbers) +
							(__u64)level * bpf_core_type_size(struct upid) +
							bpf_core_field_offset(struct upid, nr)));
	return id;
}

static __always_inline void read_holder(struct task_struct *task, __u32 fd, struct holder *holder)
{
	struct task_struct *leader = task->group_leader;

	holder->pid = process_id(leader);
	holder->fd = fd;
	__builtin_memcpy(holder->comm, leader->comm, sizeof(holder->comm));
}

SEC("iter/task_file")
int held(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct held_row row = {};
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = chosen_socket(file);
	if (!sk)
		return 0;
	describe(sk, &row.socket);
	row.socket.inode = file->f_inode->i_ino;
	read_holder(task, ctx->fd, &row.holder);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

static __always_inline int write_brief(struct bpf_iter__task_file *ctx, struct task_struct *task, __u64 key)
{
	struct brief_row row = { .key = key };

	read_holder(task, ctx->fd, &row.holder);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

/* The same for joining processes to sockets that are known already. */
SEC("iter/task_file")
int held_brief(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = chosen_socket(file);
	return sk ? write_brief(ctx, task, bpf_get_socket_cookie(sk)) : 0;
}

/*
 * The same for very many sockets: each part of one that is looked at costs a miss of the cache, so that all sockets are
 * listed, whatever their kind, by the number that their file has.
 */
SEC("iter/task_file")
int held_inode(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file || !bpf_sock_from_file(file))
		return 0;
	return write_brief(ctx, task, file->f_inode->i_ino);
}

/* ---- what is in a sockmap ---- */

SEC("iter/sockmap")
int members(struct bpf_iter__sockmap *ctx)
{
	struct sock *sk = ctx->sk;
	struct socket_row row = {};
	void *key = ctx->key;
	__u64 psock;

	if (!sk || !key)
		return 0;
	describe(sk, &row);
	row.inode = inode_at((__u64)sk, false);
	psock = owned_psock(sk);
	if (psock)
		row.queued_bytes = unread_bytes(psock);
	/* Should the buffer overflow between the two, the kernel takes back both (bpf_seq_read). */
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	bpf_seq_write(ctx->meta->seq, key, key_size);
	return 0;
}
