/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/image/unwind.h: finds functions by .eh_frame (LSB Core, "Exception Frames"; DWARF
 * 5, 6.4). */
#ifndef COFFER_EMULATOR_IMAGE_UNWIND_H
#define COFFER_EMULATOR_IMAGE_UNWIND_H

#include "emulator/image/object.h"

/** unwind_function() - object_function() by the FDE that covers @address */
bool unwind_function(const struct object *o, uint64_t address, struct code_range *ret);

#endif
