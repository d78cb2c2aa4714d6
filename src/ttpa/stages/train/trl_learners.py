"""TRL as what trains."""

from ttpa.stages.train.dpo import train_dpo
from ttpa.stages.train.grpo import train_grpo
from ttpa.stages.train.sft import train_sft


class TrlLearners:
    """SFT, DPO and GRPO through TRL in this process."""

    sft = staticmethod(train_sft)
    dpo = staticmethod(train_dpo)
    grpo = staticmethod(train_grpo)
