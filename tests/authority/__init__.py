# SPDX-License-Identifier: Apache-2.0
"""A test authority: certificates, collateral and quotes with every property a verifier can meet.

Nothing here shares code with the verifier. Keys are derived from names and signatures follow
RFC 6979, so that the same description always gives the same bytes and the committed vectors can
be checked against it. The root protects nothing: its private key follows from its name.
"""
