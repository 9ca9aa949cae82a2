# %% [markdown]
# # Images as tables
#
# A picture is a row of numbers: one column for each pixel, named by its row and column. So the classifiers of the last
# lessons can read pictures without knowing that they are pictures.

# %%
from convscope import ImageClassifier, charts
from convscope.course import ex
from convscope.course.lesson_data import images
from convscope.training import evaluate

data = images()
data.train[:5].frame

# %% [markdown]
# ## One row, drawn
#
# Column `3x4` is the pixel in row 3, column 4, from 0 (black) to 255 (white).

# %%
charts.image(data.train, 0)

# %% exercise telling_digits_apart

# %% exercise input_size

# %% [markdown]
# ## A plain network
#
# Ten classes need ten units at the end, and softmax turns their sums into probabilities.

# %%
plain = ImageClassifier("mlp", random_state=0).fit(data.train)
plain.summary()
print("accuracy:", round(plain.score(data.test), 3))

# %% [markdown]
# ## What it gets wrong
#
# Each picture is the test row itself, with its label and what the network said.

# %%
charts.mistakes(evaluate(plain, data.test), data.test)

# %% [markdown]
# ## A rule of your own
#
# Before networks, people wrote rules. Try it for two digits.

# %% exercise five_or_six

# %% exercise which_part

# %% [markdown]
# ### Try a box
#
# First and last row, first and last column, counted from 1.

# %%
ex.which_part.show((5, 8, 18, 23))

# %% exercise moved_digits
