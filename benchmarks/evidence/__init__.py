"""Does it work? Arms at equal tokens, over tool sets and seeds: `python -m benchmarks.evidence --help`.

arms.py       what is compared, one line an arm; sweep.py: settings that are tried, on dev alone; studies.py: both
settings.toml what all arms share; sizes.py: how much of it; sets.py, worlds.py: over which tools
place.py      where everything lies, and how a run is opened there
data.py       instructions -> train and dev (test stays aside), forward.py: the same data as if the question came first
sampling.py   decision points -> trees, once for all arms that sample alike
pairing.py    trees -> scored turns and pairs, as an arm scores and pairs them
budget.py     how many tokens each arm may train on
units.py      one arm -> one policy, and what it cost; learning.py, objectives.py: the ways of training
answers.py    what a policy does at dev turns, or at the test's
figures.py    means and paired differences over seeds and cases
results.py    what units did, as it is kept in published/
tables.py, pictures.py, report.py   what stands in docs/
overlap.py, transfer.py, gradients.py   why it came out so
jobs.py       one process a set and seed
"""
