#!/bin/sh
# What is installed, as far as bpftool can tell.
#   status.sh CGROUP PINS
set -e
bpftool cgroup show "$1"
bpftool prog show pinned "$2/naive_redirect"
bpftool map show pinned "$2/sockhash"
bpftool map dump pinned "$2/sockhash"
