/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/backend_choice.h"

#include <errno.h>
#include <stdio.h>

#include "aesm/intel.h"
#include "aesm/software_qe.h"
#include "base/path.h"
#include "platform/platform.h"

int aesm_backend_choice_parse(const char *text, enum aesm_backend_choice *ret, struct err *err)
{
    static const char *const names[] = {
        [AESM_BACKEND_AUTO] = "auto",
        [AESM_BACKEND_SOFTWARE] = "software",
        [AESM_BACKEND_INTEL] = "intel",
    };

    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum aesm_backend_choice)i;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "quote backend \"%s\" is none of auto, software and intel", text);
}

static bool has_hardware(void)
{
    const struct platform_options options = {.choice = PLATFORM_HARDWARE_ONLY};
    struct platform *platform = NULL;
    bool ready;

    if (platform_new(&options, &platform, NULL) < 0)
        return false;
    ready = platform_is_ready(platform_info(platform));
    platform_free(platform);
    return ready;
}

static int software_open(const struct aesm_backend_options *options, int64_t now_s,
                         struct aesm_backend *ret, struct software_authority **ret_ca,
                         struct err *err)
{
    CLEANUP(software_authority_freep) struct software_authority *ca = NULL;
    char secret_dir[PATH_SIZE], own_dir[PATH_SIZE];
    struct software_secret secret;
    int r = path_join(options->state_dir, "platform", secret_dir, err);

    if (r < 0)
        return r;
    r = path_join(options->state_dir, "quote-helper", own_dir, err);
    if (r < 0)
        return r;
    r = software_authority_load_or_create(options->ca_dir, now_s, &ca, err);
    if (r < 0)
        return r;
    r = software_secret_load_or_create(secret_dir, &secret, err);
    if (r < 0)
        return r;

    const struct software_qe_options qe = {
        .state_dir = own_dir,
        .secret = &secret,
        .ca = ca,
        .issuer = options->issuer,
        .now_s = now_s,
    };

    r = software_qe_new(&qe, ret, err);
    software_secret_wipe(&secret);
    if (r < 0)
        return r;
    *ret_ca = TAKE_PTR(ca);
    return 0;
}

int aesm_backend_open(const struct aesm_backend_options *options, int64_t now_s,
                      struct aesm_backend *ret, struct software_authority **ret_ca, struct err *err)
{
    bool intel = options->choice == AESM_BACKEND_INTEL ||
                 (options->choice == AESM_BACKEND_AUTO && has_hardware());

    *ret_ca = NULL;
    if (intel)
        return aesm_intel_backend_new(options->pccs_url, options->state_dir, ret, err);
    return software_open(options, now_s, ret, ret_ca, err);
}
