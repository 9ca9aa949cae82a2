# %% [markdown]
# # Pooling
#
# Max pooling keeps the largest number of each window. It has nothing to learn; it makes maps smaller, so that the next
# kernel sees a larger part of the picture.

# %%
from convscope import charts
from convscope.arithmetic.worked import PICTURE
from convscope.course import ex

print(PICTURE.astype(int))

# %% exercise default_strides

# %%
charts.pooling_frames(PICTURE, (2, 2), strides=(1, 1)) if ex.default_strides.check(
    default_strides
) else "The picture appears when your answer is right."

# %% [markdown]
# ## How far one value sees
#
# `receptive_field` answers which pixels of the picture a value can depend on.

# %%
from convscope.arithmetic import Geometry, receptive_field

layers = [Geometry((3, 3)), Geometry((2, 2), (2, 2)), Geometry((3, 3))]
receptive_field(layers, (5, 7), (28, 28))
