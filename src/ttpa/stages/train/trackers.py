"""Whether the trackers that a config names can be told of a training, by transformers' own table of them."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from transformers.integrations import integration_utils

from ttpa.errors import ModelError

_ASKED_AS: Mapping[str, str] = MappingProxyType({"azure_ml": "azureml", "comet_ml": "comet", "flyte": "flytekit"})
"""In the name of the function that says whether a tracker is there, where that is not the tracker's own."""
_NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "azure_ml": "azureml-sdk in this environment: pip install azureml-sdk",
        "comet_ml": "comet-ml in this environment: pip install comet-ml",
        "dagshub": "it and mlflow in this environment: pip install dagshub mlflow",
        "flyte": "flytekit in this environment: pip install flytekit",
        "kubeflow": "the address of its trainer in the variable KUBEFLOW_TRAINER_SERVER_URL",
    }
)


def refuse_trackers(trackers: Sequence[str]) -> None:
    """Raises `ModelError` where transformers does not know one, or it is not there."""
    for tracker in trackers:
        known = integration_utils.INTEGRATION_TO_CALLBACK
        if tracker not in known:
            raise ModelError(
                f"train.report_to = {tracker!r} is none of {', '.join(sorted(known))}; an empty list tells none"
            )
        if not getattr(integration_utils, f"is_{_ASKED_AS.get(tracker, tracker)}_available")():
            needs = _NEEDS.get(tracker, f"it in this environment: pip install {tracker}")
            raise ModelError(f"train.report_to = {tracker!r} needs {needs}")
