"""The scenario generator: a seeded newswire in two languages, scripted incidents, and their list as ground truth."""

from newsquake.simulate.generate import generate
from newsquake.simulate.incidents import Incident, plan
from newsquake.simulate.row import SimulatedRow
from newsquake.simulate.spec import SimulationSpec

__all__ = ["Incident", "SimulatedRow", "SimulationSpec", "generate", "plan"]
