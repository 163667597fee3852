/* SPDX-License-Identifier: Apache-2.0 */
/* tests.h: the list of tests, which tests/process/test_sgx_abi.py reads too. A LOADED test gets an
 * initialised enclave, a FRESH one the result of abi_open(). */
#ifndef COFFER_TESTS_ABI_TESTS_H
#define COFFER_TESTS_ABI_TESTS_H

#include "host.h"

#define TESTS(FRESH, LOADED)                                                                       \
    /* load.c: ioctls until EINIT */                                                               \
    FRESH(ioctls_have_their_order)                                                                 \
    FRESH(descriptors_are_enclaves)                                                                \
    FRESH(pointers_are_checked)                                                                    \
    FRESH(secs_is_checked)                                                                         \
    FRESH(pages_are_checked)                                                                       \
    FRESH(page_types_are_checked)                                                                  \
    FRESH(sources_are_checked)                                                                     \
    FRESH(sources_on_noexec_mounts)                                                                \
    FRESH(count_tells_how_far_it_came)                                                             \
    FRESH(pages_need_not_be_measured)                                                              \
    FRESH(ioctls_exclude_one_another)                                                              \
    /* init.c: EINIT and attributes */                                                             \
    FRESH(sigstruct_constants)                                                                     \
    FRESH(sigstruct_signature)                                                                     \
    FRESH(sigstruct_measurement)                                                                   \
    FRESH(sigstruct_attributes)                                                                    \
    FRESH(sigstruct_features)                                                                      \
    FRESH(kss_fields)                                                                              \
    FRESH(provisioning_is_a_privilege)                                                             \
    /* mapping.c */                                                                                \
    LOADED(mappings_have_caps)                                                                     \
    LOADED(mappings_stay_in_range)                                                                 \
    LOADED(mappings_and_personality)                                                               \
    LOADED(mappings_are_shared)                                                                    \
    LOADED(mappings_go_in_parts)                                                                   \
    LOADED(mappings_are_replaced)                                                                  \
    LOADED(mappings_do_not_grow)                                                                   \
    LOADED(offsets_do_not_matter)                                                                  \
    FRESH(mappings_before_create)                                                                  \
    FRESH(mappings_in_parts_before_create)                                                         \
    FRESH(absent_pages_are_bus_errors)                                                             \
    /* vdso.c */                                                                                   \
    FRESH(vdso_sections_end_with_headers)                                                          \
    LOADED(vdso_checks_its_arguments)                                                              \
    LOADED(vdso_keeps_registers)                                                                   \
    LOADED(vdso_passes_operands)                                                                   \
    LOADED(vdso_passes_registers)                                                                  \
    LOADED(handler_gets_operands)                                                                  \
    LOADED(handler_gets_faults)                                                                    \
    LOADED(handler_result_is_returned)                                                             \
    LOADED(handler_enters_again)                                                                   \
    LOADED(handler_chooses_the_thread)                                                             \
    LOADED(handler_stack_is_aligned)                                                               \
    LOADED(handler_may_jump_away)                                                                  \
    LOADED(handler_enters_itself)                                                                  \
    /* inside.c: entries, exceptions */                                                            \
    LOADED(enters_and_leaves)                                                                      \
    LOADED(entries_that_fault)                                                                     \
    LOADED(entries_before_init)                                                                    \
    LOADED(threads_are_busy)                                                                       \
    LOADED(frames_run_out)                                                                         \
    LOADED(resume_checks_the_frame)                                                                \
    LOADED(undefined_instructions)                                                                 \
    LOADED(general_protection)                                                                     \
    LOADED(page_faults)                                                                            \
    LOADED(arithmetic_exceptions)                                                                  \
    LOADED(alignment_checks)                                                                       \
    LOADED(breakpoints_are_undefined)                                                              \
    FRESH(exceptions_without_exinfo)                                                               \
    LOADED(nested_exceptions)                                                                      \
    LOADED(leaves_that_fault)                                                                      \
    LOADED(operands_are_checked)                                                                   \
    LOADED(keys_report_errors_in_rax)                                                              \
    /* state.c: what an asynchronous exit keeps and shows */                                       \
    LOADED(exits_save_registers)                                                                   \
    LOADED(exits_save_vectors)                                                                     \
    LOADED(exits_show_nothing)                                                                     \
    LOADED(resume_restores_everything)                                                             \
    FRESH(wide_state_survives)                                                                     \
    LOADED(interrupts_show_nothing)                                                                \
    LOADED(interrupts_may_be_left)                                                                 \
    LOADED(alignment_flag_comes_and_goes)                                                          \
    LOADED(direction_flag_comes_and_goes)                                                          \
    LOADED(flags_survive_interrupts)                                                               \
    /* notify.c: AEX-Notify */                                                                     \
    FRESH(notification_needs_both_flags)                                                           \
    FRESH(resume_notifies)                                                                         \
    FRESH(notification_needs_a_frame)                                                              \
    FRESH(handlers_end_by_edeccssa)                                                                \
    FRESH(interrupts_notify)                                                                       \
    /* exits.c: EEXIT without a signal */                                                          \
    LOADED(exits_without_their_page)                                                               \
    LOADED(exits_give_their_page_up)                                                               \
    LOADED(exits_change_under_threads)                                                             \
    LOADED(exits_are_entered_in_the_middle)                                                        \
    /* xcr0.c: inside, XCR0 is XFRM */                                                             \
    LOADED(xgetbv_gives_xfrm)                                                                      \
    LOADED(saves_stay_within_xfrm)                                                                 \
    LOADED(restores_stay_within_xfrm)                                                              \
    LOADED(restored_state_is_there)                                                                \
    LOADED(state_instructions_fault)                                                               \
    LOADED(state_outside_is_the_hosts)                                                             \
    LOADED(state_outside_survives_interrupts)                                                      \
    LOADED(protection_keys_are_the_hosts)                                                          \
    LOADED(code_that_comes_later_is_found)                                                         \
    /* dynamic.c: SGX2 */                                                                          \
    LOADED(pages_come_on_touch)                                                                    \
    LOADED(accepts_are_checked)                                                                    \
    LOADED(pages_are_copied)                                                                       \
    LOADED(copies_are_checked)                                                                     \
    LOADED(permissions_are_restricted)                                                             \
    LOADED(permissions_are_extended)                                                               \
    LOADED(extensions_are_checked)                                                                 \
    LOADED(pages_are_trimmed)                                                                      \
    LOADED(pages_become_threads)                                                                   \
    LOADED(dynamic_ioctls_are_checked)                                                             \
    LOADED(dynamic_ioctls_stop_in_the_middle)                                                      \
    LOADED(handlers_become_code)                                                                   \
    /* signals.c */                                                                                \
    LOADED(exceptions_without_the_vdso)                                                            \
    LOADED(host_leaves_that_fault)                                                                 \
    LOADED(host_flags_survive_signals)                                                             \
    LOADED(handlers_may_jump_away)                                                                 \
    LOADED(masks_cannot_stop_it)                                                                   \
    /* threads.c */                                                                                \
    LOADED(eight_threads_under_a_timer)                                                            \
    LOADED(signals_use_the_programs_stack)                                                         \
    LOADED(handlers_enter_the_enclave)                                                             \
    LOADED(handlers_enter_another_thread)                                                          \
    /* races.c */                                                                                  \
    LOADED(touches_meet)                                                                           \
    LOADED(copies_meet)                                                                            \
    FRESH(ioctls_may_be_left)                                                                      \
    /* children.c, hostile.c */                                                                    \
    LOADED(a_child_has_the_enclave_too)                                                            \
    LOADED(children_by_vfork_and_spawn)                                                            \
    LOADED(hostile_ioctls)                                                                         \
    /* syscalls.c */                                                                               \
    FRESH(system_calls_without_wrappers)                                                           \
    FRESH(signals_without_wrappers)                                                                \
    FRESH(system_calls_that_fail)                                                                  \
    FRESH(descriptors_may_be_replaced)

#define DECLARE(name) void name(struct abi *a);
TESTS(DECLARE, DECLARE)
#undef DECLARE

#endif
