/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer sign: from an ELF file, a manifest and a key to an enclave that can be loaded.
 *
 * The date in the signature is the only thing that makes two runs differ. --date and
 * SOURCE_DATE_EPOCH fix it, so that a build can be repeated bit by bit and a reviewer can compare
 * the MRENCLAVE and the file.
 *
 * A file that is signed already is taken without its signature and signed anew, with its own
 * settings unless a manifest is given. That is how a release is signed: developers build and sign
 * with a test key, and the release key, which is in an HSM, signs the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/options.h"
#include "cmd/commands.h"
#include "sdk/container.h"
#include "sdk/measurement.h"
#include "sdk/signature.h"
#include "sgx/sigstruct.h"

/** struct request - the command line */
struct request {
    const char *enclave, *manifest, *key, *out, *date;
};

/** struct enclave - the input of the signature; the ELF is borrowed from the file that was read */
struct enclave {
    struct span elf;
    struct sdk_settings settings;
    uint8_t mrenclave[SGX_HASH_SIZE];
};

/** date_of() - --date, else SOURCE_DATE_EPOCH (reproducible builds), else now */
static int date_of(const char *date, int64_t *ret_s, struct err *err)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char text[CLOCK_RFC3339_SIZE];

    if (!date && !epoch) {
        *ret_s = clock_unix_s();
        return 0;
    }
    if (date && strlen(date) == strlen("2026-11-24")) {
        snprintf(text, sizeof(text), "%sT00:00:00Z", date);
        date = text;
    }
    return clock_parse(span_str(date ? date : epoch), ret_s, err);
}

/** enclave_read() - a file that is signed already is taken without its signature; its settings stay
 *  unless a manifest is given */
static int enclave_read(struct span file, const char *manifest, struct enclave *ret,
                        struct err *err)
{
    CLEANUP(buf_done) struct buf text = buf_init(SDK_MANIFEST_SIZE_MAX);
    struct sdk_container c = {.elf = file};
    struct sdk_image image;
    int r;

    if (sdk_container_is(file) && (r = sdk_container_parse(file, &c, err)) < 0)
        return r;
    if (manifest || !sdk_container_is(file)) {
        if (manifest && (r = fd_read_file(manifest, &text, err)) < 0)
            return r;
        if (sdk_settings_parse_manifest(buf_span(&text), &c.settings, err) < 0)
            return err_wrap(err, "%s", manifest);
    }
    if ((r = sdk_image_parse(c.elf, &c.settings, &image, err)) < 0 ||
        (r = sdk_measure(&image, ret->mrenclave, err)) < 0)
        return r;
    ret->elf = c.elf;
    ret->settings = c.settings;
    return 0;
}

static int signed_write(const char *path, const struct enclave *enclave, const uint8_t *sigstruct,
                        struct err *err)
{
    CLEANUP(buf_done) struct buf out = buf_init(enclave->elf.len + SDK_TRAILER_SIZE);
    uint8_t trailer[SDK_TRAILER_SIZE];

    sdk_container_trailer(&enclave->settings, sigstruct, trailer);
    buf_put(&out, enclave->elf);
    buf_put(&out, span_of(trailer, sizeof(trailer)));
    if (buf_status(&out) < 0)
        return err_set(err, buf_status(&out), "signed enclave");
    return fd_write_file(path, buf_span(&out), 0644, err);
}

static void identity_print(const struct enclave *enclave, const uint8_t *sigstruct)
{
    uint8_t mrsigner[SGX_HASH_SIZE];

    sgx_sigstruct_mrsigner(sigstruct, mrsigner);
    printf("mrenclave  ");
    for (size_t i = 0; i < SGX_HASH_SIZE; i++)
        printf("%02x", enclave->mrenclave[i]);
    printf("\nmrsigner   ");
    for (size_t i = 0; i < SGX_HASH_SIZE; i++)
        printf("%02x", mrsigner[i]);
    putchar('\n');
}

static int enclave_sign(const struct request *request, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(SDK_ELF_SIZE_MAX);
    CLEANUP(rsa_signer_freep) struct rsa_signer *signer = NULL;
    uint8_t sigstruct[SGX_SIGSTRUCT_SIZE];
    struct enclave enclave;
    struct sdk_signing signing = {.settings = &enclave.settings, .mrenclave = enclave.mrenclave};
    int r;

    if (date_of(request->date, &signing.date_s, err) < 0)
        return err_wrap(err, "--date");
    if ((r = fd_read_file(request->enclave, &file, err)) < 0)
        return r;
    if (enclave_read(buf_span(&file), request->manifest, &enclave, err) < 0)
        return err_wrap(err, "%s", request->enclave);
    if ((r = rsa_signer_new(request->key, &signer, err)) < 0 ||
        (r = sdk_sign(&signing, signer, sigstruct, err)) < 0 ||
        (r = signed_write(request->out, &enclave, sigstruct, err)) < 0)
        return r;
    identity_print(&enclave, sigstruct);
    return 0;
}

int cmd_sign(int argc, char **argv)
{
    struct request request = {0};
    const struct option_row rows[] = {
        {.name = "manifest",
         .value = "FILE",
         .text = &request.manifest,
         .help = "heap, threads, attributes, versions"},
        {.name = "key",
         .value = "KEY",
         .text = &request.key,
         .help = "PEM file or pkcs11: URI; RSA-3072 with exponent 3"},
        {.name = "out",
         .value = "FILE",
         .text = &request.out,
         .help = "where to write (default ENCLAVE.signed)"},
        {.name = "date",
         .value = "DATE",
         .text = &request.date,
         .help = "date of the signature (default today)"},
        {0},
    };
    const struct options o = {
        .command = "sign",
        .usage = "--key=KEY [OPTIONS] ENCLAVE",
        .summary = "Sign an enclave so that it can be loaded.",
        .rows = rows,
        .argument = "ENCLAVE",
    };
    struct err err = {0};
    char out[4096];
    int first, status;

    status = options_parse(&o, argc, argv, &first);
    if (status >= 0)
        return status;
    if (!request.key)
        return options_misuse(&o, "--key is needed: a PEM file or a pkcs11: URI");
    request.enclave = argv[first];
    if (!request.out) {
        snprintf(out, sizeof(out), "%s.signed", request.enclave);
        request.out = out;
    }
    return enclave_sign(&request, &err) < 0 ? options_fail(&o, &err) : EXIT_YES;
}
