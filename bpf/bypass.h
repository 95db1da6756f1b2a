/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the bypass's programs and user space (src/Sockmap/Bypass/Layout) both know. A change here is a change there,
 * and a new BYPASS_LAYOUT: an install of another layout is shown and removed, never taken for one of ours.
 */
#pragma once

#include <linux/types.h>

#define BYPASS_LAYOUT 5

/* Addresses as the network writes them, IPv4 as ::ffff:a.b.c.d; ports in host order. */
struct entry_key {
	__u8 local_address[16];
	__u8 remote_address[16];
	__u32 local_port;
	__u32 remote_port;
	/* The network namespace's cookie; 0 for pairs that may cross namespaces. */
	__u64 scope;
};

enum entry_flags {
	/* This socket's sending direction is redirected as of synced_seq. */
	ENTRY_REDIRECTED = 1,
	/* This socket has sent over TCP, in the map or before. */
	ENTRY_USED_TCP = 2,
	/* This socket connected; its peer is the one that was accepted. */
	ENTRY_CONNECTED = 4,
	/* This socket was established when user space put it in: nothing of its past is known. */
	ENTRY_ADDED = 8,
	/*
	 * One message has to go over TCP after both ends came in, and be read, before a direction is redirected: a thread
	 * may have been on its way into plain tcp_recvmsg() of the peer when that came in.
	 */
	ENTRY_KICK = 16,
	/* counted_seq is not set yet. */
	ENTRY_UNCOUNTED = 32,
	/* The message that ENTRY_KICK asks for was given to TCP when write_seq was first_seq. */
	ENTRY_KICKED = 64,
	/* A stream is sent over TCP for a while to find out whether that is faster, and what waited before it is read. */
	ENTRY_TRIAL = 128,
	ENTRY_TRIAL_SETTLED = 256,
	/* TCP carries what this socket sends better: it leaves the map when that can lose nothing. */
	ENTRY_BETTER_ON_TCP = 512,
	/* Its peer was not in the map, when it was told not to redirect into this socket any more. */
	ENTRY_PEER_MISSED = 1024,
	/* NAT is between the ends: the peer's key is not this one's mirror (nat.h). */
	ENTRY_TRANSLATED = 2048,
};

/* How far a socket is on its way out, see mark(). */
enum entry_leaving {
	LEAVING_NOT = 0,
	/* Each message goes over TCP as soon as the peer has read all that was redirected. */
	LEAVING_WHEN_READ = 1,
	LEAVING_NOW = 2,
};

/* The part of a socket's state that a listing shows: one piece, to be copied from a socket that is not the program's own. */
struct entry_listed {
	__u32 flags;
	/* enum entry_leaving. The one field that is written without the socket's lock, by mark(). */
	__u32 leaving;
	/* Why the last message that went over TCP did (enum bypass_counter), or 0. */
	__u32 reason;
	/* What write_seq is once TCP has taken all the bytes that tcp_bytes counts. */
	__u32 counted_seq;
	/* Its counters' index; GROUP_NONE until its first message where user space put it in. */
	__u32 group;
	__u32 reserved;
	/* When it came in, nanoseconds of CLOCK_MONOTONIC. */
	__u64 joined_at;
	/* Some moment since it came in, in nanoseconds and in jiffies. */
	__u64 clock_at;
	__u64 clock_tick;
	struct entry_key peer;
	/* Jiffies of its last message, which cost a load where a clock costs a call; 0 for none. */
	__u64 last_tick;
	__u64 redirected_messages;
	__u64 redirected_bytes;
	__u64 tcp_messages;
	__u64 tcp_bytes;
	__u64 spilled_messages;
};

/* A socket's own state, in its SK_STORAGE. Written under the socket's lock only. */
struct entry_state {
	struct entry_listed;
	struct entry_key own;
	/* The peer's struct sock, as a redirect named it; 0 while not known. Read through fault-safe loads only. */
	__u64 peer_sock;
	/* write_seq when the direction was last seen free of unread TCP bytes. */
	__u32 synced_seq;
	/* write_seq when the socket came in. */
	__u32 first_seq;
	/* Messages in a row whose peer was not in the map. */
	__u32 misses;
	/* Messages since the peer's queue was last seen empty. */
	__u32 burst;
	/* How often a stream was tried over TCP without being better there. */
	__u32 trials;
	/* How often in a row it was better there. */
	__u32 wins;
	/* The stream as it was sent since a moment (streams.h), nanoseconds of CLOCK_MONOTONIC. */
	__u64 window_began;
	__u64 window_bytes;
	/* What the peer had not read of what was redirected at that moment, or in a trial its copied_seq. */
	__u64 window_mark;
	__u32 window_messages;
	/* Those of them that found the peer's queue not empty. */
	__u32 window_ahead;
	/* Bytes a millisecond, before the trial began. */
	__u64 redirected_rate;
	/* No trial before that, nanoseconds of CLOCK_MONOTONIC. */
	__u64 next_trial;
};

