/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/image/symbols.h: functions by the symbols of an object's file, which are not mapped. */
#ifndef COFFER_EMULATOR_IMAGE_SYMBOLS_H
#define COFFER_EMULATOR_IMAGE_SYMBOLS_H

#include "emulator/image/object.h"

/** symbols_function() - as object_function(), by a function symbol with a size */
bool symbols_function(const struct object *o, uint64_t address, struct code_range *ret);

#endif
