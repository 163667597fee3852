/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/front.h: a request, in any of the three dialects that clients of collateral speak, becomes a
 * call. Pure.
 *
 * - PCCS: Intel's caching service, interface versions 3 and 4.
 * - THIM: Azure's host service. It shares paths with PCCS and differs by its query: clientid and
 *   api-version, or a CRL asked for by its uri.
 * - PCS: Intel's own service, for programs that have its host names built in. The Host field
 * decides.
 *
 * Sources: Intel PCCS 1.27 (its routes and its parameter checks), Azure-DCAP-Client, Intel PCS API
 * v4.
 */
#ifndef COFFER_PCCS_FRONT_H
#define COFFER_PCCS_FRONT_H

#include "net/http/request.h"
#include "pccs/platform.h"

enum pccs_dialect {
    PCCS_DIALECT_PCCS = 0,
    PCCS_DIALECT_THIM,
    PCCS_DIALECT_PCS,
};

enum pccs_action {
    PCCS_ACTION_NONE = 0,
    PCCS_ACTION_ITEM,           /* a signed item */
    PCCS_ACTION_CERTIFICATE,    /* the PCK certificate of a raw TCB */
    PCCS_ACTION_REGISTER,       /* a platform makes itself known; user token */
    PCCS_ACTION_LIST_PLATFORMS, /* for the offline tool; admin token, and so all that follow */
    PCCS_ACTION_PUT_COLLATERAL,
    PCCS_ACTION_REFRESH,
    PCCS_ACTION_GET_POLICY, /* no token */
    PCCS_ACTION_PUT_POLICY,
};

/** enum pccs_form - the form of a CRL in an answer */
enum pccs_form {
    PCCS_FORM_DER = 0,
    PCCS_FORM_HEX, /* of DER */
    PCCS_FORM_PEM,
};

/** struct pccs_call - a request, understood. Identifiers are upper case and end with a NUL. */
struct pccs_call {
    enum pccs_action action;
    enum pccs_dialect dialect;
    unsigned version; /* of the interface: 3 or 4 */
    struct pccs_item item;
    enum pccs_form form;
    char qe_id[PCCS_QE_ID_MAX + 1]; /* of PCCS_ACTION_CERTIFICATE, and so the next four */
    char pce_id[PCCS_PCE_ID_DIGITS + 1];
    char cpu_svn[PCCS_CPU_SVN_DIGITS + 1];
    char pce_svn[PCCS_PCE_SVN_DIGITS + 1];
    char enc_ppid[PCCS_PPID_DIGITS + 1];
    char fmspc[2 * PCCS_FMSPC_SIZE + 1]; /* of policies and REFRESH; "" = none was given */
    struct span source;                  /* of LIST_PLATFORMS, as received */
};

/**
 * pccs_front_parse() - understand a request
 * @ret: written only when 0 is returned; spans point into @request
 * Return: 0; or the status of the answer, and @err says what is wrong: 400, 404, 405.
 */
NODISCARD unsigned pccs_front_parse(const struct http_request *request, struct pccs_call *ret,
                                    struct err *err);

/** pccs_front_platform() - the platform of PCCS_ACTION_CERTIFICATE; borrowed from @call */
struct pccs_platform pccs_front_platform(const struct pccs_call *call);

#endif
