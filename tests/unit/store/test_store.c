/* SPDX-License-Identifier: Apache-2.0 */
/* The same tests over both engines. PostgreSQL is real, see tests/support/postgres.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "postgres.h"
#include "store/backend.h"
#include "store/store.h"

static char directory[64], file[128];
static struct postgres_server server;

struct fixture {
    const struct store_backend *backend;
    const char *target;
};

static struct store *store_make(const struct fixture *f)
{
    struct store *s = NULL;
    struct err err = {0};

    if (store_open(f->backend, f->target, &s, &err) < 0)
        fail_msg("%s", err.text);
    return s;
}

static int run(struct store *s, const char *sql, unsigned count, const struct store_value *values,
               store_row on_row, void *userdata)
{
    struct err err = {0};
    int r = store_run(s,
                      &(struct store_query){.sql = sql,
                                            .values = values,
                                            .value_count = count,
                                            .on_row = on_row,
                                            .userdata = userdata},
                      &err);

    assert_int_equal(err.code, r);
    return r;
}

static int plain(struct store *s, const char *sql)
{
    return run(s, sql, 0, NULL, NULL, NULL);
}

static int number_take(void *userdata, const struct store_value *columns, unsigned count,
                       struct err *err)
{
    (void)err;
    assert_int_equal(count, 1);
    assert_int_equal(columns[0].type, STORE_INTEGER);
    *(int64_t *)userdata = columns[0].integer;
    return 0;
}

static int64_t number(struct store *s, const char *sql)
{
    int64_t value = -1;

    assert_int_equal(run(s, sql, 0, NULL, number_take, &value), 0);
    return value;
}

static void table_make(struct store *s)
{
    assert_int_equal(plain(s, "DROP TABLE IF EXISTS thing"), 0);
    assert_int_equal(
        plain(s, "CREATE TABLE thing (id BIGINT PRIMARY KEY, name TEXT, content BYTEA)"), 0);
}

/* -- values -- */

struct seen {
    unsigned rows;
    struct store_value columns[3];
    uint8_t bytes[2][64];
};

static int row_keep(void *userdata, const struct store_value *columns, unsigned count,
                    struct err *err)
{
    struct seen *s = userdata;

    (void)err;
    assert_int_equal(count, 3);
    s->rows++;
    for (unsigned i = 0; i < 3; i++) {
        s->columns[i] = columns[i];
        if (i > 0) {
            assert_true(columns[i].bytes.len <= sizeof(s->bytes[0]));
            if (columns[i].bytes.len)
                memcpy(s->bytes[i - 1], columns[i].bytes.data, columns[i].bytes.len);
            s->columns[i].bytes.data = s->bytes[i - 1];
        }
    }
    return 0;
}

static void value_returns(struct store *s, struct store_value id, struct store_value name,
                          struct store_value content)
{
    static const char insert[] = "INSERT INTO thing (id, name, content) VALUES ($1, $2, $3)"
                                 " ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
                                 " content = excluded.content RETURNING id, name, content";
    const struct store_value values[] = {id, name, content};
    struct seen seen = {0};

    assert_int_equal(run(s, insert, 3, values, row_keep, &seen), 0);
    assert_int_equal(seen.rows, 1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(seen.columns[i].type, values[i].type);
        assert_int_equal(seen.columns[i].integer, values[i].integer);
        assert_true(span_equal(seen.columns[i].bytes, values[i].bytes));
    }
}

static void values_come_back(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);
    static const uint8_t every[] = {0, 1, 0xff, 0x5c, 0x27, 0};

    table_make(s);
    value_returns(s, store_integer(1), store_text(span_str("na\xc3\xafve ' \\ $1")),
                  store_bytes(span_of(every, sizeof(every))));
    value_returns(s, store_integer(INT64_MIN), store_text(span_str("")),
                  store_bytes(span_of(NULL, 0)));
    value_returns(s, store_integer(INT64_MAX), store_null(), store_null());
    value_returns(s, store_integer(-1), store_text(span_str("x")), store_null());
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 4);
    assert_int_equal(number(s, "SELECT id FROM thing WHERE content IS NULL AND name = 'x'"), -1);
}

static void parameters_go_by_number(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);
    const struct store_value values[] = {store_integer(1), store_text(span_str("one"))};
    int64_t id = 0;

    table_make(s);
    assert_int_equal(run(s, "INSERT INTO thing (name, id) VALUES ($2, $1)", 2, values, NULL, NULL),
                     0);
    assert_int_equal(run(s, "SELECT id FROM thing WHERE name = $2 AND id = $1 AND id <= $1", 2,
                         values, number_take, &id),
                     0);
    assert_int_equal(id, 1);
}

