"""How the embedded policy is made: an endless stream of tool-use dialogues over generated tools, and the training."""
