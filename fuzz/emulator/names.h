/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/emulator/names.h: included before the sources in src/emulator/interpose (see
 * fuzz/meson.build). A function that replaces one of the C library in libcoffer-sgx.so gets another
 * name here. So a fuzz target decides which calls go through the emulator, and the fuzzer's own
 * calls do not.
 */
#ifndef COFFER_FUZZ_EMULATOR_NAMES_H
#define COFFER_FUZZ_EMULATOR_NAMES_H

#define open         emulated_open
#define open64       emulated_open64
#define openat       emulated_openat
#define openat64     emulated_openat64
#define __open_2     emulated_open_2
#define __open64_2   emulated_open64_2
#define __openat_2   emulated_openat_2
#define __openat64_2 emulated_openat64_2
#define ioctl        emulated_ioctl
#define close        emulated_close
#define dup          emulated_dup
#define dup2         emulated_dup2
#define dup3         emulated_dup3
#define fcntl        emulated_fcntl
#define fcntl64      emulated_fcntl64
#define close_range  emulated_close_range
#define closefrom    emulated_closefrom
#define access       emulated_access
#define faccessat    emulated_faccessat
#define stat         emulated_stat
#define stat64       emulated_stat64
#define lstat        emulated_lstat
#define lstat64      emulated_lstat64
#define fstatat      emulated_fstatat
#define fstatat64    emulated_fstatat64
#define __xstat      emulated_xstat
#define __xstat64    emulated_xstat64
#define __lxstat     emulated_lxstat
#define __lxstat64   emulated_lxstat64
#define __fxstatat   emulated_fxstatat
#define __fxstatat64 emulated_fxstatat64
#define statx        emulated_statx
#define mmap         emulated_mmap
#define mmap64       emulated_mmap64
#define mprotect     emulated_mprotect
#define munmap       emulated_munmap
#define mremap       emulated_mremap

#endif
