"""One person's forecast: their own results, who they could be, and what lies ahead of them."""

from osteoaxis.forecast.ahead import Course, Forecast, forecast
from osteoaxis.forecast.person import Person, persons

__all__ = ["Course", "Forecast", "Person", "forecast", "persons"]
