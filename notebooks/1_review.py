# %% [markdown]
# # Review: networks for points
#
# A network is a chain of layers. Each unit of a layer weighs all numbers that come in, adds them up with a bias, and
# bends the sum. Here it separates red points from blue ones; later lessons do the same with pictures.

# %% [markdown]
# ## The points

# %%
from convscope import ImageClassifier, charts
from convscope.backend import keras  # Keras with the backend that is installed
from convscope.course import ex
from convscope.course.lesson_data import points

data = points()
data.train.frame.head()

# %% [markdown]
# ## A linear model, and two inner layers
#
# The linear model can only draw a straight border. Two inner layers of 8 units bend it.

# %%
linear = ImageClassifier("linear", recipe="document", epochs=20, random_state=2).fit(data.train)
network = ImageClassifier("points_mlp", recipe="document", epochs=20, random_state=2).fit(data.train)
print("linear:", round(linear.score(data.test), 3), " two inner layers:", round(network.score(data.test), 3))

# %%
charts.decision_region(data.train, data.grid, network.predict_proba(data.grid.data)[:, 1], name="two inner layers")

# %% [markdown]
# ## Your turn
#
# A builder is a function that returns a Keras model; hand it to `ImageClassifier`.

# %% exercise three_inner_layers

# %% solution
three_inner_layers = keras.Sequential(
    [
        keras.Input((2,)),
        *[keras.layers.Dense(size, activation="relu") for size in (10, 5, 5)],
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
