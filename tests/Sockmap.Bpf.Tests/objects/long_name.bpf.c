/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "bpf.h"
static void *(*lookup)(void *map, const void *key) = (void *)1; /* bpf_map_lookup_elem */
char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, 2); /* BPF_MAP_TYPE_ARRAY */
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counted SEC(".maps");

/* 15 bytes of this name are all that the kernel keeps. */
SEC("socket") int a_name_that_the_kernel_cuts(void *ctx)
{
	__u32 key = 1;
	__u64 *value = lookup(&counted, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
	return value ? 1 : 0;
}
