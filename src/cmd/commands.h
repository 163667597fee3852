/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd/commands.h: the light commands. Each is one file cmd/NAME.c; argv[0] is the command's name.
 * Return: an exit status of base/options.h.
 */
#ifndef COFFER_CMD_COMMANDS_H
#define COFFER_CMD_COMMANDS_H

int cmd_doctor(int argc, char **argv);
int cmd_quote(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_measure(int argc, char **argv);
int cmd_new(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_sign(int argc, char **argv);

#endif
