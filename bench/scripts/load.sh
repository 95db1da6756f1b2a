#!/bin/sh
# What people use today, in our own words: loads a naive bypass with bpftool, for ControlBenchmark.
#   load.sh OBJECT|SOURCE CGROUP PINS     a source is compiled first (clang-19)
set -e
object=$1 cgroup=$2 pins=$3
case "$object" in
*.c)
	compiled=$(mktemp)
	clang-19 -O2 -g -target bpf -mcpu=v3 -fms-extensions -Wno-microsoft-anon-tag -I"/usr/include/$(uname -m)-linux-gnu" -c "$object" -o "$compiled"
	object=$compiled
	;;
esac
mkdir -p "$pins"
bpftool prog loadall "$object" "$pins" pinmaps "$pins"
bpftool cgroup attach "$cgroup" sock_ops pinned "$pins/naive_take_in" multi
bpftool prog attach pinned "$pins/naive_redirect" msg_verdict pinned "$pins/sockhash"
[ -z "$compiled" ] || rm -f "$compiled"