enum bypass_counter {
	/* Sockets taken in when established: by the end that connected and by the one that accepted; and by user space later. */
	SOCKETS_CONNECTED,
	SOCKETS_ACCEPTED,
	SOCKETS_ADDED,
	/* Sockets that left by themselves, as TCP carries better what they send. */
	SOCKETS_LEFT,
	/* Sockets not taken in. */
	SOCKETS_FILTERED,
	SOCKETS_REMOTE,
	SOCKETS_MAP_FULL,
	SOCKETS_KEY_TAKEN,
	SOCKETS_BUSY,
	SOCKETS_REFUSED,
	/* Messages. */
	MESSAGES_REDIRECTED,
	BYTES_REDIRECTED,
	MESSAGES_OVER_TCP,
	BYTES_OVER_TCP,
	/* Times that a direction went from TCP to redirected. */
	DIRECTIONS_SWITCHED,
	/* Times that a direction went from redirected to TCP, for a full queue or another of the reasons below. */
	DIRECTIONS_SPILLED,
	DIRECTIONS_FELL_BACK,
	/* Why messages went over TCP. */
	TCP_PAUSED,
	TCP_NO_PEER,
	TCP_UNREAD,
	TCP_READER,
	TCP_LOW_WATER,
	TCP_UPPER_PROTOCOL,
	TCP_SHUT_DOWN,
	TCP_SPILLED,
	TCP_WRONG_PEER,
	TCP_KICK,
	TCP_LEAVING,
	TCP_STREAM,
	/* Messages refused with EACCES since their verdict could not be undone: the own entry was deleted meanwhile. */
	MESSAGES_REFUSED,
	BYPASS_COUNTERS,
};

struct bypass_counters {
	__u64 value[BYPASS_COUNTERS];
};

/*
 * Counters are kept by group: the sockets of one cgroup that serve, or are clients of, one port. Sockets that are not
 * taken in are GROUP_NONE's; those for whom no group is left GROUP_OTHER's.
 */
#define COUNTER_GROUPS 512
#define GROUP_NONE 0
#define GROUP_OTHER 1

struct group_key {
	__u64 cgroup_id;
	/* The port that was listened on, host order. */
	__u32 port;
	__u32 reserved;
};

enum event_kind {
	EVENT_ESTABLISHED = 1,
	EVENT_JOINED = 2,
	EVENT_SWITCHED = 3,
	EVENT_SPILLED = 4,
	EVENT_FELL_BACK = 5,
	EVENT_CLOSED = 6,
	EVENT_FAILED = 7,
	EVENT_LEFT = 8,
};

/* What happened to a socket, as ring buffers get it and announce() takes it. */
struct bypass_event {
	struct entry_key key;
	/* Nanoseconds of CLOCK_MONOTONIC. */
	__u64 time;
	__u64 cookie;
	__u64 cgroup_id;
	/* Totals of what this socket sent since it came in. */
	__u64 redirected_messages;
	__u64 redirected_bytes;
	__u64 tcp_messages;
	__u64 tcp_bytes;
	__u64 spilled_messages;
	__u32 uid;
	/* enum event_kind */
	__u32 kind;
	/* Why (enum bypass_counter) a socket failed to join, was not taken in, or left the bypass; else 0. */
	__u32 reason;
	/* The socket connected. */
	__u32 connected;
};

#define MOST_WATCHERS 4

enum bypass_options {
	OPTION_IPV4 = 1,
	OPTION_IPV6 = 2,
	OPTION_CROSS_NAMESPACE = 4,
	/* Take only connections to included_ports, or to or from included_addresses. */
	OPTION_INCLUDED_PORTS = 8,
	OPTION_EXCLUDED_PORTS = 16,
	OPTION_INCLUDED_ADDRESSES = 32,
	OPTION_EXCLUDED_ADDRESSES = 64,
	/* Sockets stay, also where TCP carries better what they send. */
	OPTION_KEEP_SOCKETS = 128,
	/* Take in connections that NAT leads to another socket of this host (nat.h). */
	OPTION_THROUGH_NAT = 256,
};

enum bypass_variant {
	VARIANT_EXACT = 1,
	VARIANT_PROBING = 2,
};

/* About half of what plain TCP takes for a receiver that has stopped, in both ends' buffers. */
#define DEFAULT_QUEUE_LIMIT (2 << 20)

struct bypass_config {
	__u32 layout;
	__u32 options;
	__u32 variant;
	/* Bytes that may wait unread in a receiver before messages spill; 0: DEFAULT_QUEUE_LIMIT. */
	__u32 queue_limit;
	/* The cgroup that the install was made for. */
	__u64 cgroup_id;
	/* Address of the kernel's woken_wake_function; 0 where it is hidden. */
	__u64 woken_wake_function;
	/* Nanoseconds since 1970 (UTC) when it was installed. */
	__u64 installed_at;
};

#define PORT_BITMAP_BYTES 8192

struct address_key {
	__u32 prefix_length;
	__u8 address[16];
};

/* What is known of the other end of a listed socket. */
enum row_other {
	/* Not whether it is in the map. */
	OTHER_UNKNOWN = 0,
	OTHER_ABSENT = 1,
	/* It is the next row, or the one before. */
	OTHER_FOLLOWS = 2,
	OTHER_PRECEDES = 3,
};

/* One entry as the iterators over the map write it. */
struct entry_row {
	struct entry_key key;
	__u64 cookie;
	__u64 netns_cookie;
	__u64 inode;
	__u64 cgroup_id;
	/* Bytes in the socket's psock that nobody has read yet, and whether its queue is empty (bytes may be capped). */
	__u64 queued_bytes;
	/* The moment of the listing, in nanoseconds of CLOCK_MONOTONIC and in jiffies; 0 where the socket was never used. */
	__u64 now;
	__u64 tick;
	/* What TCP took and tcp_bytes does not count yet, or less than 0 where that counts what TCP did not take. */
	__s32 unsettled_bytes;
	__u32 uid;
	__u32 netns_inode;
	__u16 family;
	__u8 state;
	/* enum row_other */
	__u8 other;
	__u32 queue_empty;
	/* No send of this socket is under way; told by list only. */
	__u32 quiet;
	struct entry_listed listed;
};
