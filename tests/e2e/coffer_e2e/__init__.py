# SPDX-License-Identifier: Apache-2.0
"""Real Kubernetes clusters on one machine, for the end-to-end tests. See docs/e2e.md."""
