"""Stage 7: a run's records -> one self-contained HTML file that a person reads."""

from ttpa.stages.report.inputs import ReportInputs, StageFlow, TreeView
from ttpa.stages.report.stage import ReportConfig, report
from ttpa.stages.report.wavering import count_forks

__all__ = ["ReportConfig", "ReportInputs", "StageFlow", "TreeView", "count_forks", "report"]
