# %% [markdown]
# # Pooling
#
# Max pooling keeps the largest number of each window. It has nothing to learn; it makes maps smaller, so that the next
# kernel sees a larger part of the picture. Predict first, then run.

# %%
from convscope.arithmetic.worked import PICTURE
from convscope.course import ex

print(PICTURE.astype(int))

# %% exercise default_strides

# %%
ex.default_strides.run(default_strides)

# %%
ex.default_strides.show(default_strides)

# %% [markdown]
# ## How far one value sees
#
# `receptive_field` answers which pixels of the picture a value can depend on.

# %%
from convscope.arithmetic import Geometry, receptive_field

layers = [Geometry((3, 3)), Geometry((2, 2), (2, 2)), Geometry((3, 3))]
receptive_field(layers, (5, 7), (28, 28))
