/* A map in the old style, to be refused. */
#include "bpf.h"
struct { __u32 type, key_size, value_size, max_entries, flags; } old SEC("maps") = { 1, 4, 4, 1, 0 };
SEC("socket") int p(void *ctx) { return bpf_map_lookup_elem(&old, &(int){0}) != 0; }
