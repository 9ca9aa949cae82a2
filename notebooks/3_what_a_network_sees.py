# %% [markdown]
# # What does a network see?
#
# Shuffle the pixels of every picture, all in the same way. Nothing is lost: every number is still there, in another
# column. What people see in a picture is gone.

# %%
from convscope import ImageClassifier, charts
from convscope.course import ex
from convscope.course.lesson_data import images
from convscope.tables import shuffle_pixels

data = images()
train, test = shuffle_pixels(data.train), shuffle_pixels(data.test)
charts.image_grid(train, range(8))

# %% exercise shuffled_images

# %% [markdown]
# Here they are in order.

# %%
charts.image_grid(data.train, range(8))

# %% [markdown]
# ## Does the plain network mind?

# %%
in_order = ImageClassifier("mlp", random_state=0).fit(data.train).score(data.test)
shuffled = ImageClassifier("mlp", random_state=0).fit(train).score(test)
print(f"in order {in_order:.3f}, shuffled {shuffled:.3f}")

# %% exercise shuffling_is_harmless

# %% [markdown]
# A sum does not care about the order of its parts:

# %%
import numpy as np

rng = np.random.default_rng(0)
x, weights, order = rng.random(784), rng.normal(size=(784, 3)), rng.permutation(784)
np.allclose(x @ weights, x[order] @ weights[order])
