/* Kernel functions and variables, there and not there, weak and strong; a setting of the kernel's. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
volatile __u64 out[8];
extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym;
extern void *bpf_rdonly_cast___v2(void *obj, __u32 btf_id) __ksym;
extern int bpf_weak_never(void *obj) __ksym __weak;
extern int bpf_strong_never(void *obj) __ksym;
extern int bpf_cast_to_kern_ctx(int wrong, int parameters) __ksym;
extern const void woken_wake_function __ksym;
extern const void weak_symbol_never __ksym __weak;
extern const int nr_cpu_ids_never __ksym __weak;
extern const unsigned long runqueues_typed_wrong __ksym __weak;
extern const int bpf_prog_active __ksym;
extern int LINUX_KERNEL_VERSION __kconfig;
SEC("socket") int good(void *ctx) { out[0] = (__u64)bpf_rdonly_cast(ctx, 7); out[1] = (__u64)bpf_rdonly_cast___v2(ctx, 8); return 0; }
SEC("socket") int weak(void *ctx) { if (bpf_weak_never) return bpf_weak_never(ctx); return 1; }
SEC("socket") int strong(void *ctx) { return bpf_strong_never(ctx); }
SEC("socket") int mismatch(void *ctx) { return (long)bpf_cast_to_kern_ctx(1, 2); }
SEC("socket") int symbols(void *ctx) { out[0] = (__u64)&woken_wake_function; out[1] = (__u64)&weak_symbol_never; out[2] = (__u64)&nr_cpu_ids_never; return 0; }
SEC("socket") int typed(void *ctx) { return *(volatile int *)&bpf_prog_active; }
SEC("socket") int setting(void *ctx) { return LINUX_KERNEL_VERSION; }
