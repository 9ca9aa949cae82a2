# %% [markdown]
# # Channels and strides
#
# Pictures and layers have several channels. A kernel has one slice for each of them; the products of all slices are added
# into one number.

# %%
import numpy as np

from convscope.arithmetic.worked import SECOND_CHANNEL, SECOND_KERNEL
from convscope.backend import keras  # Keras with the backend that is installed
from convscope.course import ex

print(SECOND_CHANNEL.astype(int), SECOND_KERNEL.astype(int), sep="\n\n")

# %% exercise two_channels

# %%
ex.two_channels.show(two_channels)

# %% [markdown]
# ## CNN Explainer
#
# The page CNN Explainer (poloclub.github.io/cnn-explainer) shows a network of ten classes. With the network off, leave
# these three out.

# %% exercise explainer_input

# %% exercise explainer_channels

# %% exercise explainer_patterns

# %% [markdown]
# ## Strides
#
# With a stride of 2 the window moves by two pixels. Predict first, then run.

# %% exercise stride_two

# %%
ex.stride_two.run(stride_two)

# %%
ex.stride_two.show(stride_two)

# %% [markdown]
# ## The same in Keras
#
# A Keras layer wants a batch axis in front and a channel axis at the end.

# %% exercise convolution_function


# %% solution
def convolution_function(picture, kernel):
    layer = keras.layers.Conv2D(1, kernel.shape, use_bias=False)
    layer.build((1, *picture.shape, 1))
    layer.set_weights([kernel[..., None, None]])
    return np.asarray(layer(picture[None, ..., None]))[0, ..., 0]
