/* pair24_redirect, its maps defined in the new style. */
#define NEW_STYLE
#include "pair24_redirect.bpf.c"
