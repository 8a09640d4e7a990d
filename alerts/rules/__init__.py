"""Rules: their file's schema, validation with file and line, and the frozen rules that a desk runs."""

from alerts.rules.immediate_rule import ImmediateRule
from alerts.rules.loading import load_rules, parse_rules
from alerts.rules.model import AnyRule, Rule, RuleSet
from alerts.rules.outage_rule import OutageRule

__all__ = ["AnyRule", "ImmediateRule", "OutageRule", "Rule", "RuleSet", "load_rules", "parse_rules"]
