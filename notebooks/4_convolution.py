# %% [markdown]
# # Convolution
#
# A small kernel slides over the picture. At each place the window under it is multiplied by the kernel, number by number,
# and the products are added: one number of the output. The kernel is not turned around.

# %%
from convscope import charts
from convscope.arithmetic.worked import KERNEL, PICTURE
from convscope.course import ex

charts.convolution_frames(PICTURE[:2, :3], KERNEL)  # the first two places only

# %% [markdown]
# ## By hand
#
# The whole picture has nine places. Write all nine numbers down first.

# %% exercise convolve_by_hand

# %% [markdown]
# ### All nine places
#
# They are drawn once your numbers are right.

# %%
ex.convolve_by_hand.show(convolve_by_hand)

# %% exercise output_size

# %% exercise order_of_positions

# %% [markdown]
# ## Step by step
#
# `convolution_steps` hands out every window, product and sum.

# %%
from convscope.arithmetic import convolution_steps

step = convolution_steps(PICTURE[..., None], KERNEL[..., None, None]).at(0, 0, 0)
print(step.window[..., 0], step.kernel[..., 0], step.products[..., 0], sep="\n\n")
