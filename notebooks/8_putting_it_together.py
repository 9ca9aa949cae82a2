# %% [markdown]
# # Putting it together
#
# Convolution, pooling, again, and one dense layer: a convolutional network.

# %%
from convscope import ImageClassifier, charts, record_trace, verify
from convscope.backend import keras  # Keras with the backend that is installed
from convscope.course import ex
from convscope.course.lesson_data import images
from convscope.tables import shuffle_pixels
from convscope.tracing import explain, step

data = images()

# %% [markdown]
# Predict first, then run.

# %% exercise layer_shapes

# %%
ex.layer_shapes.run(layer_shapes)

# %% exercise parameter_counts

# %%
ex.parameter_counts.run(parameter_counts)

# %%
network = ImageClassifier("cnn", random_state=0).fit(data.train)
network.summary()
print("accuracy:", round(network.score(data.test), 3))

# %% [markdown]
# ## Every number, explained
#
# A trace keeps what every layer gave for one picture; each value can be taken apart, and all are computed again.

# %%
trace = record_trace(network, data.test.images[0])
print(explain(step(trace, "conv2d_2", 5, 7, 30)))
print("largest relative difference:", verify(trace).max_relative_difference)

# %% [markdown]
# `convscope.explore(network, data.test)` opens the same network as a page, down to one pixel.
#
# ## And shuffled?
#
# Does this network mind when the pixels are shuffled?

# %%
train, test = shuffle_pixels(data.train), shuffle_pixels(data.test)

# %% exercise cnn_on_shuffled

# %% solution
from sklearn.utils import shuffle

columns = shuffle(data.train.columns, random_state=1234)
on_shuffled = ImageClassifier("cnn", random_state=0).fit(train)
cnn_on_shuffled = {
    "labels": data.test.labels,
    "original": network.predict(data.test),
    "shuffled": on_shuffled.predict(test),
    "train columns": columns,
    "test columns": columns,
}

# %% [markdown]
# ## Two odd networks

# %% exercise one_by_one_kernels


# %% solution
def build(window, pooling, filters=(32, 64)):
    blocks = []
    for size in filters:
        blocks.append(keras.layers.Conv2D(size, window, activation="relu"))
        blocks += [keras.layers.MaxPooling2D(2)] if pooling else []
    last = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28, 1)), *blocks, *last])


one_by_one_kernels = build(1, pooling=True)

# %% exercise whole_image_kernel

# %% solution
whole_image_kernel = build(28, pooling=False, filters=(32,))
