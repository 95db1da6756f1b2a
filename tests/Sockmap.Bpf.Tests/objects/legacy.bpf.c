/* Maps in the old style: five numbers, longer definitions with nothing behind them, annotated types. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
struct { __u32 type, key_size, value_size, max_entries, flags; } plain SEC("maps") = { HASH, 4, 8, 3, 1 };
struct bpf_elf_map { __u32 type, key_size, value_size, max_entries, flags, id, pinning, inner_id, inner_index; };
struct bpf_elf_map longer SEC("maps") = { .type = ARRAY, .key_size = 4, .value_size = 4, .max_entries = 2 };
static struct { __u32 type, key_size, value_size, max_entries, flags; } sockets SEC("maps") = { SOCKHASH, 24, 4, 65535, 0 };
struct ____btf_map_plain { int key; __u64 value; };
struct ____btf_map_plain SEC(".maps.plain") ____btf_map_plain = {};
SEC("socket") int counts(void *ctx) {
	__u32 zero = 0;
	__u64 one = 1, *seen = bpf_map_lookup_elem(&plain, &zero);
	if (!seen)
		return bpf_map_update_elem(&plain, &zero, &one, 0);
	return bpf_map_lookup_elem(&longer, &zero) ? *seen : -1;
}
SEC("sk_msg") int redirects(void *ctx) { char key[24] = {}; return bpf_msg_redirect_hash(ctx, &sockets, key, 1); }
