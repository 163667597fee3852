/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer measure: the identity of an enclave before it runs.
 *
 * The enclave is laid out and hashed exactly as the loader and EINIT do it (sdk/image.h), so the
 * MRENCLAVE that is printed is the one that a quote will carry. The settings come from the trailer
 * of a signed enclave, and from a manifest before that; the two are never mixed, because a manifest
 * given with a signed file would print a measurement that nobody will see.
 *
 * A signed enclave is checked as EINIT checks it: the signature over the SIGSTRUCT, and the
 * measurement in it. Exit status 1 says that the file cannot be loaded.
 */
#include <stdio.h>

#include "base/fd.h"
#include "base/options.h"
#include "base/size.h"
#include "cmd/commands.h"
#include "codec/json_writer.h"
#include "sdk/container.h"
#include "sdk/measurement.h"
#include "sgx/sigstruct.h"

enum {
    OUTPUT_SIZE_MAX = 64 * 1024, /* bytes */
};

/** struct measured - an enclave, ready to be printed */
struct measured {
    struct sdk_image image;
    uint8_t mrenclave[SGX_HASH_SIZE];
    bool is_signed;
    bool is_valid; /* the signature is good and over this measurement */
    uint8_t mrsigner[SGX_HASH_SIZE];
    struct sgx_sigstruct sigstruct;
};

static int settings_load(const char *manifest, struct sdk_settings *ret, struct err *err)
{
    CLEANUP(buf_done) struct buf text = buf_init(SDK_MANIFEST_SIZE_MAX);
    int r = manifest ? fd_read_file(manifest, &text, err) : 0;

    if (r < 0)
        return r;
    r = sdk_settings_parse_manifest(buf_span(&text), ret, err);
    return r < 0 ? err_wrap(err, "%s", manifest) : 0;
}

static void signature_read(struct span sigstruct, struct measured *m)
{
    m->is_signed = true;
    sgx_sigstruct_mrsigner(sigstruct.data, m->mrsigner);
    m->is_valid = sgx_sigstruct_parse(sigstruct.data, &m->sigstruct) == SGX_SUCCESS &&
                  sgx_sigstruct_verify(sigstruct.data) &&
                  memcmp(m->sigstruct.enclave_hash, m->mrenclave, SGX_HASH_SIZE) == 0;
}

static int enclave_measure(struct span file, const char *manifest, struct measured *m,
                           struct err *err)
{
    struct sdk_container c = {.elf = file};
    bool is_signed = sdk_container_is(file);
    int r;

    if (is_signed)
        r = sdk_container_parse(file, &c, err);
    else
        r = settings_load(manifest, &c.settings, err);
    if (r < 0 || (r = sdk_image_parse(c.elf, &c.settings, &m->image, err)) < 0)
        return r;
    r = sdk_measure(&m->image, m->mrenclave, err);
    if (r == 0 && is_signed)
        signature_read(c.sigstruct, m);
    return r;
}

static void json_print(const struct measured *m)
{
    CLEANUP(buf_done) struct buf out = buf_init(OUTPUT_SIZE_MAX);
    struct json_writer w = json_writer_of(&out, true);
    const struct sdk_settings *s = &m->image.settings;

    json_writer_object_begin(&w);
    json_writer_member_hex(&w, "mrenclave", span_of(m->mrenclave, SGX_HASH_SIZE));
    json_writer_member_uint(&w, "size", m->image.size);
    json_writer_member_uint(&w, "threads", s->threads);
    json_writer_member_uint(&w, "heap", s->heap_size);
    json_writer_member_uint(&w, "stack", s->stack_size);
    json_writer_member_uint(&w, "attributes", s->attributes.flags);
    json_writer_member_uint(&w, "xfrm", s->attributes.xfrm);
    json_writer_member_uint(&w, "miscselect", s->miscselect);
    json_writer_member_uint(&w, "product_id", s->product_id);
    json_writer_member_uint(&w, "svn", s->svn);
    json_writer_member_bool(&w, "signed", m->is_signed);
    if (m->is_signed) {
        json_writer_member_hex(&w, "mrsigner", span_of(m->mrsigner, SGX_HASH_SIZE));
        json_writer_member_bool(&w, "signature_valid", m->is_valid);
    }
    json_writer_object_end(&w);
    puts(buf_cstr(&out));
}

static void hex_print(const char *name, const uint8_t hash[static SGX_HASH_SIZE])
{
    printf("%-11s", name);
    for (size_t i = 0; i < SGX_HASH_SIZE; i++)
        printf("%02x", hash[i]);
    putchar('\n');
}

static void text_print(const struct measured *m)
{
    const struct sdk_settings *s = &m->image.settings;
    char text[SIZE_TEXT_SIZE];

    hex_print("mrenclave", m->mrenclave);
    if (m->is_signed) {
        hex_print("mrsigner", m->mrsigner);
        printf("%-11s%s\n", "signature", m->is_valid ? "valid" : "INVALID");
    }
    printf("%-11s%u\n%-11s%u\n", "product_id", s->product_id, "svn", s->svn);
    printf("%-11s%s\n%-11s%u\n", "size", size_render(m->image.size, text), "threads", s->threads);
    if (s->attributes.flags & SGX_ATTRIBUTE_DEBUG)
        puts("debug      yes: its memory is open to the host");
}

int cmd_measure(int argc, char **argv)
{
    const char *manifest = NULL;
    bool json = false;
    const struct option_row rows[] = {
        {.name = "manifest",
         .value = "FILE",
         .text = &manifest,
         .help = "the settings of an enclave that is not signed yet"},
        {.name = "json", .flag = &json, .help = "print one JSON object"},
        {0},
    };
    const struct options o = {
        .command = "measure",
        .usage = "[OPTIONS] ENCLAVE",
        .summary = "Compute the MRENCLAVE of an enclave, signed or not.",
        .rows = rows,
        .argument = "ENCLAVE",
        .notes = "Exit status: 0 measured, 1 the signature is not over this measurement, 2 failed.",
    };
    CLEANUP(buf_done) struct buf file = buf_init(SDK_ELF_SIZE_MAX);
    struct measured m = {0};
    struct err err = {0};
    int first, status;

    status = options_parse(&o, argc, argv, &first);
    if (status >= 0)
        return status;
    if (fd_read_file(argv[first], &file, &err) < 0)
        return options_fail(&o, &err);
    if (manifest && sdk_container_is(buf_span(&file)))
        return options_misuse(&o, "%s is signed and has its own settings: leave --manifest out",
                              argv[first]);
    if (enclave_measure(buf_span(&file), manifest, &m, &err) < 0) {
        err_wrap(&err, "%s", argv[first]);
        return options_fail(&o, &err);
    }
    if (json)
        json_print(&m);
    else
        text_print(&m);
    return m.is_signed && !m.is_valid ? EXIT_NO : EXIT_YES;
}
