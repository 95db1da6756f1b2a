/* pair44_redirect, its maps defined in the new style. */
#define NEW_STYLE
#include "pair44_redirect.bpf.c"
