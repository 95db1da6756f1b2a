/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the splice program and user space tell each other. src/Sockmap/Proxies/Layout has the same. */
#pragma once

#include <linux/types.h>

/*
 * One way of a connection: from the socket of this number to its partner's, whose number differs in the lowest bit.
 * Each line has one writer.
 */
struct splice_way {
	/* Written by the program, which runs for one message of a socket at a time. */
	__u64 redirected_bytes;
	__u64 redirected_messages;
	/* Left to user space, which sends them on. */
	__u64 passed_bytes;
	__u64 passed_messages;
	/* The partner's write_seq when nothing had been redirected yet, less what user space had sent by then. */
	__u32 base_seq;
	__u32 has_base;
	/* Of the next byte that the program has not seen. */
	__u32 expected_seq;
	__u32 has_expected;
	/* Bytes that came again with ones that did not, and were cut off. */
	__u64 repeated_bytes;
	/* A message could not be cut: no byte after it may be moved. */
	__u32 is_broken;
	__u32 unused;
	/* Written by user space. */
	__u64 handed_bytes; /* of the passed ones: sent to the partner */
	__u32 ready;	    /* both sockets are in, and nothing keeps the way from the kernel */
	__u32 unused_too[13];
};

/* Set by the program and cleared by user space: a signal is under way. */
struct splice_bell {
	__u32 rung;
	__u32 unused[15];
};

/* All of a proxy's connections, those that have ended too; per CPU. */
struct splice_totals {
	__u64 bytes[2]; /* client to target, target to client */
	__u64 messages[2];
	__u64 repeated_bytes;
};
