/* Settings of the kernel: of each kind, missing weak and strong ones, one of the wrong kind. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };
extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
extern _Bool LINUX_NOT_KNOWN __kconfig __weak;
extern _Bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_NET __kconfig;
extern unsigned long CONFIG_HZ __kconfig;
extern const char CONFIG_DEFAULT_HOSTNAME[64] __kconfig __weak;
extern const char CONFIG_CC_VERSION_TEXT[16] __kconfig;
extern char CONFIG_INET __kconfig;
extern int CONFIG_NEVER_WAS __kconfig __weak;
extern int CONFIG_NEVER_WAS_EITHER __kconfig;
extern unsigned short CONFIG_BPF __kconfig;
volatile __u64 out[12];
SEC("socket") int all(void *ctx) {
	out[0] = LINUX_KERNEL_VERSION; out[1] = LINUX_HAS_BPF_COOKIE; out[2] = LINUX_HAS_SYSCALL_WRAPPER; out[3] = LINUX_NOT_KNOWN;
	out[4] = CONFIG_BPF_SYSCALL; out[5] = CONFIG_NET; out[6] = CONFIG_HZ; out[7] = CONFIG_CC_VERSION_TEXT[0]; out[8] = CONFIG_CC_VERSION_TEXT[15];
	out[9] = CONFIG_INET; out[10] = CONFIG_NEVER_WAS; out[11] = CONFIG_DEFAULT_HOSTNAME[63];
	return CONFIG_CC_VERSION_TEXT[3];
}
SEC("socket") int missing(void *ctx) { return CONFIG_NEVER_WAS_EITHER; }
SEC("socket") int wrong(void *ctx) { return CONFIG_BPF; }
