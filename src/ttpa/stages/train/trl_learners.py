"""TRL as what trains."""

from ttpa.stages.train.dpo import train_dpo
from ttpa.stages.train.sft import train_sft


class TrlLearners:
    """SFT and DPO through TRL in this process."""

    sft = staticmethod(train_sft)
    dpo = staticmethod(train_dpo)
