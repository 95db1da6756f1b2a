/* Maps of maps and program arrays that hold something from the start, and one that holds nothing. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
struct inner { __uint(type, ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); };
struct inner first SEC(".maps"), second SEC(".maps");
static struct inner hidden SEC(".maps");
struct { __uint(type, ARRAY_OF_MAPS); __uint(max_entries, 4); __uint(key_size, 4); __array(values, struct inner); } by_index SEC(".maps") = { .values = { [0] = &first, [3] = &hidden } };
struct { __uint(type, HASH_OF_MAPS); __uint(max_entries, 4); __type(key, __u32); __array(values, struct inner); } by_key SEC(".maps") = { .values = { [2] = &second } };
struct { __uint(type, HASH_OF_MAPS); __uint(max_entries, 4); __type(key, __u64); __array(values, struct { __uint(type, HASH); __uint(max_entries, 9); __type(key, __u32); __type(value, __u32); }); } empty SEC(".maps");
int seventh(void *ctx);
struct { __uint(type, PROG_ARRAY); __uint(max_entries, 9); __uint(key_size, 4); __array(values, int(void *)); } calls SEC(".maps") = { .values = { [7] = seventh } };
struct { __uint(type, PROG_ARRAY); __uint(max_entries, 2); __uint(key_size, 4); __array(values, int(void *)); } unused SEC(".maps") = { .values = { [1] = seventh } };
SEC("socket") int entry(void *ctx) { bpf_tail_call(ctx, &calls, 7); return 1; }
SEC("?socket") int seventh(void *ctx) { return 77; }
SEC("socket") int looks(void *ctx) {
	__u32 index = 3, zero = 0, two = 2;
	__u64 *value = 0;
	void *map = bpf_map_lookup_elem(&by_index, &index);
	if (!map || !(value = bpf_map_lookup_elem(map, &zero)))
		return -1;
	*value += 5;
	map = bpf_map_lookup_elem(&by_key, &two);
	if (!map || !(value = bpf_map_lookup_elem(map, &zero)))
		return -2;
	return *value;
}
