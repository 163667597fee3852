/* SPDX-License-Identifier: Apache-2.0 */
/* doctor/doctor_internal.h: shared by doctor.c and services.c. */
#ifndef COFFER_DOCTOR_DOCTOR_INTERNAL_H
#define COFFER_DOCTOR_DOCTOR_INTERNAL_H

#include "doctor/doctor.h"

/** doctor_add() - append a line; a failure makes the report not ready */
PRINTF_LIKE(6, 7)
void doctor_add(struct doctor_report *report, const char *group, const char *name,
                enum doctor_outcome outcome, const char *remedy, const char *format, ...);

/** doctor_services_examine() - the groups "Kubernetes" and "Quotes" */
void doctor_services_examine(const struct doctor_options *options, struct doctor_report *report);

#endif
