"""Tensors of torch as training scripts have them, through the methods that take arrays."""

import numpy as np
import pytest

from tests.client.test_charts import Tensor
from tests.client.test_plots import only_trace, sent


def test_a_loss_that_is_a_tensor_is_one_point(vis):
    message = sent(vis.line(Tensor(0.5), Tensor(7), win="w", update="append"), "update")
    assert (message["data"][0]["x"], message["data"][0]["y"]) == ([7], [0.5])


@pytest.mark.parametrize("loss", [np.array(2.5), np.float32(2.5), 2.5])
def test_a_single_number_of_any_kind_is_one_point(vis, loss):
    assert only_trace(vis.line(loss, [1]))["y"] == [2.5]


def test_losses_side_by_side_are_a_line_each(vis):
    """One append for two losses, each still with its gradients."""
    message = sent(vis.line([[Tensor(0.25), Tensor(0.5)]], [[3, 3]], win="w", update="append"), "update")
    assert [(trace["x"], trace["y"]) for trace in message["data"]] == [([3], [0.25]), ([3], [0.5])]


def test_a_grid_of_small_integers_has_padding_too(vis):
    content = sent(vis.images(np.ones((2, 3, 4, 5), dtype=np.int8)))
    assert content["opts"]["width"] == 18


def test_whatever_torch_makes_of_a_tensor(vis):
    torch = pytest.importorskip("torch")
    values = torch.tensor([0.5, 1.0, 2.0])
    with torch.inference_mode():
        inferred = values * 1
    made = {
        "float16": values.half(),
        "bfloat16": values.bfloat16(),
        "float8": values.to(torch.float8_e4m3fn),
        "with gradients": values.clone().requires_grad_() * 1,
        "a parameter": torch.nn.Parameter(values),
        "a part of another": torch.stack([values, -values], -1)[:, 0],
        "negated by a bit": torch._neg_view(-values),
        "of a conjugate": torch.complex(values, -values).conj().imag,
        "sparse": values.to_sparse(),
        "sparse bfloat16": values.bfloat16().to_sparse(),
        "inferred": inferred,
    }
    seen = {what: only_trace(vis.line(tensor))["y"] for what, tensor in made.items()}
    assert seen == {what: [0.5, 1.0, 2.0] for what in made}
