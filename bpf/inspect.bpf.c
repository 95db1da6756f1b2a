/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Who holds which bpf object open: one record for each open file of a task that is a program, a map, a link or BTF.
 * The files are known by the name of their anonymous inode (kernel/bpf/syscall.c, kernel/bpf/btf.c), which nobody but
 * the kernel can give, so no addresses of the kernel's tables of functions are needed.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define ANON_INODE_FS_MAGIC 0x09041934
#define NAME_LENGTH 16
#define COMM_LENGTH 16

char LICENSE[] SEC("license") = "Dual MIT/GPL";

enum holder_kind {
	HOLDER_PROGRAM = 1,
	HOLDER_MAP = 2,
	HOLDER_LINK = 3,
	HOLDER_BTF = 4,
};

struct holder_row {
	__u32 kind;
	__u32 id;
	__s32 pid;
	char comm[COMM_LENGTH];
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	unsigned long s_magic;
};

struct inode {
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
};

struct task_struct {
	int tgid;
	struct task_struct *group_leader;
	char comm[COMM_LENGTH];
};

struct bpf_prog_aux {
	__u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

struct bpf_map {
	__u32 id;
};

struct bpf_link {
	__u32 id;
};

struct btf {
	__u32 id;
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

#pragma clang attribute pop

static __always_inline bool is(const char name[NAME_LENGTH], const char *wanted, int length)
{
	return __builtin_memcmp(name, wanted, length) == 0;
}

/* The zero at the end is compared too. */
#define IS(name, wanted) is(name, wanted, sizeof(wanted))

SEC("iter/task_file")
int holders(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	char name[NAME_LENGTH] = {};
	struct holder_row row = {};
	void *object;

	if (!task || !file || file->f_inode->i_sb->s_magic != ANON_INODE_FS_MAGIC)
		return 0;
	if (bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name) < 0)
		return 0;
	object = file->private_data;
	if (IS(name, "bpf-prog")) {
		row.kind = HOLDER_PROGRAM;
		row.id = BPF_CORE_READ((struct bpf_prog *)object, aux, id);
	} else if (IS(name, "bpf-map")) {
		row.kind = HOLDER_MAP;
		row.id = BPF_CORE_READ((struct bpf_map *)object, id);
	} else if (IS(name, "bpf_link") || IS(name, "bpf-link")) {
		row.kind = HOLDER_LINK;
		row.id = BPF_CORE_READ((struct bpf_link *)object, id);
	} else if (IS(name, "btf")) {
		row.kind = HOLDER_BTF;
		row.id = BPF_CORE_READ((struct btf *)object, id);
	} else {
		return 0;
	}
	row.pid = task->tgid;
	bpf_probe_read_kernel_str(row.comm, sizeof(row.comm), task->group_leader->comm);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}
