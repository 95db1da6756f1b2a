#!/bin/sh
# Takes away what load.sh did.
#   unload.sh CGROUP PINS
set -e
bpftool prog detach pinned "$2/naive_redirect" msg_verdict pinned "$2/sockhash"
bpftool cgroup detach "$1" sock_ops pinned "$2/naive_take_in"
rm -r "$2"