static void wrong_use_is_refused(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);
    struct store_value many[STORE_VALUES_MAX + 1] = {0};
    const struct store_value nul[] = {store_text(span_of("a\0b", 3))};

    table_make(s);
    assert_int_equal(plain(s, "SELECT FROM WHERE"), -EINVAL);
    assert_int_equal(plain(s, "SELECT id FROM nothing"), -EINVAL);
    assert_int_equal(run(s, "SELECT 1", STORE_VALUES_MAX + 1, many, NULL, NULL), -EINVAL);
    assert_int_equal(run(s, "SELECT id FROM thing WHERE name = $1", 1, nul, NULL, NULL), -EINVAL);
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 0);
}

static void constraints_are_told_apart(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);

    table_make(s);
    assert_int_equal(plain(s, "INSERT INTO thing (id) VALUES (1)"), 0);
    assert_int_equal(plain(s, "INSERT INTO thing (id) VALUES (1)"), -EEXIST);
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 1);
}

static int row_refuse(void *userdata, const struct store_value *columns, unsigned count,
                      struct err *err)
{
    (void)columns;
    (void)count;
    ++*(int *)userdata;
    return err_set(err, -ECANCELED, "no more");
}

static void a_row_can_end_the_query(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);
    int rows = 0;

    table_make(s);
    assert_int_equal(plain(s, "INSERT INTO thing (id) VALUES (1), (2), (3)"), 0);
    assert_int_equal(run(s, "SELECT id FROM thing", 0, NULL, row_refuse, &rows), -ECANCELED);
    assert_int_equal(rows, 1);
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 3);
}

/* More statements than are kept prepared, each twice. */
static void many_statements(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);
    static char sql[100][64];
    const struct store_value values[] = {store_integer(5)};

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 100; i++) {
            int64_t sum = 0;

            snprintf(sql[i], sizeof(sql[i]), "SELECT CAST($1 AS BIGINT) + %d", i);
            assert_int_equal(run(s, sql[i], 1, values, number_take, &sum), 0);
            assert_int_equal(sum, 5 + i);
        }
}

/* -- transactions -- */

static int body_two(struct store *s, void *userdata, struct err *err)
{
    const char *const *sql = userdata;

    for (; *sql; sql++) {
        int r = store_run(s, &(struct store_query){.sql = *sql}, err);

        if (r < 0 && r != -EEXIST)
            return r;
    }
    return 0;
}

static int transaction(struct store *s, const char *const *statements)
{
    struct err err = {0};

    return store_transaction(s, body_two, (void *)(uintptr_t)statements, &err);
}

static void transactions_are_whole(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);
    const char *const good[] = {"INSERT INTO thing (id) VALUES (1)",
                                "INSERT INTO thing (id) VALUES (2)", NULL};
    const char *const bad[] = {"INSERT INTO thing (id) VALUES (3)", "SELECT nonsense", NULL};
    /* The body ignores the first failure; what follows must not be committed alone. */
    const char *const ignored[] = {"INSERT INTO thing (id) VALUES (1)",
                                   "INSERT INTO thing (id) VALUES (4)", NULL};

    table_make(s);
    assert_int_equal(transaction(s, good), 0);
    assert_int_equal(transaction(s, bad), -EINVAL);
    assert_int_equal(transaction(s, ignored), -EEXIST);
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 2);
    assert_int_equal(plain(s, "INSERT INTO thing (id) VALUES (5)"), 0);
}

static int body_cancel(struct store *s, void *userdata, struct err *err)
{
    (void)s;
    (void)userdata;
    return err_set(err, -ECANCELED, "no more");
}

/* The outer body ignores that the inner one failed, and is rolled back all the same. */
static int body_nested(struct store *s, void *userdata, struct err *err)
{
    static const char *const statements[] = {"INSERT INTO thing (id) VALUES (7)", NULL};
    bool fails = userdata;
    int r = store_transaction(s, body_two, (void *)(uintptr_t)statements, err);

    assert_int_equal(r, 0);
    if (fails)
        assert_int_equal(store_transaction(s, body_cancel, NULL, err), -ECANCELED);
    return 0;
}

static void a_transaction_inside_another_is_part_of_it(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);
    struct err err = {0};

    table_make(s);
    assert_int_equal(store_transaction(s, body_nested, s, &err), -ECANCELED);
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 0);
    assert_int_equal(store_transaction(s, body_nested, NULL, &err), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 1);
}

