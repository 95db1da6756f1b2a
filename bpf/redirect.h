/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the programs of a redirect share with user space: src/Sockmap/Redirects/Layout repeats it, and the tests compare
 * the two.
 */
#pragma once

#include <linux/types.h>
#include "sockets.h"

/* Changes with every change of a struct below. */
#define REDIRECT_LAYOUT 2

enum redirect_mode {
	SEND_TO_LOCAL = 0,
	SEND_TO_EGRESS = 1,
	INGRESS_TO_EGRESS = 2,
	INGRESS_TO_LOCAL = 3,
};

enum redirect_option {
	/* What comes in are datagrams that a full receiver may lose (UDP). */
	REDIRECT_MAY_DROP = 1,
	/* What the source has not read holds its sender (TCP). */
	REDIRECT_HOLDS_SENDER = 2,
};

struct redirect_config {
	__u32 layout;
	__u32 mode;
	/* Bytes that may wait for the target. */
	__u64 queue_limit;
	/* CLOCK_REALTIME, nanoseconds. */
	__u64 created_at;
	/* SO_COOKIE of the source. */
	__u64 source_cookie;
	/* enum redirect_option. */
	__u32 options;
	__u32 reserved;
};

/* Entries of the map `course`. */
enum redirect_course {
	/* Written by user space: it is being removed. What the source sends goes where it would without a redirect. */
	COURSE_STOPPED = 0,
	/*
	 * Written by the program: the target was full. What comes in stays with the source, as no byte may follow a gap. A
	 * sender is refused from then on, as the kernel keeps to a verdict of SK_DROP (psock->eval in tcp_bpf_send_verdict).
	 */
	COURSE_OVERRUN = 1,
	/* Written by user space: the source could not leave (LEAVE_LAGS). All that comes in stays with it. */
	COURSE_STAYS = 2,
	COURSES = 3,
};

struct redirect_counters {
	__u64 redirected_messages;
	__u64 redirected_bytes;
	/* The sender was told so (EACCES), and has them still. */
	__u64 refused_messages;
	__u64 refused_bytes;
	/* Left in the source's own receive queue. */
	__u64 kept_messages;
	__u64 kept_bytes;
	/* Thrown away. */
	__u64 dropped_messages;
	__u64 dropped_bytes;
};

/* What join() gives beside 0 and a negative errno. */
#define JOIN_PARTLY_READ 1
/* The same, where only a socket with nothing unread was asked for. */
#define JOIN_UNREAD 2

/* What leave() gives beside 0: it is out. */
#define LEAVE_UNREAD 1
#define LEAVE_LAGS 2
#define LEAVE_AWAITED 3

/* A socket of a redirect, and what waits in it. */
struct redirect_row {
	struct socket_row socket;
	/* The psock's queues: messages to be read (bytes: socket.queued_bytes), and buffers on their way to it or through it. */
	__u32 has_messages;
	__u32 held_buffers;
	__u64 held_bytes;
	/* References to the psock, one for each map that the socket is in. More of them: a send or receive is under way. */
	__u32 references;
	/* Messages in the socket's own receive queue. */
	__u32 received_buffers;
};
