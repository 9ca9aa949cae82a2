# %% [markdown]
# # Filters
#
# What a convolution answers depends on its kernel. This one answers where dark turns to bright from left to right, and
# when the edge moves, the answer moves along.

# %%
from convscope import charts
from convscope.course import ex

charts.edge_shift()

# %% [markdown]
# ## Your own filters
#
# A check tries your filter on pictures of edges; any size, sign and scale counts. The kernel lab of `convscope explore`
# asks the same questions on real pictures.

# %% exercise horizontal_edges

# %%
ex.horizontal_edges.show(horizontal_edges)

# %% exercise diagonal_edges

# %%
ex.diagonal_edges.show(diagonal_edges)

# %% exercise curves

# %% [markdown]
# ## Filters that a network found
#
# Nobody writes filters for a network: training finds them.

# %%
from convscope import ImageClassifier
from convscope.course.lesson_data import images

data = images()
network = ImageClassifier("cnn", epochs=1, random_state=0).fit(data.train)
charts.kernels(network.model_.get_layer("conv2d_1").get_weights()[0])
