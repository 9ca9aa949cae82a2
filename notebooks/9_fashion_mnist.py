# %% [markdown]
# # Fashion-MNIST
#
# The same network on pictures of clothes. Nothing changes but the table.

# %%
from convscope import ImageClassifier, charts
from convscope.course import ex
from convscope.course.lesson_data import clothes
from convscope.training import evaluate

data = clothes()
charts.image_grid(data.train)

# %% exercise cnn_on_fashion

# %% solution
network = ImageClassifier("cnn", random_state=0).fit(data.train)
cnn_on_fashion = {"labels": data.test.labels, "predictions": network.predict(data.test)}

# %% [markdown]
# ## Which classes are confused?

# %%
network = ImageClassifier("cnn", random_state=0).fit(data.train)
charts.confusion_matrix(evaluate(network, data.test))
