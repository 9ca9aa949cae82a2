"""The playground in a real Chromium: its arithmetic against two others, its link, and what a person does there."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from convscope.playground import SeededRandom, draw_points

pytestmark = pytest.mark.browser


@pytest.fixture
def playground(in_file):
    """Open the playground by its link, in a file that has no Python behind it."""

    def open_at(words=""):
        in_file.go(f"playground?seed=0.3{words}")
        in_file.root.locator(".unit").first.wait_for()
        in_file.page.wait_for_function("() => document.querySelector('.passes b')?.textContent === '0'")
        return in_file

    return open_at


def button(page, name):
    return page.root.get_by_role("button", name=name, exact=True)


def passes(page):
    return int(page.root.locator(".passes b").inner_text().replace(",", ""))


def step(page, count):
    for number in range(1, count + 1):
        button(page, "Step").click()
        page.page.wait_for_function(
            "n => document.querySelector('.passes b').textContent.replace(',', '') === String(n)", arg=number
        )


def network_of(page):
    """Take the network as the page gives it away: every weight in full precision."""
    drawer = page.root.get_by_text("Code and model to take home")
    if not page.root.locator(".code pre").is_visible():
        drawer.click()
    with page.page.expect_download() as download:
        button(page, "Download the network").click()
    return json.loads(download.value.path().read_text())


def program_of(page, kind):
    if not page.root.locator(".code pre").is_visible():
        page.root.get_by_text("Code and model to take home").click()
    button(page, kind).click()
    return page.root.locator(".code pre code").inner_text()


SETTINGS = {
    "as it opens": "",
    "half squared, L2, ReLU, all features": "&loss=squared&regularization=L2&regularizationRate=0.01&activation=relu"
    "&features=x,y,xSquared,ySquared,xTimesY,sinX,sinY&dataset=xor&learningRate=0.01",
    "L1 that kills weights": "&regularization=L1&regularizationRate=0.1&networkShape=6,3&dataset=gauss&noise=30",
    "Adam, sigmoid, L1": "&optimizer=adam&activation=sigmoid&regularization=L1&regularizationRate=0.003",
    "momentum, L2, six layers": "&optimizer=momentum&regularization=L2&regularizationRate=0.01"
    "&networkShape=8,8,8,8,8,8",
    "each layer its own activation": "&activations=relu,sigmoid,linear&networkShape=4,3,2&dataset=spiral&batchSize=7",
    "regression": "&problem=regression&regDataset=reg-gauss&percTrainData=20",
    "all from 0, beyond the sliders": "&initZero=true&noise=70&dataset=gauss&percTrainData=100&batchSize=47"
    "&networkShape=20,12&learningRate=0.5&optimizer=momentum",
    "three classes, drawn": "&dataset=drawn&points="
    + ";".join(f"{3 * math.cos(k):.2f},{2 * math.sin(k):.2f},{k % 3}" for k in range(60)),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_hundred_steps_in_the_page_and_in_its_numpy_program_end_at_the_same_weights(playground, name):
    page = playground(SETTINGS[name])
    step(page, 4)
    taken = program_of(page, "NumPy")
    steps = int(re.search(r"([\d,]+) steps", page.root.locator(".passes").inner_text())[1].replace(",", ""))
    if "drawn" not in name:
        assert steps >= 40
    scope = {}
    exec(compile(taken, name, "exec"), scope)
    shown = network_of(page) if "regression" not in name else None
    if shown is None:  # no run holds it, so its weights are read in the table, to three places
        page.root.get_by_text("All weights as numbers").click()
        page.root.locator(".middle details td").first.wait_for()
        cells = [float(text.replace("−", "-")) for text in page.root.locator(".middle details td").all_inner_texts()]
        ours = np.concatenate([np.vstack([kernel, bias]).T.ravel() for kernel, bias in scope["weights"]])
        np.testing.assert_allclose(cells, ours, atol=5.1e-4)
        return
    for layer, (kernel, bias) in zip(shown["layers"], scope["weights"], strict=True):
        np.testing.assert_allclose(layer["kernel"], kernel.ravel(), rtol=0, atol=1e-6)
        np.testing.assert_allclose(layer["bias"], bias, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["as it opens", "half squared, L2, ReLU, all features", "three classes, drawn"])
def test_the_keras_program_ends_near_the_same_weights(playground, name):
    page = playground(SETTINGS[name])
    step(page, 2)
    scope = {}
    exec(compile(program_of(page, "Keras"), name, "exec"), scope)
    for layer, dense in zip(network_of(page)["layers"], scope["model"].layers, strict=True):
        np.testing.assert_allclose(np.reshape(layer["kernel"], (-1, layer["units"])), dense.get_weights()[0], atol=2e-4)


REFERENCE = Path(__file__).parent / "tensorflow_playground.js"
LINKS = {
    "as it opens": "",
    "the curve that left": "dataset=xor&activation=relu&regularization=L1&regularizationRate=0.003&learningRate=0.3",
    "ReLU, L2, a high rate": "dataset=circle&activation=relu&regularization=L2&regularizationRate=0.03&learningRate=1",
    "sigmoid, the highest rates": "dataset=gauss&activation=sigmoid&learningRate=3&noise=25&batchSize=30",
    "linear, one row a step": "dataset=gauss&activation=linear&learningRate=0.01&batchSize=1&noise=50",
    "spiral, all features": "dataset=spiral&noise=15&networkShape=8,6&xSquared=true&ySquared=true&xTimesY=true"
    "&sinX=true&sinY=true&regularization=L1&regularizationRate=0.001&batchSize=30",
    "batches that do not fill a pass": "dataset=xor&batchSize=7&percTrainData=35&learningRate=0.1&regularization=L2"
    "&regularizationRate=0.01",
    "regression, a plane, no hidden layer": "problem=regression&networkShape=&noise=35&learningRate=0.003&batchSize=7",
    "regression, hills, ReLU, L1": "problem=regression&regDataset=reg-gauss&activation=relu&networkShape=6,5,4"
    "&learningRate=0.1&regularization=L1&regularizationRate=0.001&percTrainData=30&batchSize=17",
    "more noise than the slider has": "dataset=circle&noise=70&activation=relu&networkShape=3",
    "beyond all sliders": "dataset=gauss&noise=70&percTrainData=95&batchSize=47&learningRate=0.5&networkShape="
    "3,3,3,3,3,3,3,12&regularization=L2&regularizationRate=0.02",
    "all from 0": "initZero=true&dataset=gauss&noise=40&learningRate=0.1",
    "all from 0, regression": "initZero=true&problem=regression&activation=linear&regularization=L2"
    "&regularizationRate=0.003&learningRate=0.01",
    "a feature that is hidden is not used": "dataset=xor&xTimesY=true&y_hide=true&noise=10",
}


@pytest.fixture(scope="module")
def adopting(browser, exported):
    """One page that takes over one link after the other, and tells which training it ordered of which worker."""
    page = browser.new_page()
    page.add_init_script("""
        window.Ordered = class extends Worker {
            constructor(address) { super(address); window.address = address }
            postMessage(message) {
                if (message.order.do === "begin") window.begun = message
                super.postMessage(message)
            }
        }
        window.train = (...orders) => new Promise((tell) => {
            const [worker, moments] = [new window.Plain(window.address), []]
            worker.onmessage = ({ data }) => {
                moments.push(...data.frame.moments)
                if (data.id === orders.length) tell(moments.map(({ train, test }) => [train.loss, test.loss]))
            }
            const all = [window.begun.order, ...orders]
            all.forEach((order, id) => worker.postMessage({ id, order }))
        })
        window.Plain = Worker
        window.Worker = window.Ordered
    """)
    page.goto(exported.as_uri() + "#playground")
    page.locator(".unit").first.wait_for()
    page.get_by_text("For a class").click()
    yield page
    page.close()


def take_over(page, words):
    """Take over a link; gives what is told of it."""
    page.get_by_label("A link of TensorFlow Playground").fill(f"https://playground.tensorflow.org/#{words}")
    page.get_by_role("button", name="Take over").click()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    return page.locator(".teachers [role=status]").inner_text().removeprefix("Taken over.").strip()


@pytest.mark.parametrize("name", LINKS)
def test_a_link_of_tensorflow_playground_has_its_curve_bit_for_bit(adopting, name):
    passes, words = 30, LINKS[name] + "&seed=0.91574"
    random = SeededRandom("0.91574")
    theirs = adopting.evaluate(REFERENCE.read_text(), [words, [random() for _ in range(8000)], passes])
    assert take_over(adopting, words) == ""
    assert adopting.evaluate("passes => window.train({ do: 'advance', passes })", passes) == theirs["losses"]
    assert theirs["losses"][0] != theirs["losses"][-1]
    assert bool(theirs["dead"]) == ("L1" in words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("seed=1&noise=100", "noise=100 is 50 in TensorFlow Playground"),
        ("seed=1&noise=-3", "noise=-3 is 0 in TensorFlow Playground"),
        ("seed=1&noise=much", "noise=much is ignored: it should be a number from 0 to 80. 0 is used instead."),
        ("seed=1&learningRate=-1&percTrainData=NaN", "learningRate=-1 is ignored"),
        ("seed=1&batchSize=7.5", "batchSize=7.5 is ignored: it should be a whole number from 1. 10 is used instead."),
        (
            "seed=1&batchSize=300",
            "300 is more than the 250 training points: TensorFlow Playground would never",
        ),
        ("seed=1&networkShape=4,0,2", "networkShape=4,0,2 is ignored"),
        ("seed=1&networkShape=4,,2", "networkShape=4,,2 is ignored"),
        ("seed=1&activation=swish", "activation=swish is ignored: it should be one of tanh, relu, sigmoid, linear"),
        ("seed=1&dataset=reg-plane", "dataset=reg-plane is not a data set of TensorFlow Playground"),
        ("seed=1&x=false&y=false", "features= is ignored: it should be at least one of x, y"),
        ("seed=1&learningrate=3", "TensorFlow Playground has no learningrate"),
        ("noise=5", "The link names no seed"),
    ],
)
def test_what_a_link_says_and_the_page_does_not_do_is_told(adopting, words, told):
    assert told in take_over(adopting, words)


def test_words_that_say_nothing_there_change_nothing_here(adopting):
    words = "seed=0.1+%20&noise=&discretize=&sinX=&batchSize=&cosX=true&collectStats=false&hideText=true&tutorial=a"
    assert take_over(adopting, words) == ""
    settings = adopting.evaluate("window.begun.order.settings")
    assert (settings["seed"], settings["features"], settings["discretize"]) == ("0.1+%20", ["x", "y"], False)


def test_looking_in_another_way_takes_no_row_out_of_its_step(adopting):
    """Seven rows wait at the end of a pass of 175 in batches of 12."""
    take_over(adopting, "seed=1&dataset=xor&batchSize=12&percTrainData=35&activation=relu&learningRate=0.3")
    through, apart = adopting.evaluate("""async () => {
        const passes = { do: "advance", passes: 3 }
        const settings = { ...window.begun.order.settings, discretize: true, showTestData: true }
        const look = { do: "adapt", own: null, settings }
        return [await window.train(passes, passes), await window.train(passes, look, passes)]
    }""")
    assert apart[-1] == through[-1]


def test_a_word_of_the_pages_own_link_that_means_nothing_is_told_and_one_beyond_the_sliders_is_taken(playground):
    page = playground("&noise=70&percTrainData=95&batchSize=abc&activations=relu,swish&features=x,z&points=1,2;3")
    told = page.root.get_by_role("alert").inner_text()
    for name in ("batchSize=abc", "activations=relu,swish", "features=x,z", "The points in the link"):
        assert f"{name} " in told
    assert "475 points to train on, 25" in page.root.locator(".points").inner_text()
    assert page.root.get_by_label("Noise", exact=True).input_value() == "70"
    assert page.root.get_by_role("slider", name="Training points").input_value() == "95"
    page.root.get_by_role("slider", name="Batch size").press("ArrowRight")
    page.root.get_by_text("batchSize=abc").wait_for(state="hidden")


def test_the_link_carries_settings_drawn_points_and_hidden_controls(playground, new_page):
    page = playground(SETTINGS["three classes, drawn"] + "&networkShape=5,3&hide=noise,code")
    page.root.get_by_label("Optimizer", exact=True).select_option("adam")
    step(page, 2)
    first = page.root.locator(".lead").inner_text()
    other = new_page()
    page.page.wait_for_timeout(400)
    other.goto(page.page.url)
    again = type(page)(other)
    step(again, 2)
    assert again.root.locator(".lead").inner_text() == first
    assert again.root.get_by_text("Code and model to take home").count() == 0
    assert "5 neurons" in again.root.locator(".network").inner_text()


def test_a_link_of_tensorflow_playground_is_taken_over(playground):
    page = playground()
    page.root.get_by_text("For a class").click()
    page.root.get_by_label("A link of TensorFlow Playground").fill(
        "https://playground.tensorflow.org/#activation=relu&batchSize=12&dataset=xor&learningRate=0.1&networkShape=3"
        "&seed=0.91574&percTrainData=70&x=true&y=false&sinX=true&noise_hide=true"
    )
    button(page, "Take over").click()
    assert page.root.get_by_label("Loss", exact=True).input_value() == "squared"
    assert page.root.get_by_label("Seed", exact=True).input_value() == "0.91574"
    assert "350 points to train on" in page.root.locator(".points").inner_text()
    used = page.root.locator(".feature .unit[aria-pressed=true]").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert used == ["Feature x₁", "Feature sin x₁"]
    assert page.root.get_by_label("Noise", exact=True).count() == 0


def test_changes_keep_the_weights_where_the_mathematics_allows_and_say_why_where_not(playground):
    page = playground()
    step(page, 3)
    before = network_of(page)["layers"]
    button(page, "Add a neuron to layer 1").click()
    page.root.get_by_text("The new neuron's weights are drawn").wait_for()
    after = network_of(page)["layers"]
    assert np.reshape(after[0]["kernel"], (2, 5))[:, :4].ravel().tolist() == before[0]["kernel"]
    button(page, "Feature sin x₁").click()
    page.root.get_by_text("begins with weights of 0").wait_for()
    assert np.reshape(network_of(page)["layers"][0]["kernel"], (3, 5))[2].tolist() == [0] * 5
    page.root.get_by_label("Learning rate", exact=True).select_option("0.1")
    page.root.get_by_label("Activation", exact=True).select_option("relu")
    assert passes(page) == 3
    button(page, "Add a layer").click()
    page.root.get_by_text("All weights were drawn again: the weights of a layer").wait_for()
    assert passes(page) == 0


def test_a_training_that_diverges_is_told_with_its_cause_and_cured(playground):
    page = playground("&activation=relu&learningRate=10&loss=squared&problem=regression&features=x,y,xSquared,ySquared")
    button(page, "Run").click()
    told = page.root.get_by_role("alert")
    told.wait_for()
    assert "diverged" in told.inner_text()
    assert "ReLU and linear units do not limit" in told.inner_text()
    told.get_by_role("button", name="Learning rate 1, and from the start").click()
    page.page.wait_for_function("() => document.querySelector('.passes b').textContent === '0'")
    assert page.root.get_by_label("Learning rate", exact=True).input_value() == "1"


def test_too_strong_a_penalty_is_told_as_the_cause(playground):
    page = playground("&regularization=L2&regularizationRate=10&learningRate=3")
    button(page, "Run").click()
    assert "multiplies every weight by 1 − learning rate · regularization rate = −29, which" in (
        page.root.get_by_role("alert").inner_text()
    )


@pytest.mark.parametrize(
    ("rule", "said"), [("passes&stopAt=5", "after 5 passes"), ("patience&stopAt=3", "lowest 3 passes ago")]
)
def test_the_stop_rule_stops(playground, rule, said):
    page = playground(f"&stop={rule}&learningRate=0.3&noise=40")
    page.root.get_by_label("Speed").select_option("16")
    button(page, "Run").click()
    page.root.get_by_text(re.compile(said)).wait_for(timeout=60_000)
    assert button(page, "Run").is_visible()


def test_one_example_shows_products_that_add_up_and_slopes_that_are_right(playground, calculator):
    page = playground()
    step(page, 1)
    network = network_of(page)
    button(page, "Take it apart").click()
    tables = page.root.locator(".unit-step")
    tables.first.wait_for()
    assert tables.count() == 7
    for index in range(7):
        cells = (
            tables.nth(index)
            .locator("tbody tr")
            .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText.replace('−', '-')))")
        )
        total = float(tables.nth(index).locator("tfoot td").first.inner_text().replace("−", "-"))
        assert sum(round(10_000 * float(row[3])) for row in cells) == round(10_000 * total)
        for row in cells:
            if row[1]:
                assert calculator.read(row[3]) == calculator(row[1], row[2])
    weights = np.reshape(network["layers"][0]["kernel"], (2, 4))
    point = np.array(network["train"][0][:2])
    first = tables.first.locator("tbody tr").first.locator("td").all_inner_texts()
    assert float(first[2].replace("−", "-")) == pytest.approx(point[0] * weights[0, 0], abs=4e-4)
    button(page, "Take this step").click()
    page.root.get_by_text("Settings were changed during the training").wait_for()
    moved = np.reshape(network_of(page)["layers"][0]["kernel"], (2, 4))
    slope = float(first[3].replace("−", "-"))
    assert moved[0, 0] - weights[0, 0] == pytest.approx(-0.03 * slope, abs=3e-6)


def test_a_weight_can_be_typed(playground):
    page = playground()
    button(page, "unit 1.2").click()
    page.root.get_by_label("Weight of x₂").fill("3.5")
    page.page.keyboard.press("Enter")
    step(page, 0)
    assert np.reshape(network_of_typed(page), (2, 4))[1, 1] == 3.5


def network_of_typed(page):
    """A network that was not trained is not offered as a run, so one pass without a rate is taken first."""
    page.root.get_by_label("Learning rate", exact=True).select_option("0.00001")
    button(page, "Step").click()
    page.page.wait_for_function("() => document.querySelector('.passes b').textContent === '1'")
    return np.round(network_of(page)["layers"][0]["kernel"], 2).tolist()


def test_points_can_be_drawn_and_a_csv_file_opened(playground, tmp_path):
    page = playground("&dataset=drawn")
    area = page.root.locator(".surface").bounding_box()
    for place, name in enumerate(["orange", "green", "blue", "orange"]):
        page.root.get_by_role("group", name="Class of the next points").get_by_role("button", name=name).click()
        page.page.mouse.click(area["x"] + 40 + 60 * place, area["y"] + 80)
    page.root.get_by_text("drawn: 2 points to train on, 2 to test with").wait_for()
    table = tmp_path / "flowers.csv"
    lines = [f'"{name}, long",{a / 10},{k}' for k, name in enumerate("pqr") for a in range(12)]
    table.write_text("kind;or,width,length\n".replace(";or", "") + "\n".join(lines))
    page.root.get_by_label("A CSV file").set_input_files(table)
    page.root.get_by_text("flowers.csv: 18 points to train on, 18 to test with").wait_for()
    assert page.root.locator(".key").inner_text().split("\n") == ["p, long", "q, long", "r, long"]
    table.write_text("a,b\n1,2\n3\n")
    page.root.get_by_label("A CSV file").set_input_files([])
    page.root.get_by_label("A CSV file").set_input_files(table)
    assert "line 3: 1 values, but the header has 2 names" in page.root.locator(".own [role=alert]").inner_text()


def test_runs_are_kept_to_compare_and_named_by_what_sets_them_apart(playground):
    page = playground()
    step(page, 2)
    page.root.get_by_role("button", name="Keep this run").click()
    page.root.get_by_label("Optimizer", exact=True).select_option("adam")
    button(page, "Reset").click()
    page.page.wait_for_function("() => document.querySelector('.passes b').textContent === '0'")
    step(page, 2)
    page.root.get_by_role("button", name="Keep this run").click()
    assert re.search("2 Adam", page.root.locator(".kept").inner_text())


def test_the_server_lends_the_labs_tables_and_keeps_the_network_as_a_run(on_server, tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path))
    on_server.go("playground?dataset=spiral&seed=0.3")
    on_server.root.locator(".unit").first.wait_for()
    step(on_server, 2)
    on_server.root.get_by_text("Code and model to take home").click()
    button(on_server, "Save the network as a run").click()
    on_server.root.get_by_text("convscope explore").wait_for(timeout=60_000)
    assert len(list((tmp_path / "runs").glob("[!.]*"))) == 1
    assert on_server.page.messages == []


def test_the_keys_run_step_and_reset(playground):
    page = playground()
    page.root.locator("main").focus()
    page.page.keyboard.press("s")
    page.page.wait_for_function("() => document.querySelector('.passes b').textContent === '1'")
    page.page.keyboard.press(" ")
    page.page.wait_for_function("() => Number(document.querySelector('.passes b').textContent.replace(',', '')) > 3")
    page.page.keyboard.press(" ")
    button(page, "Run").wait_for()
    page.page.keyboard.press("r")
    page.page.wait_for_function("() => document.querySelector('.passes b').textContent === '0'")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_playground_fits_and_is_accessible(new_page, exported, width, scheme):
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(exported.as_uri() + "#playground?seed=0.3&networkShape=8,8,8&percTrainData=70")
    page.locator(".unit").first.wait_for()
    page.get_by_role("button", name="Take it apart").click()
    page.locator(".unit-step").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []


def test_no_request_leaves_the_playground_and_nothing_is_said_on_the_console(playground):
    page = playground()
    button(page, "Run").click()
    page.page.wait_for_function("() => Number(document.querySelector('.passes b').textContent) > 5")
    foreign = [url for url in page.page.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert foreign == []
    assert page.page.messages == []


def test_every_host_trains(hosted):
    hosted.tab("Playground").root.locator(".unit").first.wait_for()
    button(hosted, "Run").click()
    hosted.page.wait_for_function("() => Number(document.querySelector('.passes b').textContent.replace(',', '')) > 20")
    button(hosted, "Pause").click()
    moved = hosted.root.locator(".weights .takes").count()
    assert 0 < moved < hosted.root.locator(".weights path").count()


def test_the_generator_of_the_page_is_pythons(playground):
    """The first neuron's first weights follow the points' numbers in the same stream."""
    page = playground("&dataset=gauss&noise=20")
    page.root.get_by_text("All weights as numbers").click()
    page.root.locator(".middle details td").first.wait_for()
    shown = [float(text.replace("−", "-")) for text in page.root.locator(".middle details td").all_inner_texts()[:2]]
    random = draw_points("gauss", noise=0.2, seed="0.3").random
    assert shown == pytest.approx([random() - 0.5, random() - 0.5], abs=5.1e-4)
    assert SeededRandom("0.3")() != random()