static void two_stores_see_one_content(void **state)
{
    CLEANUP(store_closep) struct store *a = store_make(*state);
    CLEANUP(store_closep) struct store *b = store_make(*state);
    const char *const statements[] = {"INSERT INTO thing (id) VALUES (1)", NULL};

    table_make(a);
    assert_int_equal(transaction(a, statements), 0);
    assert_int_equal(number(b, "SELECT count(*) FROM thing"), 1);
}

/* -- migrations -- */

static const struct store_migration migrations[] = {
    {.statements = (const char *const[]){"CREATE TABLE one (id BIGINT PRIMARY KEY)",
                                         "INSERT INTO one (id) VALUES (1)", NULL}},
    {.statements = (const char *const[]){"ALTER TABLE one ADD COLUMN name TEXT", NULL}},
    {.statements = (const char *const[]){"CREATE TABLE two (id BIGINT)", "SELECT nonsense", NULL}},
};

static int migrate(struct store *s, unsigned count)
{
    struct err err = {0};

    return store_migrate(s, "test", migrations, count, &err);
}

static void migrations_go_forward(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);

    assert_int_equal(plain(s, "DROP TABLE IF EXISTS one"), 0);
    assert_int_equal(plain(s, "DROP TABLE IF EXISTS store_schema"), 0);
    assert_int_equal(migrate(s, 1), 0);
    assert_int_equal(migrate(s, 1), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM one"), 1);
    assert_int_equal(migrate(s, 3), -EINVAL); /* its third step fails, so none is carried out */
    assert_int_equal(plain(s, "SELECT name FROM one"), -EINVAL);
    assert_int_equal(migrate(s, 2), 0);
    assert_int_equal(plain(s, "SELECT name FROM one"), 0);
    assert_int_equal(migrate(s, 1), -ENOTSUP); /* an older program refuses a newer schema */
}

/* -- faults of SQLite's file -- */

static void a_damaged_file_is_said(void **state)
{
    const struct fixture f = {.backend = &store_sqlite, .target = file};
    struct store *s = NULL;
    struct err err = {0};
    FILE *out = fopen(file, "w");

    (void)state;
    assert_non_null(out);
    for (int i = 0; i < 1000; i++)
        fputs("this is no database, ", out);
    fclose(out);
    assert_int_equal(store_open(f.backend, f.target, &s, &err), -EBADMSG);
    assert_non_null(strstr(err.text, file));
}

static void a_full_disk_is_said(void **state)
{
    const struct fixture f = {.backend = &store_sqlite, .target = file};
    CLEANUP(store_closep) struct store *s = store_make(&f);
    int r = 0;

    (void)state;
    table_make(s);
    assert_int_equal(plain(s, "PRAGMA max_page_count = 16"), 0);
    for (int i = 0; i < 1000 && r == 0; i++) {
        const struct store_value values[] = {store_integer(i)};

        r = run(s, "INSERT INTO thing (id, content) VALUES ($1, zeroblob(1000))", 1, values, NULL,
                NULL);
    }
    assert_int_equal(r, -ENOSPC);
    assert_true(number(s, "SELECT count(*) FROM thing") > 0);
}

static void no_target_is_refused(void **state)
{
    static char longest[STORE_TARGET_SIZE_MAX + 1];
    struct store *s = NULL;
    struct err err = {0};

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    assert_int_equal(store_open(&store_sqlite, "", &s, &err), -EINVAL);
    assert_int_equal(store_open(&store_sqlite, longest, &s, &err), -EINVAL);
    assert_int_equal(store_open(&store_sqlite, "/nowhere/at/all", &s, &err), -EACCES);
    assert_null(s);
}

/* -- a server that goes away -- */

static int body_interrupted(struct store *s, void *userdata, struct err *err)
{
    int r = store_run(s, &(struct store_query){.sql = "INSERT INTO thing (id) VALUES (2)"}, err);

    (void)userdata;
    assert_int_equal(r, 0);
    postgres_server_down(&server, SIGQUIT);
    postgres_server_up(&server);
    r = store_run(s, &(struct store_query){.sql = "INSERT INTO thing (id) VALUES (3)"}, err);
    assert_int_equal(r, -ENOTCONN);
    /* The server is there again, but the transaction is lost. */
    assert_int_equal(
        store_run(s, &(struct store_query){.sql = "INSERT INTO thing (id) VALUES (4)"}, err),
        -ENOTCONN);
    return r;
}

