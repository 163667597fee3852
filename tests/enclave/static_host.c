/* SPDX-License-Identifier: Apache-2.0 */
/* A program without a dynamic linker. */
int main(void)
{
    return 7;
}
