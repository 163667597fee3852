/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epc/protocol.h: how libcoffer-sgx.so asks the node's EPC ledger for pages.
 *
 * A SOCK_SEQPACKET unix socket; one connection is one process, and its end, however it comes,
 * returns everything that the process held. Every request is one EPC_REQUEST_SIZE packet, answered
 * by one EPC_ANSWER_SIZE packet, in order; integers are little endian. The first request is HELLO.
 *
 * request: u32 magic, u32 operation, u64 pages, u64 limit in pages (HELLO; 0: none),
 *          u8 group[40] (HELLO; NUL-padded; empty: the process alone)
 * answer:  u32 magic, u32 errno (0: done), u64 pages granted
 *
 * HELLO with pages re-asserts what a process held when the ledger's server was started again: it
 * is counted even beyond the EPC. CHARGE grants as many of the asked pages as there are, perhaps 0.
 * CAPACITY is answered with all pages of the node's EPC.
 */
#ifndef COFFER_EPC_PROTOCOL_H
#define COFFER_EPC_PROTOCOL_H

/** EPC_SOCKET_NAME - the server's socket in its directory */
#define EPC_SOCKET_NAME "ledger.sock"

enum {
    EPC_MAGIC = 0x43504543, /* "CEPC" */
    EPC_REQUEST_SIZE = 64,  /* bytes */
    EPC_ANSWER_SIZE = 16,   /* bytes */
    EPC_GROUP_SIZE = 40,    /* bytes */

    EPC_HELLO = 1,
    EPC_CHARGE = 2,
    EPC_RETURN = 3,
    EPC_CAPACITY = 4,
};

#endif
