/* SPDX-License-Identifier: Apache-2.0 */
/* cmd/new_templates.h: the files of share/new, which the build puts into the program. */
#ifndef COFFER_CMD_NEW_TEMPLATES_H
#define COFFER_CMD_NEW_TEMPLATES_H

struct new_template {
    const char *name; /* of a file; "NAME" stands for the project, "gitignore" for ".gitignore" */
    const char *text; /* "@NAME@" stands for the project */
};

/** new_templates - the last row is zero */
extern const struct new_template new_templates[];

#endif
