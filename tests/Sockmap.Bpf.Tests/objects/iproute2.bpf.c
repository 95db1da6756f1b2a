/* A map as iproute2 defines it, with an id and pinning: to be refused by name. */
#include "bpf.h"
struct bpf_elf_map { __u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx; };
struct bpf_elf_map shared SEC("maps") = { .type = HASH, .size_key = 4, .size_value = 4, .max_elem = 1, .id = 7, .pinning = 2 };
SEC("socket") int p(void *ctx) { return bpf_map_lookup_elem(&shared, &(int){0}) != 0; }