static void a_restarted_server_is_found_again(void **state)
{
    CLEANUP(store_closep) struct store *s = store_make(*state);
    struct err err = {0};

    table_make(s);
    assert_int_equal(plain(s, "INSERT INTO thing (id) VALUES (1)"), 0);
    postgres_server_down(&server, SIGINT);
    assert_int_equal(plain(s, "INSERT INTO thing (id) VALUES (9)"), -ENOTCONN);
    assert_int_equal(plain(s, "INSERT INTO thing (id) VALUES (9)"), -ENOTCONN);
    postgres_server_up(&server);
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 1);
    assert_int_equal(store_transaction(s, body_interrupted, NULL, &err), -ENOTCONN);
    assert_int_equal(number(s, "SELECT count(*) FROM thing"), 1);
}

/* The server process of this connection is stopped: the connection stays open and is silent. */
static void a_silent_server_is_given_up(void **state)
{
    CLEANUP(store_closep) struct store *s = NULL;
    pid_t process;

    store_timeout_ms = 200;
    s = store_make(*state);
    process = (pid_t)number(s, "SELECT CAST(pg_backend_pid() AS BIGINT)");
    assert_int_equal(kill(process, SIGSTOP), 0);
    assert_int_equal(plain(s, "SELECT 1"), -ENOTCONN);
    assert_int_equal(number(s, "SELECT 2"), 2); /* by a new connection */
    assert_int_equal(kill(process, SIGCONT), 0);
    assert_int_equal(plain(s, "SELECT pg_sleep(60)"), -EAGAIN);
    assert_int_equal(number(s, "SELECT 3"), 3);
    store_timeout_ms = STORE_TIMEOUT_MS;
}

static int body_locked(struct store *s, void *userdata, struct err *err)
{
    const struct fixture *f = userdata;
    CLEANUP(store_closep) struct store *other = store_make(f);
    int r = store_run(s, &(struct store_query){.sql = "UPDATE thing SET name = 'a'"}, err);

    assert_int_equal(r, 0);
    assert_int_equal(plain(other, "UPDATE thing SET name = 'b'"), -EAGAIN);
    assert_int_equal(number(other, "SELECT count(*) FROM thing WHERE name IS NULL"), 1);
    return 0;
}

static void a_lock_of_another_process_is_said(void **state)
{
    CLEANUP(store_closep) struct store *s = NULL;
    struct err err = {0};

    store_timeout_ms = 200;
    s = store_make(*state);
    table_make(s);
    assert_int_equal(plain(s, "INSERT INTO thing (id) VALUES (1)"), 0);
    assert_int_equal(store_transaction(s, body_locked, *state, &err), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM thing WHERE name = 'a'"), 1);
    store_timeout_ms = STORE_TIMEOUT_MS;
}

/* -- */

static const struct fixture sqlite = {.backend = &store_sqlite, .target = file};
static const struct fixture postgres = {.backend = &store_postgres, .target = server.target};

static int file_setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/coffer-test-store-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(file, sizeof(file), "%s/store", directory);
    return 0;
}

static int file_teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", directory);
    return system(command);
}

#define SHARED_TEST(test, fixture)                                                                 \
    {                                                                                              \
        .name = #test " on " #fixture, .test_func = test, .setup_func = file_setup,                \
        .teardown_func = file_teardown, .initial_state = (void *)(uintptr_t)&fixture               \
    }
#define SHARED_TESTS(fixture)                                                                      \
    SHARED_TEST(values_come_back, fixture), SHARED_TEST(parameters_go_by_number, fixture),         \
        SHARED_TEST(wrong_use_is_refused, fixture),                                                \
        SHARED_TEST(constraints_are_told_apart, fixture),                                          \
        SHARED_TEST(a_row_can_end_the_query, fixture), SHARED_TEST(many_statements, fixture),      \
        SHARED_TEST(transactions_are_whole, fixture),                                              \
        SHARED_TEST(a_transaction_inside_another_is_part_of_it, fixture),                          \
        SHARED_TEST(two_stores_see_one_content, fixture),                                          \
        SHARED_TEST(a_lock_of_another_process_is_said, fixture),                                   \
        SHARED_TEST(migrations_go_forward, fixture)

int main(void)
{
    const struct CMUnitTest embedded[] = {
        SHARED_TESTS(sqlite),
        SHARED_TEST(a_damaged_file_is_said, sqlite),
        SHARED_TEST(a_full_disk_is_said, sqlite),
        SHARED_TEST(no_target_is_refused, sqlite),
    };
    const struct CMUnitTest shared[] = {
        SHARED_TESTS(postgres),
        SHARED_TEST(a_restarted_server_is_found_again, postgres),
        SHARED_TEST(a_silent_server_is_given_up, postgres),
    };
    int failed = cmocka_run_group_tests_name("sqlite", embedded, NULL, NULL);

    if (postgres_server_make(&server))
        failed += cmocka_run_group_tests_name("postgresql", shared, NULL, NULL);
    postgres_server_remove(&server);
    return failed;
}
