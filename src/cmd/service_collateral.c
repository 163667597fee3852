/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer-collateral: the collateral service. This file turns options into settings; pccs/service
 * runs the service. PostgreSQL's client library loads some twenty others, so the engine that uses
 * it is a module, which is loaded only when --store names a PostgreSQL server.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/install.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "crypto/tls_server.h"
#include "pccs/service.h"
#include "service/rights.h"
#include "service/stop.h"
#include "verify/verifier.h"

#define LOG_AREA "collateral"
#include "base/log.h"

enum {
    FILE_SIZE_MAX = 64 * 1024,
    CONNECTIONS = 1024,
    OWN_FILES = 64,
    GRACE_MAX_DAYS = 3650,
    TLS_REFRESH_MS = 10 * 1000, /* how often the certificate's files are looked at */
    SECONDS_A_DAY = 86400,
};

#define DEFAULT_STORE "/var/lib/coffer/collateral.db"
#define MODULE        "libcoffer-store-postgres.so"

static const char *address = "127.0.0.1:8081", *metrics, *store_target = DEFAULT_STORE;
static const char *fill = "lazy", *grace = "0", *trust_root, *api_key_file, *proxy, *ca_file;
static const char *upstream = PCCS_UPSTREAM_INTEL, *root_crl_url = PCCS_UPSTREAM_ROOT_CRL;
static const char *user_hash, *admin_hash, *tls_certificate, *tls_key, *client_ca;

static const struct option_row rows[] = {
    {.name = "address",
     .value = "HOST:PORT",
     .text = &address,
     .help = "serve here (127.0.0.1:8081)"},
    {.name = "tls-certificate",
     .value = "FILE",
     .text = &tls_certificate,
     .help = "serve HTTPS with this certificate and its chain, PEM"},
    {.name = "tls-key", .value = "FILE", .text = &tls_key, .help = "its private key, PEM"},
    {.name = "client-ca",
     .value = "FILE",
     .text = &client_ca,
     .help = "clients must show a certificate of these authorities"},
    {.name = "store",
     .value = "FILE|URL",
     .text = &store_target,
     .help = "an SQLite file, or postgresql://... (" DEFAULT_STORE ")"},
    {.name = "fill",
     .value = "MODE",
     .text = &fill,
     .help = "lazy, req or offline, as in PCCS (lazy)"},
    {.name = "upstream",
     .value = "URL",
     .text = &upstream,
     .help = "the service to fetch from (Intel's PCS)"},
    {.name = "root-crl-url",
     .value = "URL",
     .text = &root_crl_url,
     .help = "where the root's CRL lies (Intel's)"},
    {.name = "api-key-file",
     .value = "FILE",
     .text = &api_key_file,
     .help = "upstream's subscription key, for PCK certificates"},
    {.name = "proxy", .value = "URL", .text = &proxy, .help = "HTTP proxy to reach upstream"},
    {.name = "upstream-ca",
     .value = "FILE",
     .text = &ca_file,
     .help = "PEM roots that upstream's certificate must have (the system's)"},
    {.name = "trust-root",
     .value = "FILE",
     .text = &trust_root,
     .help = "collateral must be signed up to this root (Intel's)"},
    {.name = "grace",
     .value = "DAYS",
     .text = &grace,
     .help = "serve expired items this long, with a Warning (0)"},
    {.name = "user-token-hash",
     .value = "HEX",
     .text = &user_hash,
     .help = "SHA-512 of the token that registers platforms"},
    {.name = "admin-token-hash",
     .value = "HEX",
     .text = &admin_hash,
     .help = "SHA-512 of the token that administers"},
    {.name = "metrics",
     .value = "ADDRESS",
     .text = &metrics,
     .help = "serve /metrics, /healthz and /readyz there"},
    {0},
};

static const struct options options = {
    .command = "collateral",
    .usage = "[OPTIONS]",
    .summary = "Serve collateral and PCK certificates, as a drop-in for Intel's PCCS.",
    .rows = rows,
    .notes =
        "It speaks the interfaces of PCCS, Azure's THIM and Intel's PCS. It verifies everything\n"
        "before it stores it. It serves in the foreground until SIGTERM.",
};

