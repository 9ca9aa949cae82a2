"""
Where the parameters are
========================

Every layer with its shape, and the multiplication behind its number of parameters.
"""

from convscope import charts, models
from convscope.tracing import list_layers

charts.layer_table(list_layers(models.cnn((32, 32, 3), 5)))
