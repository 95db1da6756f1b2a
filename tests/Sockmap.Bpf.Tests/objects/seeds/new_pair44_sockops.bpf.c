/* pair44_sockops, its maps defined in the new style. */
#define NEW_STYLE
#include "pair44_sockops.bpf.c"
