"""The scenario generator: a seeded newswire in two languages, scripted incidents, and their list as ground truth."""

from newsquake.simulate.generate import generate
from newsquake.simulate.incidents import Incident, plan
from newsquake.simulate.spec import SimulationSpec
from newsquake.simulate.story import Simulated

__all__ = ["Incident", "Simulated", "SimulationSpec", "generate", "plan"]