static int fill_parse(enum pccs_fill *ret)
{
    static const struct {
        const char *name;
        enum pccs_fill fill;
    } names[] = {
        {.name = "lazy", .fill = PCCS_FILL_LAZY},
        {.name = "req", .fill = PCCS_FILL_REQ},
        {.name = "offline", .fill = PCCS_FILL_OFFLINE},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(fill, names[i].name) == 0) {
            *ret = names[i].fill;
            return EXIT_YES;
        }
    return options_misuse(&options, "--fill=%s is none of lazy, req and offline", fill);
}

static int grace_parse(int64_t *ret_s)
{
    char *end;
    long days;

    errno = 0;
    days = strtol(grace, &end, 10);
    if (errno != 0 || end == grace || *end != '\0' || days < 0 || days > GRACE_MAX_DAYS)
        return options_misuse(&options, "--grace=%s is not within 0 to %d days", grace,
                              GRACE_MAX_DAYS);
    *ret_s = (int64_t)days * SECONDS_A_DAY;
    return EXIT_YES;
}

static int hash_check(const char *name, const char *hash)
{
    if (!hash || (strlen(hash) == PCCS_TOKEN_HASH_DIGITS && text_is_hex(span_str(hash))))
        return EXIT_YES;
    return options_misuse(&options,
                          "--%s has %zu characters, expected %d hexadecimal digits "
                          "(printf TOKEN | sha512sum)",
                          name, strlen(hash), PCCS_TOKEN_HASH_DIGITS);
}

/* Tokens and certificates are secrets of platforms: they cross a network only under TLS. */
static int transport_check(void)
{
    if (!tls_certificate != !tls_key)
        return options_misuse(&options, "--tls-certificate and --tls-key go together");
    if (client_ca && !tls_certificate)
        return options_misuse(&options, "--client-ca needs --tls-certificate and --tls-key");
    if (tls_certificate || strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]", 5) == 0)
        return EXIT_YES;
    return options_misuse(&options,
                          "--address=%s is not loopback: plain HTTP is served on loopback only, "
                          "so give --tls-certificate and --tls-key",
                          address);
}

static int settings_parse(struct pccs_settings *ret)
{
    int status = transport_check();

    if (status == EXIT_YES)
        status = fill_parse(&ret->fill);
    if (status == EXIT_YES)
        status = grace_parse(&ret->grace_s);
    if (status == EXIT_YES)
        status = hash_check("user-token-hash", user_hash);
    if (status == EXIT_YES)
        status = hash_check("admin-token-hash", admin_hash);
    ret->upstream.url = upstream;
    ret->upstream.root_crl_url = root_crl_url;
    ret->fetch.proxy = proxy;
    ret->fetch.ca_file = ca_file;
    ret->user_token_hash = user_hash;
    ret->admin_token_hash = admin_hash;
    return status;
}

/* -- files -- */

static int root_key_read(uint8_t key[static VERIFIER_ROOT_KEY_SIZE], struct err *err)
{
    struct buf text = buf_init(FILE_SIZE_MAX);
    int r = fd_read_file(trust_root, &text, err);

    if (r == 0)
        r = verifier_root_key_parse(buf_span(&text), key, err);
    buf_done(&text);
    return r < 0 ? err_wrap(err, "--trust-root=%s", trust_root) : 0;
}

static int api_key_read(struct buf *out, struct err *err)
{
    int r = fd_read_file(api_key_file, out, err);

    while (r == 0 && out->len > 0 && strchr("\r\n \t", out->data[out->len - 1]))
        out->len--;
    return r < 0 ? err_wrap(err, "--api-key-file=%s", api_key_file) : 0;
}

static bool is_postgres(const char *target)
{
    return strncmp(target, "postgresql://", 13) == 0 || strncmp(target, "postgres://", 11) == 0 ||
           strchr(target, '=') != NULL;
}

