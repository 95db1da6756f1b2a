/* The few declarations that the test objects need; no kernel header, so that they build anywhere. */
#pragma once
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { name##_number = val } name
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __noinline __attribute__((noinline))
#define __core __attribute__((preserve_access_index))

#define SOCKHASH 18
#define SK_STORAGE 24
#define ARRAY 2
#define HASH 1
#define PERCPU_ARRAY 6
#define PROG_ARRAY 3
#define ARRAY_OF_MAPS 12
#define HASH_OF_MAPS 13
#define SOCKMAP 15
#define RINGBUF 27
#define BLOOM_FILTER 30

#define bpf_core_type_id_local(t) __builtin_btf_type_id(*(typeof(t) *)0, 0)
#define bpf_core_type_id_kernel(t) __builtin_btf_type_id(*(typeof(t) *)0, 1)
#define bpf_core_type_exists(t) __builtin_preserve_type_info(*(typeof(t) *)0, 0)
#define bpf_core_type_size(t) __builtin_preserve_type_info(*(typeof(t) *)0, 1)
#define bpf_core_type_matches(t) __builtin_preserve_type_info(*(typeof(t) *)0, 2)
#define bpf_core_field_offset(t, f) __builtin_preserve_field_info(((t *)0)->f, 0)
#define bpf_core_field_size(t, f) __builtin_preserve_field_info(((t *)0)->f, 1)
#define bpf_core_field_exists(t, f) __builtin_preserve_field_info(((t *)0)->f, 2)
#define bpf_core_field_signed(t, f) __builtin_preserve_field_info(((t *)0)->f, 3)
#define bpf_core_field_lshift(t, f) __builtin_preserve_field_info(((t *)0)->f, 4)
#define bpf_core_field_rshift(t, f) __builtin_preserve_field_info(((t *)0)->f, 5)
#define bpf_core_enum_value_exists(t, v) __builtin_preserve_enum_value(*(typeof(t) *)v, 0)
#define bpf_core_enum_value(t, v) __builtin_preserve_enum_value(*(typeof(t) *)v, 1)

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static long (*const bpf_tail_call)(void *ctx, void *map, __u32 index) = (void *)12;
static long (*const bpf_sock_map_update)(void *ops, void *map, void *key, __u64 flags) = (void *)53;
static long (*const bpf_msg_redirect_map)(void *msg, void *map, __u32 key, __u64 flags) = (void *)60;
static long (*const bpf_msg_redirect_hash)(void *msg, void *map, void *key, __u64 flags) = (void *)71;
static long (*const bpf_sock_hash_update)(void *ops, void *map, void *key, __u64 flags) = (void *)70;
static void *(*const bpf_sk_storage_get)(void *map, void *sk, void *value, __u64 flags) = (void *)107;
static long (*const bpf_seq_write)(void *seq, const void *data, __u32 len) = (void *)127;
static void *(*const bpf_skc_to_tcp_sock)(void *sk) = (void *)137;
static long (*const bpf_loop)(__u32 count, void *callback, void *ctx, __u64 flags) = (void *)181;
