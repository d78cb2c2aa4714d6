"""Stage 7: a run's records -> one self-contained HTML file that a person reads."""

from ttpa.stages.report.datafacts import count_data
from ttpa.stages.report.error_shares import count_errors
from ttpa.stages.report.histograms import spread_scores
from ttpa.stages.report.inputs import ErrorShares, OtherRun, ReportInputs, ScoreSpread, StageFlow, SuiteResult, TreeView
from ttpa.stages.report.stage import ReportConfig, report
from ttpa.stages.report.wavering import count_forks

__all__ = [
    "ErrorShares",
    "OtherRun",
    "ReportConfig",
    "ReportInputs",
    "ScoreSpread",
    "StageFlow",
    "SuiteResult",
    "TreeView",
    "count_data",
    "count_errors",
    "count_forks",
    "report",
    "spread_scores",
]
