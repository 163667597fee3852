/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/mutate.h: every parser meets every prefix and every flipped bit of a valid input.
 */
#ifndef COFFER_TESTS_MUTATE_H
#define COFFER_TESTS_MUTATE_H

#include "base/span.h"

/** mutate_parse - a parser under test: 0 when @wire was taken, negative errno when refused */
typedef int (*mutate_parse)(struct span wire, void *context);

/**
 * mutate_prefixes() - parse every proper prefix of @valid, each in an exact allocation so that a
 * read past the end is seen by the sanitizers. Return: how many prefixes were accepted.
 */
size_t mutate_prefixes(struct span valid, mutate_parse parse, void *context);

/**
 * mutate_bits() - parse @valid with each single bit of [@from, @to) flipped in turn
 * Return: how many mutants were accepted.
 */
size_t mutate_bits(struct span valid, size_t from, size_t to, mutate_parse parse, void *context);

#endif
