"""A simulated microscope: sessions as EPU and SerialEM write them, deterministic from a seed."""

from emdewar.simulation.epu_session import EpuSession
from emdewar.simulation.epu_writer import write_epu_session
from emdewar.simulation.movie import MovieFormat
from emdewar.simulation.real_session import add_movies
from emdewar.simulation.tilt_series import TiltSeries
from emdewar.simulation.tilt_writer import write_tilt_series

__all__ = ["EpuSession", "MovieFormat", "TiltSeries", "add_movies", "write_epu_session", "write_tilt_series"]
