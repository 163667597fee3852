/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the generator's table as C, when Coffer is built: 256 points, 16 KiB of constants. A
 * process that verifies one quote would spend a third of its time on making it.
 */
#include <stdio.h>

#include "crypto/p256_table.h"

static const struct p256_affine generator = {
    {{0x79e730d418a9143c, 0x75ba95fc5fedb601, 0x79fb732b77622510, 0x18905f76a53755c6}},
    {{0xddf25357ce95560a, 0x8b4ab8e4ba19e45c, 0xd2e88688dd21f325, 0x8571ff1825885d85}}};

static void fe_print(const struct fe *x)
{
    printf("{{");
    for (int i = 0; i < 4; i++)
        printf("0x%016llx%s", (unsigned long long)x->v[i], i < 3 ? ", " : "}}");
}

int main(void)
{
    static struct jacobian scratch[P256_BASE_POINTS];
    static struct p256_affine table[P256_BASE_POINTS];

    p256_table_make(&generator, P256_BASE_TEETH, P256_BASE_SPACING, scratch, table);
    printf("#include \"crypto/p256_table.h\"\n\n"
           "const struct p256_affine P256_BASE_TABLE[P256_BASE_POINTS] = {\n");
    for (size_t i = 0; i < P256_BASE_POINTS; i++) {
        printf("    {");
        fe_print(&table[i].x);
        printf(",\n     ");
        fe_print(&table[i].y);
        printf("},\n");
    }
    puts("};");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
