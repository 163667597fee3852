/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/image/symbols.h: finds functions by the symbols in an object's file. */
#ifndef COFFER_EMULATOR_IMAGE_SYMBOLS_H
#define COFFER_EMULATOR_IMAGE_SYMBOLS_H

#include "emulator/image/object.h"

/** symbols_function() - object_function() by a function symbol that has a size */
bool symbols_function(const struct object *o, uint64_t address, struct code_range *ret);

#endif