static int backend_find(const struct store_backend **ret, struct err *err)
{
    char path[PATH_SIZE];
    void *module;
    int r;

    *ret = &store_sqlite;
    if (!is_postgres(store_target))
        return 0;
    r = install_find(MODULE, path, err);
    if (r < 0)
        return r;
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    *ret = module ? dlsym(module, "store_postgres") : NULL;
    return *ret ? 0 : err_set(err, -ENOENT, "PostgreSQL: %s", dlerror());
}

/* -- serving -- */

struct tls {
    struct tls_server *server;
    struct transport_source source;
    struct loop_timer *timer;
};

static void on_tls_timer(void *userdata)
{
    struct tls *tls = userdata;
    struct err err = {0};
    int r = tls_server_refresh(tls->server, &err);

    loop_timer_arm(tls->timer, TLS_REFRESH_MS);
    if (r > 0)
        log_info("the certificate was read again", "file=%s", tls_certificate);
    if (r < 0)
        log_warn("the new certificate cannot be used", "reason=\"%s\"", err.text);
}

static int tls_begin(struct tls *tls, struct loop *loop, struct err *err)
{
    const struct tls_server_settings settings = {
        .certificate_file = tls_certificate,
        .key_file = tls_key,
        .client_ca_file = client_ca,
    };
    int r = tls_server_new(&settings, &tls->server, err);

    if (r == 0)
        r = loop_timer_new(loop, on_tls_timer, tls, &tls->timer, err);
    if (r < 0)
        return r;
    tls->source = tls_server_transport(tls->server);
    loop_timer_arm(tls->timer, TLS_REFRESH_MS);
    return 0;
}

static void tls_done(struct tls *tls)
{
    loop_timer_free(tls->timer);
    tls_server_free(tls->server);
}

static int service_run(const struct pccs_service_options *settings, struct err *err)
{
    struct pccs_service_options o = *settings;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    CLEANUP(service_stop_freep) struct service_stop *stop = NULL;
    struct pccs_service *service = NULL;
    struct tls tls = {0};
    int r = loop_new(&loop, err);

    if (r == 0)
        r = service_stop_new(loop, &stop, err);
    if (r == 0 && tls_certificate) {
        r = tls_begin(&tls, loop, err);
        o.transport = &tls.source;
    }
    if (r == 0)
        r = pccs_service_new(loop, &o, &service, err);
    if (r == 0) {
        memory_release();
        log_info("collateral service begins", "address=%s port=%u store=%s fill=%s", o.address,
                 pccs_service_port(service), o.backend == &store_sqlite ? "sqlite" : "postgresql",
                 fill);
        r = loop_run(loop, err);
    }
    pccs_service_free(service);
    tls_done(&tls);
    return r;
}

int main(int argc, char **argv)
{
    CLEANUP(buf_done) struct buf api_key = buf_init(FILE_SIZE_MAX);
    uint8_t root_key[VERIFIER_ROOT_KEY_SIZE];
    char replica[64];
    struct pccs_service_options o = {.target = store_target, .settings = {.replica = replica}};
    struct err err = {0};
    int first, r, status = options_parse(&options, argc, argv, &first);

    if (status >= 0)
        return status;
    status = settings_parse(&o.settings);
    if (status != EXIT_YES)
        return status;
    o.target = store_target;
    o.address = address;
    o.metrics = metrics;
    snprintf(replica, sizeof(replica), "%d", (int)getpid());
    (void)gethostname(replica + strlen(replica), sizeof(replica) - strlen(replica) - 1);
    (void)service_rights_raise_files(CONNECTIONS, OWN_FILES);
    r = backend_find(&o.backend, &err);
    if (r == 0 && trust_root) {
        r = root_key_read(root_key, &err);
        o.root_key = root_key;
    }
    if (r == 0 && api_key_file) {
        r = api_key_read(&api_key, &err);
        o.settings.upstream.api_key = buf_cstr(&api_key);
    }
    if (r == 0)
        r = service_run(&o, &err);
    return r < 0 ? options_fail(&options, &err) : EXIT_YES;
}
