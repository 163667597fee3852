/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/expectation.h: what a relying party expects of an enclave or a TD, by name. The names are
 * those of the command's options, of the lines of its --expect file and of libcoffer; the table of
 * rows is the one source of all three.
 *
 * A list of expectations is made, then shared: policies and verdicts hold references, and no
 * function changes a list that has more than one.
 */
#ifndef COFFER_VERIFY_EXPECTATION_H
#define COFFER_VERIFY_EXPECTATION_H

#include "verify/expectation_value.h"
#include "verify/policy.h"

enum {
    EXPECTATION_COUNT_MAX = 1024,            /* values of one list */
    EXPECTATION_FILE_SIZE_MAX = 1024 * 1024, /* bytes of an --expect file */
};

struct expectation_list; /* opaque */

struct expectation_list *expectation_list_ref(struct expectation_list *list);
void expectation_list_unref(struct expectation_list *list);

/** expectation_next() - the first value of @row from *@at on, which becomes the place after it
 *  Return: NULL when there is none. A NULL list has none. */
const struct expectation *expectation_next(const struct expectation_list *list, size_t row,
                                           size_t *at);

/**
 * expectation_set() - add the values of one name to a policy
 * @value: comma separated where the row takes several; a name that takes several may come again
 * @files: NULL: values that name files are refused
 * The first value makes policy->expect, which the caller releases with expectation_list_unref().
 *
 * Return: 0; -ENOENT for an unknown name; -EINVAL for its value; -EEXIST when a name that takes one
 * value comes again; -E2BIG; -EBUSY when the list is shared already; -ENOMEM; errors of @files.
 */
NODISCARD int expectation_set(struct verify_policy *policy, struct span name, struct span value,
                              const struct expectation_files *files, struct err *err);

/**
 * expectation_read() - add the lines of a file
 *
 * A line is "name = value". Blank lines, and everything from a '#' at the start of a line or after
 * a blank, count for nothing.
 *
 * Return: as expectation_set(), with the number of the line in @err; -EMSGSIZE.
 */
NODISCARD int expectation_read(struct verify_policy *policy, struct span text,
                               const struct expectation_files *files, struct err *err);

#endif
