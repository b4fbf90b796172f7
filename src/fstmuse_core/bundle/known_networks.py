"""The only networks that an imported model may have: our own, by name."""

from __future__ import annotations

from collections.abc import Mapping

from fstmuse_core.bundle.manifest import CLASSIFIER, GENERATOR

# Kind of bundle -> what model.json calls the network -> the function in that module that
# builds it. Nothing that a file says is ever imported; it is only looked up here.
KNOWN_NETWORKS: Mapping[str, Mapping[str, str]] = {
    CLASSIFIER: {
        "fstmuse_core.networks.fst_muse": "build_fst_muse",
        "fstmuse_core.networks.toy_model": "build_toy_model",
    },
    GENERATOR: {"fstmuse_core.networks.toy_gan": "build_generator"},
}
