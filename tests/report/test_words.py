"""The report's sentences are true whatever the numbers are."""

from convscope.report.figures import show_number
from convscope.report.words import headline, lead, origin, shuffling_cost


def rows(mlp, mlp_shuffled, cnn, cnn_shuffled, spread=0.002):
    accuracies = {
        ("mlp", "original"): mlp,
        ("mlp", "shuffled"): mlp_shuffled,
        ("cnn", "original"): cnn,
        ("cnn", "shuffled"): cnn_shuffled,
    }
    return {
        key: {
            "accuracy": value,
            "interval": [value - spread, value + spread],
            "n_test": 1000,
            "n_parameters": 50890 if key[0] == "mlp" else 34826,
        }
        for key, value in accuracies.items()
    }


def test_the_usual_finding_is_told_as_it_is():
    found = rows(0.971, 0.972, 0.991, 0.959)
    assert headline(found) == "A network that knows where pixels are"
    text = lead(found)
    assert (
        "0.9910 of the test images rightly, more than the plain one with its 0.9710, and it has fewer parameters"
        in text
    )
    answer = shuffling_cost(found)
    assert "On 1,000 test images it cost the convolutional network 0.0320 in accuracy (0.9910 before, 0.9590" in answer
    assert "the plain one nothing (0.9710 before, 0.9720 after, a gain of 0.0010: no more than chance" in answer
    assert answer.endswith("it does not notice.")


def test_a_cnn_that_gains_nothing_gets_no_praise():
    found = rows(0.97, 0.97, 0.96, 0.961)
    assert headline(found) == "Two networks, two orders of pixels"
    assert "no more than the plain one" in lead(found)
    assert "network nothing (0.9600 before, 0.9610 after" in shuffling_cost(found)


def test_networks_of_equal_size_are_said_to_be_so():
    found = rows(0.97, 0.97, 0.99, 0.95)
    for row in found.values():
        row["n_parameters"] = 100
    assert "it has as many parameters" in lead(found)


def test_a_plain_network_that_changes_is_not_said_to_ignore_the_order():
    assert "does not notice" not in shuffling_cost(rows(0.97, 0.93, 0.99, 0.95))
    assert "a gain of 0.0490: more than chance explains" in shuffling_cost(rows(0.97, 0.97, 0.95, 0.999))
    assert "network nothing (0.9500 before, 0.9500 after: no" in shuffling_cost(rows(0.97, 0.97, 0.95, 0.95))


def test_an_origin_says_who_made_the_images_and_how_many_there_are():
    entry = {"data": "mnist_5k", "n_train": 4000, "n_test": 1000, "source": "A. Nobody", "licence": None}
    assert origin(entry) == "MNIST 5k: 4,000 images to train on, 1,000 to test. Source: A. Nobody."
    assert origin(entry | {"licence": "MIT"}).endswith("Nobody. Licence: MIT.")


def test_numbers_are_written_with_a_true_minus_and_commas():
    assert [show_number(value) for value in (-0.5, 1234, 0.0, None, "text", 2.0)] == [
        "−0.5",
        "1,234",
        "0",
        "–",
        "text",
        "2",
    ]
