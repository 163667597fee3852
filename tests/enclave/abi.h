/* What abi_host.c and its enclave agree on. */
#define ABI_NOTHING    0
#define ABI_UD         1
#define ABI_LOAD       2
#define ABI_STORE      3
#define ABI_SYSCALL    4
#define ABI_HLT        5
#define ABI_LEAF       6
#define ABI_SPIN       7
#define ABI_BREAKPOINT 8
#define ABI_BASES      9
#define ABI_JUMP       10

/* pages of a thread: TCS, two SSA frames; then code and data, for all */
#define ABI_THREAD_SIZE   0x3000
#define ABI_THREADS       8
#define ABI_CODE          0x18000
#define ABI_DATA          0x19000
#define ABI_DATA_SIZE     0x2000
#define ABI_ABSENT        0x1c000
#define ABI_SIZE          0x20000
#define ABI_GPRS_RIP      (0x2000 - 184 + 136) /* of SSA frame 0, from the TCS */
#define ABI_GPRS_EXITINFO (0x2000 - 184 + 160)
#define ABI_GPRS_MADDR    (0x2000 - 184 - 16)
